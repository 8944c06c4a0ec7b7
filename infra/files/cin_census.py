"""The children in need census: the XML return of the Department for Education, of every schema year since 2017.

Read are identifiers, dates and codes that say what happened when. Sex, ethnicity, disability and death are not read at
all, for nothing is done with them. The pre-proceedings module is read as first published for 2026 to 2027.

A file counts as a whole or not at all: `survey` reads it to its end before `read` gives the first child.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

from domain.moment import EARLIEST, read_day
from infra.files.xml_file import Element, StrayText, Unreadable, read_elements

CONTAINERS = frozenset({("Message",), ("Message", "Children")})
MAX_ELEMENTS = 5_000
"""How many elements may tell of one child: far above any real child, and few enough to compare all its records."""

REFERRAL_SOURCES = frozenset("1A 1B 1C 1D 2A 2B 3A 3B 3C 3D 3E 3F 4 5A 5B 5C 5D 6 7 8 9 10".split())
PRIMARY_NEEDS = frozenset("N0 N1 N2 N3 N4 N5 N6 N7 N8 N9".split())
CLOSURE_REASONS = frozenset("RC1 RC2 RC3 RC4 RC5 RC6 RC7 RC8 RC9".split())
CATEGORIES_OF_ABUSE = frozenset("NEG PHY SAB EMO MUL".split())
ASSESSMENT_FACTORS = frozenset(
    "1A 1B 1C 2A 2B 2C 3A 3B 3C 4A 4B 4C 5A 5B 5C 6A 6B 6C 7A 8B 8C 8D 8E 8F 9A 10A 11A 12A 13A 14A 15A 16A 17A "
    "18A 18B 18C 19A 19B 19C 20 21 22A 23A 24A".split()
)
PRE_PROCEEDINGS_OUTCOMES = frozenset("A B C".split())

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_SUBJECT = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)

_A_YEAR = timedelta(days=366)
_LAST_YEAR = date(9998, 1, 1)

Progress = Callable[[int], object]
"""Told how many bytes more were read."""


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something in a file that was set aside: where it stands and what to do about it."""

    line: int
    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the return. ``unread`` names the fields that are there but could not be read, which is not their absence.

    ``set_aside`` names the kinds of record under it of which at least one could not be used.
    """

    line: int
    unread: frozenset[str] = frozenset()
    set_aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusAssessment(Part):
    started_on: date
    reviewed_on: date | None
    authorised_on: date | None
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusEnquiry(Part):
    started_on: date
    conference_due_on: date | None
    conference_on: date | None
    is_conference_unnecessary: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusReview(Part):
    held_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusProtectionPlan(Part):
    started_on: date
    ended_on: date | None
    initial_category: str | None
    latest_category: str | None
    reviews: tuple[CensusReview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusNeedPlan(Part):
    started_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusPreProceedings(Part):
    started_on: date
    letter_sent_on: date | None
    met_on: date | None
    decided_on: date | None
    applied_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusReferral(Part):
    received_on: date
    source: str | None
    primary_need: str | None
    closed_on: date | None
    closure_reason: str | None
    conference_on: date | None
    is_no_further_action: bool | None
    assessments: tuple[CensusAssessment, ...] = ()
    enquiries: tuple[CensusEnquiry, ...] = ()
    protection_plans: tuple[CensusProtectionPlan, ...] = ()
    need_plans: tuple[CensusNeedPlan, ...] = ()
    pre_proceedings: tuple[CensusPreProceedings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusChild(Part):
    reference: str
    upn: str | None
    date_of_birth: date | None
    expected_birth_on: date | None
    referrals: tuple[CensusReferral, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """Who sent the return and for when. ``reference_on`` is the day it describes, ``written_on`` the day it was made."""

    year: str | None = None
    reference_on: date | None = None
    written_on: date | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading a whole file once tells: that it is sound, and what the second reading must know beforehand.

    ``repeated`` are the references that several of its children carry. ``is_complete`` is whether every child has a
    reference: otherwise a child that seems to be missing from the file may be in it.
    """

    header: Header
    children: int
    digest: str
    repeated: frozenset[str]
    is_complete: bool


