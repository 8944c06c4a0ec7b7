"""Visits as measures count them, and the households in which one child was seen and another not."""

from collections.abc import Iterator
from datetime import date

from domain.identity import HouseholdJoined, HouseholdLeft
from domain.visit import VisitMade
from projections.measured.row import Measured
from projections.projection import Case

ALONE, NOT_ALONE, NOT_SEEN = "seen_alone", "seen_not_alone", "not_seen"
NOT_TOLD = "seen_not_told_whether_alone"


def visit_things(case: Case) -> Iterator[Measured]:
    """One row for each visit made, as last reported."""
    latest: dict[str, tuple[date, VisitMade]] = {}
    for told in case.told("VisitMade"):
        if isinstance(told.fact, VisitMade):
            latest[told.fact.visit_id] = (told.day, told.fact)
    child, held_by = case.survivor[0], case.holders
    for visit_id, (day, visit) in latest.items():
        worker, team = held_by.on(day)
        yield Measured(
            child=child,
            series="visits",
            thing=visit_id,
            day=day,
            since=day,
            until=day,
            outcome=_outcome(visit),
            kind=visit.purpose,
            worker_id=worker,
            team_id=team,
        )


def _outcome(visit: VisitMade) -> str:
    if not visit.seen:
        return NOT_SEEN
    if visit.seen_alone is None:
        return NOT_TOLD
    return ALONE if visit.seen_alone else NOT_ALONE


def household_things(case: Case) -> Iterator[Measured]:
    """One row for each time that a child lived in a household."""
    living: dict[str, date] = {}
    spells: list[tuple[str, date, date | None]] = []
    for told in case.told("HouseholdJoined", "HouseholdLeft"):
        fact = told.fact
        if isinstance(fact, HouseholdJoined):
            living.setdefault(fact.household_id, told.day)
        elif isinstance(fact, HouseholdLeft) and fact.household_id in living:
            spells.append((fact.household_id, living.pop(fact.household_id), told.day))
    spells += [(household, since, None) for household, since in living.items()]
    for household, since, until in spells:
        yield Measured(
            child=case.survivor[0],
            series="households",
            thing=household,
            day=since,
            since=since,
            until=until,
            outcome="living_there" if until is None else "left",
            kind=household,
        )
