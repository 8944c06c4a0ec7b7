"""Open cases that nobody holds: nobody was told to, or who was has left the authority."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from projections.across.caseloads import Held, Leavings
from projections.measured.row import Measured
from projections.worker_rows import WorkerRow

SERIES = "without_worker"


class Without(NamedTuple):
    """A time that an open case was held by nobody."""

    child: str
    team_id: str | None
    since: date
    until: date | None


def without_worker(
    unallocated: Iterable[Without], held: Iterable[Held], workers: Sequence[WorkerRow]
) -> Iterator[Measured]:
    """A row for each time that an open case had no worker, those that follow each other made one."""
    leavings = Leavings(workers)
    of_child: dict[str, list[Without]] = {}
    for one in (*unallocated, *_left_behind(held, leavings)):
        of_child.setdefault(one.child, []).append(one)
    for spells in of_child.values():
        yield from map(_row, _joined(spells))


def _left_behind(held: Iterable[Held], leavings: Leavings) -> Iterator[Without]:
    """What is left of the times that workers held open cases when they had left."""
    for spell in held:
        end = leavings.ends(spell)
        if spell.is_open and end != spell.until and end is not None:
            yield Without(spell.child, spell.team_id, max(end, spell.since), spell.until)


def _joined(spells: list[Without]) -> list[Without]:
    """The team is that of the last of those made one."""
    if len(spells) < 2:
        return spells
    joined: list[Without] = []
    for spell in sorted(spells, key=lambda spell: spell.since):
        if joined and joined[-1].until == spell.since:
            joined[-1] = spell._replace(since=joined[-1].since)
        else:
            joined.append(spell)
    return joined


def _row(one: Without) -> Measured:
    return Measured(
        child=one.child,
        series=SERIES,
        thing=one.since.isoformat(),
        day=one.since,
        since=one.since,
        until=one.until,
        outcome="nobody",
        team_id=one.team_id,
    )
