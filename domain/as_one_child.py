"""The facts of a child, of all the references that are one on a day, in the order in which they are read."""

from collections.abc import Iterable, Sequence
from datetime import date

from domain.amended import Amended
from domain.merging import OneChild, told_as_one
from domain.needs import Needs, closed_by_ends, find_needs
from domain.people import SupervisionHeld, is_worker
from domain.policy import Policy
from domain.reading_order import reading_order
from domain.telling import Told
from domain.working_days import WorkingDays


def told_of(facts: Iterable[Told], one: OneChild, survivor: str) -> list[Told]:
    """The facts of a child: under its references, and supervision in which it was discussed."""
    of_child = [told for told in facts if _is_of(told, one, survivor)]
    return told_as_one(of_child, survivor) if one.into else of_child


def _is_of(told: Told, one: OneChild, survivor: str) -> bool:
    stream = told.recorded.stream
    if stream == survivor:
        return True
    if is_worker(stream):
        named = told.fact.children if isinstance(told.fact, SupervisionHeld) else None
        return any(one.survivor(child) == survivor for child in named or ())
    return one.survivor(stream) == survivor


def read_as_one(
    history: Amended, as_one: Sequence[Told], day: date, calendar: WorkingDays, policy: Policy
) -> list[Told]:
    """The facts of a child up to ``day`` in reading order.

    The end of a need closes its open assessments, which then are not open the next morning: where it did,
    the facts are put in order once more.
    """
    ordered, _ = read_with_needs(history, as_one, day, calendar, policy)
    return ordered


def read_with_needs(
    history: Amended, as_one: Sequence[Told], day: date, calendar: WorkingDays, policy: Policy
) -> tuple[list[Told], Needs | None]:
    """The same, with the needs in those facts where they are known by then."""
    ordered = history.read(as_one, day)
    needs = find_needs(ordered, calendar, policy)
    closing = closed_by_ends(needs)
    return (reading_order(as_one, closing), None) if closing else (ordered, needs)