def survey(file: BinaryIO, progress: Progress = lambda count: None) -> Survey:
    """Read a whole file to see that it is a sound census return, using none of it.

    Raises Unreadable, with the line, for anything else; such a file counts not at all, however much of it is sound.
    """
    digest = hashlib.sha256()
    header = Header()
    children = 0
    is_complete = True
    elements: dict[str, int] = {}
    repeated: set[str] = set()
    for item in _items(file, digest.update, progress):
        if isinstance(item, StrayText):
            continue
        path, element = item
        if path == ("Message", "Header"):
            header = _header(element)
        elif path == ("Message", "Children", "Child"):
            children += 1
            reference = _reference(element)
            if not _is_usable(reference):
                is_complete = False
                continue
            if reference in elements:
                repeated.add(reference)
            elements[reference] = elements.get(reference, 0) + element.size()
            if elements[reference] > MAX_ELEMENTS:
                raise Unreadable(element.line, f"more than {MAX_ELEMENTS} elements tell of one child; this is no census")
    if not children:
        raise Unreadable(1, "it has no children; a return without any would make every child vanish")
    return Survey(header, children, digest.hexdigest(), frozenset(repeated), is_complete)


def read(
    file: BinaryIO, surveyed: Survey, taken_on: date, progress: Progress = lambda count: None
) -> Iterator[CensusChild | FileProblem]:
    """Yield the children of a surveyed file, and every problem with its line; what is sound of a child still comes.

    Dates before 1900 or after ``taken_on`` are problems. A child that stands in the file more than once comes once, at
    the end, with all its referrals. Raises Unreadable where the file is not the one that was surveyed.
    """
    digest = hashlib.sha256()
    held: dict[str, list[CensusChild]] = {}
    for item in _items(file, digest.update, progress):
        if isinstance(item, StrayText):
            yield FileProblem(item.line, "/".join(item.path), "has text that belongs nowhere; it was not read")
            continue
        path, element = item
        problems: list[FileProblem] = []
        if path == ("Message", "Children", "Child"):
            child = _child(element, taken_on, problems)
            if child and child.reference in surveyed.repeated:
                held.setdefault(child.reference, []).append(child)
            elif child:
                yield child
        elif path == ("Message", "Header"):
            _header_problems(element, problems)
        else:
            problems.append(_unknown(element, "/".join(path)))
        yield from problems
    for same in held.values():
        yield from _united(same)
    if digest.hexdigest() != surveyed.digest:
        raise Unreadable(1, "the file changed while it was read; import it again")


