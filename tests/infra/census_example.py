"""Census returns made from the schemas of each year: every element filled in, every code used."""

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

SAMPLES = Path(__file__).parents[1] / "samples" / "cin_census"
SCHEMAS = sorted((SAMPLES / "xsd").glob("*.xsd"))
XS = "{http://www.w3.org/2001/XMLSchema}"
TAKEN_ON = date(2027, 3, 31)


class Schema:
    """A schema of the census, as far as it takes to write a return that follows it."""

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()
        self.year = int(re.findall(r"\d{4}", path.name)[0])
        self.types = {e.get("name"): e for e in root if e.get("name")}

    def codes(self, type_name: str) -> list[str]:
        return [str(e.get("value")) for e in self.types[type_name].iter(f"{XS}enumeration")]

    def example(self, name: str, declared: ElementTree.Element | None = None) -> str:
        """An element with everything it may hold; of what may be repeated, one for every code."""
        declared = self.types[name] if declared is None else declared
        type_name = str(declared.get("type", ""))
        inner = declared.find(f"{XS}complexType")
        kind = self.types.get(type_name) if inner is None else inner
        if kind is not None and kind.tag == f"{XS}complexType":
            parts = "".join(
                self.example(str(e.get("name")), e) for e in kind.findall(f"{XS}sequence/{XS}element")
            )
            return f"<{name}>\n{parts}</{name}>\n"
        values = self.codes(type_name) if type_name in self.types else []
        values = values or [str(e.get("value")) for e in declared.iter(f"{XS}enumeration")]
        is_repeated = declared.get("maxOccurs") == "unbounded"
        chosen = values if values and is_repeated else [values[0] if values else _value(name, type_name)]
        return "".join(f"<{name}>{value}</{name}>\n" for value in chosen)


def _value(name: str, type_name: str) -> str:
    fixed = {"LAchildID": "C1", "LEA": "201", "SerialNo": "001", "SoftwareCode": "x", "Release": "1"}
    by_type = {
        "xs:date": "2016-10-03", "xs:gYear": "2017", "xs:dateTime": "2017-05-01T09:00:00",
        "upntype": "A12345678901B", "positiveintegertype": "1",
    }  # fmt: skip
    return fixed.get(name) or by_type[type_name]


def census(*children: str, reference_on: str = "2024-03-31", header: str | None = None) -> bytes:
    """A return of these children, each the inside of a Child element."""
    described = f"<Collection>CIN</Collection><ReferenceDate>{reference_on}</ReferenceDate>"
    head = f"<CollectionDetails>{described}</CollectionDetails>" if header is None else header
    inside = "\n".join(f"<Child>\n{child}\n</Child>" for child in children)
    return f"<Message>\n<Header>{head}</Header>\n<Children>\n{inside}\n</Children>\n</Message>".encode()


def child(
    *details: str, reference: str = "C1", more: str = "<PersonBirthDate>2015-03-27</PersonBirthDate>"
) -> str:
    identifiers = f"<ChildIdentifiers><LAchildID>{reference}</LAchildID>{more}</ChildIdentifiers>"
    return "\n".join((identifiers, *details))


def details(received_on: str = "2023-05-02", *parts: str, nfa: str = "0", source: str = "1A") -> str:
    inside = "\n".join(parts)
    return (
        f"<CINdetails>\n<CINreferralDate>{received_on}</CINreferralDate>\n<ReferralSource>{source}</ReferralSource>\n"
        f"{inside}\n<ReferralNFA>{nfa}</ReferralNFA>\n</CINdetails>"
    )


def assessment(started_on: str, authorised_on: str = "") -> str:
    end = (
        f"<AssessmentAuthorisationDate>{authorised_on}</AssessmentAuthorisationDate>" if authorised_on else ""
    )
    return (
        f"<Assessments><AssessmentActualStartDate>{started_on}</AssessmentActualStartDate>{end}</Assessments>"
    )


def enquiry(started_on: str, conference_on: str = "", not_required: str = "0") -> str:
    held = f"<DateOfInitialCPC>{conference_on}</DateOfInitialCPC>" if conference_on else ""
    return (
        f"<Section47><S47ActualStartDate>{started_on}</S47ActualStartDate>{held}"
        f"<ICPCnotRequired>{not_required}</ICPCnotRequired></Section47>"
    )
