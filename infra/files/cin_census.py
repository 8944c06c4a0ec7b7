"""The children in need census: the XML return to the Department for Education, of every year since 2017.

Read are identifiers, dates and codes that say what happened when. Sex, ethnicity, disability and death are
not read at all, for nothing is done with them. The pre-proceedings module is read as first published for 2026
to 2027.

A file counts as a whole or not at all: `survey` reads it to its end before `read` gives the first child.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import BinaryIO

from domain.moment import read_day
from infra.files.cin_child import is_usable, read_child
from infra.files.cin_records import CensusChild, said
from infra.files.xml_fields import FileProblem, unknown
from infra.files.xml_file import Element, StrayText, Unreadable, read_elements

CONTAINERS = frozenset({("Message",), ("Message", "Children")})
MAX_ELEMENTS = 5_000
"""How many elements may tell of one child: far above any real child, and few enough to compare."""

Progress = Callable[[int], object]
"""Told how many bytes more were read."""


@dataclass(frozen=True, slots=True)
class Header:
    """``reference_on`` is the day that the return describes, ``written_on`` the day it was made."""

    year: str | None = None
    reference_on: date | None = None
    written_on: date | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading a whole file once tells: that it is sound, and what the second reading must know.

    ``repeated`` are the references that several of its children carry. ``is_complete`` is whether every child
    has a reference: otherwise a child that seems to be missing from the file may be in it.
    """

    header: Header
    children: int
    digest: str
    repeated: frozenset[str]
    is_complete: bool


def survey(file: BinaryIO, progress: Progress = lambda count: None) -> Survey:
    """Read a whole file to see that it is a sound census return, using none of it.

    Raises Unreadable, with the line, for anything else; such a file counts not at all, however much of it is
    sound.
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
            if not is_usable(reference):
                is_complete = False
                continue
            if reference in elements:
                repeated.add(reference)
            elements[reference] = elements.get(reference, 0) + element.size()
            if elements[reference] > MAX_ELEMENTS:
                raise Unreadable(
                    element.line, f"more than {MAX_ELEMENTS} elements tell of one child; this is no census"
                )
    if not children:
        raise Unreadable(1, "it has no children; a return without any would make every child vanish")
    return Survey(header, children, digest.hexdigest(), frozenset(repeated), is_complete)


def read(
    file: BinaryIO, surveyed: Survey, taken_on: date, progress: Progress = lambda count: None
) -> Iterator[CensusChild | FileProblem]:
    """Yield the children of a surveyed file, and every problem with its line; what is sound of a child still
    comes.

    Dates before 1900 or after ``taken_on`` are problems. A child that stands in the file more than once comes
    once, at the end, with all its referrals. Raises Unreadable where the file is not the one that was
    surveyed.
    """
    digest = hashlib.sha256()
    held: dict[str, list[CensusChild]] = {}
    for item in _items(file, digest.update, progress):
        if isinstance(item, StrayText):
            yield FileProblem(
                item.line, "/".join(item.path), "has text that belongs nowhere; it was not read"
            )
            continue
        path, element = item
        problems: list[FileProblem] = []
        if path == ("Message", "Children", "Child"):
            child = read_child(element, taken_on, problems)
            if child and child.reference in surveyed.repeated:
                held.setdefault(child.reference, []).append(child)
            elif child:
                yield child
        elif path == ("Message", "Header"):
            _header_problems(element, problems)
        else:
            problems.append(unknown(element, "/".join(path)))
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
            collection.line,
            f"it is a return of the collection {collection.text.strip()[:40] or 'without a name'}, not CIN",
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
            problems.append(
                FileProblem(given.line, f"Header/{group}/{name}", "is not a date; write it as 2019-03-05")
            )


def _named(element: Element | None) -> dict[str, Element]:
    return {child.name: child for child in element.children} if element else {}


def _header_day(element: Element | None) -> date | None:
    try:
        return read_day(element.text.strip()[:10]) if element else None
    except ValueError:
        return None


def _reference(child: Element) -> str:
    groups = [part for part in child.children if part.name == "ChildIdentifiers"]
    found = [part for group in groups for part in group.children if part.name == "LAchildID"]
    return found[0].text.strip() if len(groups) == len(found) == 1 and not found[0].children else ""


def _united(same: Sequence[CensusChild]) -> Iterator[CensusChild | FileProblem]:
    """One child of several that carry one reference, and a problem for each after the first."""
    first = same[0]
    referrals = list(first.referrals)
    known = {said(referral) for referral in referrals}
    for other in same[1:]:
        yield FileProblem(
            other.line,
            "Child",
            f"has the reference of the child on line {first.line}; the two were read as one child",
        )
        referrals += [referral for referral in other.referrals if said(referral) not in known]
        known.update(said(referral) for referral in other.referrals)
    yield replace(
        first,
        date_of_birth=next((child.date_of_birth for child in same if child.date_of_birth), None),
        expected_birth_on=next((child.expected_birth_on for child in same if child.expected_birth_on), None),
        referrals=tuple(referrals),
        set_aside=frozenset().union(*(child.set_aside for child in same)),
    )