def open_census(path: Path) -> BinaryIO:
    """Open a file for `survey` and `read`. Raises Unreadable where there is none or it may not be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise Unreadable(1, f"it cannot be opened: {error.strerror}") from None


def _items(
    file: BinaryIO, digest: Callable[[bytes], object], progress: Progress
) -> Iterator[tuple[tuple[str, ...], Element] | StrayText]:
    def seen(chunk: bytes) -> None:
        digest(chunk)
        progress(len(chunk))

    file.seek(0)
    return read_elements(file, CONTAINERS, seen)


def _header(element: Element) -> Header:
    found = _named(element)
    details = _named(found.get("CollectionDetails"))
    collection = details.get("Collection")
    if collection is not None and collection.text.strip() != "CIN":
        raise Unreadable(
            collection.line, f"it is a return of the collection {collection.text.strip()[:40] or 'without a name'}, not CIN"
        )
    source = _named(found.get("Source"))
    return Header(
        year=details["Year"].text.strip() or None if "Year" in details else None,
        reference_on=_header_day(details.get("ReferenceDate")),
        written_on=_header_day(source.get("DateTime")),
    )


def _header_problems(element: Element, problems: list[FileProblem]) -> None:
    found = _named(element)
    for group, name in (("CollectionDetails", "ReferenceDate"), ("Source", "DateTime")):
        given = _named(found.get(group)).get(name)
        if given is not None and given.text.strip() and _header_day(given) is None:
            problems.append(FileProblem(given.line, f"Header/{group}/{name}", "is not a date; write it as 2019-03-05"))


def _named(element: Element | None) -> dict[str, Element]:
    return {child.name: child for child in element.children} if element else {}


def _header_day(element: Element | None) -> date | None:
    try:
        return read_day(element.text.strip()[:10]) if element else None
    except ValueError:
        return None


def _reference(child: Element) -> str:
    identifiers = _named(_named(child).get("ChildIdentifiers"))
    return identifiers["LAchildID"].text.strip() if "LAchildID" in identifiers else ""


def _is_usable(reference: str) -> bool:
    return bool(_SUBJECT.fullmatch(reference)) and reference != "authority" and not reference.startswith("worker:")


class _Fields:
    """One element being read: what it holds by name, which of it could not be read, and what was left over."""

    def __init__(self, element: Element, path: str, taken_on: date, problems: list[FileProblem]) -> None:
        self.element = element
        self.path = path
        self.taken_on = taken_on
        self.problems = problems
        self.unread: set[str] = set()
        self.set_aside: set[str] = set()
        self._known: set[str] = set()
        self._by_name: dict[str, list[Element]] = {}
        for child in element.children:
            self._by_name.setdefault(child.name, []).append(child)
        if element.children and element.text_line is not None:
            self.tell(element.text_line, "", "has text that belongs nowhere; it was not read")

    def tell(self, line: int, name: str, message: str) -> None:
        self.problems.append(FileProblem(line, f"{self.path}/{name}" if name else self.path, message))

    def day(
        self, name: str, field_name: str = "", *, is_required: bool = False, may_be_ahead: bool = False
    ) -> date | None:
        given = self._one(name, field_name, is_required, "date")
        return self.day_in(given, name, field_name, may_be_ahead) if given else None

    def day_in(self, given: Element, name: str, field_name: str, may_be_ahead: bool = False) -> date | None:
        match = _DATE.fullmatch(given.text.strip())
        try:
            if match is None:
                raise ValueError("is not a date; write it as 2019-03-05")
            day = read_day(match[1])
            if day < EARLIEST:
                raise ValueError("is before 1900; correct it in the case system")
            latest = self.taken_on + (_A_YEAR if may_be_ahead and self.taken_on < _LAST_YEAR else timedelta())
            if day > latest:
                raise ValueError(
                    f"is after {latest.isoformat()} (the return was taken on {self.taken_on.isoformat()}); correct it in the case system"
                )
        except ValueError as error:
            self._unreadable(given, name, field_name, str(error))
            return None
        return day

    def code(self, name: str, codes: frozenset[str], field_name: str = "", *, is_required: bool = False) -> str | None:
        given = self._one(name, field_name, is_required, "code")
        if given is None:
            return None
        text = given.text.strip()
        if text not in codes:
            self._unreadable(given, name, field_name, "is not a code of any year's census; correct it in the case system")
            return None
        return text

    def yes_or_no(self, name: str, field_name: str) -> bool | None:
        given = self._one(name, field_name, True, "answer (0 or 1)")
        if given is None:
            return None
        answer = {"0": False, "false": False, "1": True, "true": True}.get(given.text.strip())
        if answer is None:
            self._unreadable(given, name, field_name, "is neither 0 (no) nor 1 (yes)")
        return answer

    def text(self, name: str) -> str | None:
        given = self._one(name, "", False, "text")
        return given.text.strip() if given else None

    def group(self, name: str) -> Element | None:
        return self._one(name, "", False, "part", is_group=True)

    def all(self, name: str) -> Iterator[Element]:
        """Each element of this name, those that repeat another word for word left out and told as problems."""
        self._known.add(name)
        seen: dict[tuple[object, ...], Element] = {}
        for element in self._by_name.get(name, ()):
            first = seen.setdefault(element.content(), element)
            if first is not element:
                self.tell(element.line, name, f"says word for word what line {first.line} says; it was read once")
            else:
                yield element

    def ignore(self, *names: str) -> None:
        self._known.update(names)

    def finish(self) -> None:
        for name, elements in self._by_name.items():
            if name not in self._known:
                self.problems.extend(_unknown(element, f"{self.path}/{name}") for element in elements)

    def _one(
        self, name: str, field_name: str, is_required: bool, what: str, is_group: bool = False
    ) -> Element | None:
        self._known.add(name)
        given = self._by_name.get(name, [])
        if len(given) > 1:
            self._unreadable(given[1], name, field_name, f"stands here more than once (first on line {given[0].line})")
            return None
        if not given or (not is_group and not given[0].children and not given[0].text.strip()):
            if is_required:
                line = given[0].line if given else self.element.line
                self._unreadable_at(line, name, field_name, f"is missing; give its {what} in the case system")
            return None
        if not is_group and given[0].children:
            self._unreadable(given[0], name, field_name, f"holds other elements, not a {what}")
            return None
        return given[0]

    def _unreadable(self, given: Element, name: str, field_name: str, message: str) -> None:
        self._unreadable_at(given.line, name, field_name, message)

    def _unreadable_at(self, line: int, name: str, field_name: str, message: str) -> None:
        self.unread.add(field_name)
        self.tell(line, name, message)


def _unknown(element: Element, path: str) -> FileProblem:
    return FileProblem(element.line, path, "is not an element of any year's census; it was not read")


def _child(element: Element, taken_on: date, problems: list[FileProblem]) -> CensusChild | None:
    fields = _Fields(element, "Child", taken_on, problems)
    fields.ignore("ChildCharacteristics")
    group = fields.group("ChildIdentifiers")
    identifiers = _Fields(group or Element("ChildIdentifiers", element.line), "Child/ChildIdentifiers", taken_on, problems)
    identifiers.ignore("FormerUPN", "UPNunknown", "GenderCurrent", "Sex", "PersonDeathDate")
    reference = identifiers.text("LAchildID")
    upn = identifiers.text("UPN")
    born_on = identifiers.day("PersonBirthDate", "date_of_birth")
    expected_on = identifiers.day("ExpectedPersonBirthDate", "expected_birth_on", may_be_ahead=True)
    identifiers.finish()
    referrals = tuple(_records(fields, "CINdetails", _referral))
    fields.finish()
    line = group.line if group else element.line
    if not reference:
        identifiers.tell(line, "LAchildID", "is missing; the child and all its records were set aside")
        return None
    if not _is_usable(reference):
        identifiers.tell(
            line, "LAchildID",
            "is no reference we can keep (1 to 128 of A-Z a-z 0-9 . _ : -); the child and all its records were set aside",
        )  # fmt: skip
        return None
    return CensusChild(
        line=element.line, reference=reference, upn=upn, date_of_birth=born_on, expected_birth_on=expected_on,
        referrals=referrals, unread=frozenset(identifiers.unread), set_aside=frozenset(fields.set_aside),
    )  # fmt: skip


R = TypeVar("R")


def _records(fields: _Fields, name: str, build: Callable[[_Fields], R | None]) -> Iterator[R]:
    """The records of one kind; one that cannot be used is set aside, and its kind noted."""
    for element in fields.all(name):
        part = _Fields(element, f"{fields.path}/{name}", fields.taken_on, fields.problems)
        record = build(part)
        part.finish()
        if record is None:
            fields.set_aside.add(name)
            part.tell(element.line, "", "was set aside: without the date it starts on, nothing of it can be used")
        else:
            yield record


def _referral(fields: _Fields) -> CensusReferral | None:
    received_on = fields.day("CINreferralDate", is_required=True)
    source = fields.code("ReferralSource", REFERRAL_SOURCES, "referral_source", is_required=True)
    need = fields.code("PrimaryNeedCode", PRIMARY_NEEDS, "primary_need")
    closed_on = fields.day("CINclosureDate", "ended_on")
    reason = fields.code("ReasonForClosure", CLOSURE_REASONS, "reason")
    conference_on = fields.day("DateOfInitialCPC", "conference_on")
    is_over = fields.yes_or_no("ReferralNFA", "outcome")
    assessments = tuple(_records(fields, "Assessments", _assessment))
    enquiries = tuple(_records(fields, "Section47", _enquiry))
    protection_plans = tuple(_records(fields, "ChildProtectionPlans", _protection_plan))
    need_plans = tuple(_records(fields, "CINPlanDates", _need_plan))
    pre_proceedings = tuple(_records(fields, "PreProceedingsandFGDM", _pre_proceedings))
    if reason and not closed_on and "ended_on" not in fields.unread:
        fields.tell(fields.element.line, "ReasonForClosure", "stands without CINclosureDate; nothing was closed by it")
    if received_on is None:
        return None
    return CensusReferral(
        line=fields.element.line, received_on=received_on, source=source, primary_need=need, closed_on=closed_on,
        closure_reason=reason, conference_on=conference_on, is_no_further_action=is_over, assessments=assessments,
        enquiries=enquiries, protection_plans=protection_plans, need_plans=need_plans, pre_proceedings=pre_proceedings,
        unread=frozenset(fields.unread), set_aside=frozenset(fields.set_aside),
    )  # fmt: skip


def _assessment(fields: _Fields) -> CensusAssessment | None:
    started_on = fields.day("AssessmentActualStartDate", is_required=True)
    reviewed_on = fields.day("AssessmentInternalReviewDate", may_be_ahead=True)
    authorised_on = fields.day("AssessmentAuthorisationDate", "ended_on")
    factors: list[str] = []
    group = fields.group("FactorsIdentifiedAtAssessment")
    if group:
        inner = _Fields(group, f"{fields.path}/{group.name}", fields.taken_on, fields.problems)
        for given in inner.all("AssessmentFactors"):
            if given.text.strip() in ASSESSMENT_FACTORS:
                factors.append(given.text.strip())
            else:
                inner.tell(given.line, given.name, "is not a code of any year's census; correct it in the case system")
        inner.finish()
    if started_on is None:
        return None
    return CensusAssessment(
        line=fields.element.line, started_on=started_on, reviewed_on=reviewed_on, authorised_on=authorised_on,
        factors=tuple(factors), unread=frozenset(fields.unread),
    )  # fmt: skip


def _enquiry(fields: _Fields) -> CensusEnquiry | None:
    started_on = fields.day("S47ActualStartDate", is_required=True)
    due_on = fields.day("InitialCPCtarget", may_be_ahead=True)
    conference_on = fields.day("DateOfInitialCPC", "ended_on")
    is_unnecessary = fields.yes_or_no("ICPCnotRequired", "outcome")
    if started_on is None:
        return None
    return CensusEnquiry(
        line=fields.element.line, started_on=started_on, conference_due_on=due_on, conference_on=conference_on,
        is_conference_unnecessary=is_unnecessary, unread=frozenset(fields.unread),
    )  # fmt: skip


def _protection_plan(fields: _Fields) -> CensusProtectionPlan | None:
    started_on = fields.day("CPPstartDate", is_required=True)
    ended_on = fields.day("CPPendDate", "ended_on")
    initial = fields.code("InitialCategoryOfAbuse", CATEGORIES_OF_ABUSE, "initial_category", is_required=True)
    latest = fields.code("LatestCategoryOfAbuse", CATEGORIES_OF_ABUSE, "category", is_required=True)
    fields.ignore("NumberOfPreviousCPP")
    reviews: list[CensusReview] = []
    group = fields.group("Reviews")
    if group:
        inner = _Fields(group, f"{fields.path}/{group.name}", fields.taken_on, fields.problems)
        for given in inner.all("CPPreviewDate"):
            held_on = inner.day_in(given, given.name, "")
            if held_on:
                reviews.append(CensusReview(line=given.line, held_on=held_on))
            else:
                fields.set_aside.add("CPPreviewDate")
        inner.finish()
    if started_on is None:
        return None
    return CensusProtectionPlan(
        line=fields.element.line, started_on=started_on, ended_on=ended_on, initial_category=initial,
        latest_category=latest, reviews=tuple(reviews), unread=frozenset(fields.unread),
        set_aside=frozenset(fields.set_aside),
    )  # fmt: skip


def _need_plan(fields: _Fields) -> CensusNeedPlan | None:
    started_on = fields.day("CINPlanStartDate", is_required=True)
    ended_on = fields.day("CINPlanEndDate", "ended_on")
    if started_on is None:
        return None
    return CensusNeedPlan(
        line=fields.element.line, started_on=started_on, ended_on=ended_on, unread=frozenset(fields.unread)
    )


def _pre_proceedings(fields: _Fields) -> CensusPreProceedings | None:
    """The outcome's codes (A, B, C) are not published with their meaning: only a court application tells which it was."""
    started_on = fields.day("PPStartDate", is_required=True)
    letter_sent_on = fields.day("LBPSentDate", "letter_sent_on")
    met_on = fields.day("InitialPPMeetingDate", "met_on")
    decided_on = fields.day("StepDecisionDate", "ended_on")
    fields.code("PPOutcome", PRE_PROCEEDINGS_OUTCOMES)
    applied_on = fields.day("CourtAppDate", "issued_on")
    fields.day("LetterInitCPDate")
    fields.ignore("FGDMMeetingOffer", "FGDMMeetingFac", "ReviewMeetingsCount")
    if decided_on and not applied_on:
        fields.unread.add("ended_on")
        fields.tell(
            fields.element.line, "StepDecisionDate",
            "does not say whether it was to step down or to issue, for there is no CourtAppDate; the end was set aside",
        )  # fmt: skip
    if started_on is None:
        return None
    return CensusPreProceedings(
        line=fields.element.line, started_on=started_on, letter_sent_on=letter_sent_on, met_on=met_on,
        decided_on=decided_on, applied_on=applied_on, unread=frozenset(fields.unread),
    )  # fmt: skip


def _united(same: Sequence[CensusChild]) -> Iterator[CensusChild | FileProblem]:
    """One child of several that carry one reference, and a problem for each after the first."""
    first = same[0]
    referrals = list(first.referrals)
    known = {_said(referral) for referral in referrals}
    for other in same[1:]:
        yield FileProblem(
            other.line, "Child", f"has the reference of the child on line {first.line}; the two were read as one child"
        )
        referrals += [referral for referral in other.referrals if _said(referral) not in known]
        known.update(_said(referral) for referral in other.referrals)
    yield replace(
        first,
        date_of_birth=next((child.date_of_birth for child in same if child.date_of_birth), None),
        expected_birth_on=next((child.expected_birth_on for child in same if child.expected_birth_on), None),
        referrals=tuple(referrals),
        set_aside=frozenset().union(*(child.set_aside for child in same)),
    )


def _said(part: object) -> object:
    """What a part says, wherever it stands in the file."""
    if isinstance(part, tuple):
        return tuple(_said(item) for item in part)
    if isinstance(part, Part):
        return tuple(_said(getattr(part, f.name)) for f in fields_of(part) if f.name != "line")
    return part
