"""Households: when one child was visited, who of the others was not seen, or not seen alone."""

from collections import Counter
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

    def goes_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


Other = tuple[str, str, date, Visit | None, Visit]
"""A child, its household, a day on which another of it was visited, its own visit if any, and the visit to
the first child that was visited.
"""


def others(visits: Iterable[Visit], spells: Iterable[Spell]) -> Iterator[Other]:
    """Each child and day on which another child of its household was visited."""
    members: dict[str, list[Spell]] = {}
    homes: dict[str, list[Spell]] = {}
    for spell in spells:
        members.setdefault(spell[1], []).append(spell)
    for of in members.values():
        if len(of) > 1:
            for spell in of:
                homes.setdefault(spell[0], []).append(spell)
    days: dict[tuple[str, date], dict[str, Visit]] = {}
    for visit in visits:
        for _, household, since, until in homes.get(visit[0], ()):
            day = visit[1]
            if since <= day and (until is None or day < until):
                seen = days.setdefault((household, day), {})
                before = seen.get(visit[0])
                if before is None or _rank(visit) < _rank(before):
                    seen[visit[0]] = visit
    for (household, day), seen in days.items():
        first = seen[min(seen)]
        there = {
            child
            for child, _, since, until in members[household]
            if since <= day and (until is None or day < until)
        }
        for child in there:
            if len(seen) > (child in seen):
                yield child, household, day, seen.get(child), first


def siblings(visits: Iterable[Visit], spells: Iterable[Spell]) -> Iterator[Measured]:
    """A row for each child and day on which another child of its household was visited: how it was seen.

    The case is its own visit's, the best where it had several; without one, that of the visit to the other,
    of several the first by reference.
    """
    for child, household, day, own, other in others(visits, spells):
        yield _row(child, household, day, own, other)


def siblings_alike(
    visits: Iterable[Visit], spells: Iterable[Spell], on: date
) -> Iterator[tuple[Measured, int]]:
    """The same, those of one outcome, worker and team together: one of them, as if on a day, and how many."""
    alike: Counter[tuple[str | None, str | None, str | None]] = Counter()
    for _, _, _, own, other in others(visits, spells):
        _, _, outcome, worker, team = own or other
        alike[(outcome if own else None, worker, team)] += 1
    for (seen, worker, team), number in alike.items():
        one = Visit("", on, seen or NOT_VISITED, worker, team)
        yield _row("", "", on, one if seen else None, one), number


def _rank(visit: Visit) -> tuple[int, str, str]:
    """The best first; of equals always the same, in whatever order they come."""
    return _BEST_FIRST.index(visit[2]), visit[3] or "", visit[4] or ""


def _row(child: str, household: str, day: date, own: Visit | None, other: Visit) -> Measured:
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
