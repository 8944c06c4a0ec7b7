"""Households: when one child was visited, who of the others was not seen, or not seen alone."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from projections.measured.row import Measured

SERIES = "siblings"
NOT_VISITED = "not_visited"

_BEST_FIRST = ("seen_alone", "seen_not_alone", "seen_not_told_whether_alone", "not_seen")


class Visit(NamedTuple):
    """A visit made to a child, and who held the case then."""

    child: str
    day: date
    outcome: str
    worker_id: str | None
    team_id: str | None


class Spell(NamedTuple):
    """A time that a child lived in a household; it is in it on the first day, and no longer on the last."""

    child: str
    household: str
    since: date
    until: date | None


def siblings(visits: Iterable[Visit], spells: Iterable[Spell]) -> Iterator[Measured]:
    """A row for each child and day on which another child of its household was visited: how it was seen.

    The case is whose visit it was that did not see the child, or, where it had one, its own.
    """
    members: dict[str, list[Spell]] = {}
    homes: dict[str, list[Spell]] = {}
    for spell in spells:
        members.setdefault(spell.household, []).append(spell)
        homes.setdefault(spell.child, []).append(spell)
    shared = {child for of in members.values() if len(of) > 1 for child, *_ in of}
    days: dict[tuple[str, date], dict[str, Visit]] = {}
    for visit in visits:
        if visit.child not in shared:
            continue
        for spell in homes[visit.child]:
            if spell.since <= visit.day and (spell.until is None or visit.day < spell.until):
                seen = days.setdefault((spell.household, visit.day), {})
                before = seen.get(visit.child)
                if before is None or _rank(visit) < _rank(before):
                    seen[visit.child] = visit
    for (household, day), seen in days.items():
        some_visit = next(iter(seen.values()))
        there = {
            spell.child
            for spell in members[household]
            if spell.since <= day and (spell.until is None or day < spell.until)
        }
        for child in there:
            if len(seen) > (child in seen):
                yield _row(household, day, child, seen.get(child), some_visit)


def _rank(visit: Visit) -> int:
    return _BEST_FIRST.index(visit.outcome)


def _row(household: str, day: date, child: str, own: Visit | None, other: Visit) -> Measured:
    whose = own or other
    return Measured(
        child=child,
        series=SERIES,
        thing=f"{household}:{day.isoformat()}",
        day=day,
        since=day,
        until=day,
        outcome=own.outcome if own else NOT_VISITED,
        kind=household,
        worker_id=whose.worker_id,
        team_id=whose.team_id,
    )
