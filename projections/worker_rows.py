"""The workers of the authority: when they were there, where, for how much of the week, and whether newly
qualified.
"""

from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter

from domain.day_order import is_after_start, is_before_end
from domain.intervals import Spell, spells
from domain.material import Placed
from domain.people import WORKER_PREFIX, WorkerJoined, WorkerLeft
from projections.projection import Case, Projection


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as told of for a time: from ``since`` on, and no longer on ``until`` (None: still so).
    ``child`` is the stream that tells of the worker.

    ``full_time_equivalent``: 1 where none was told. ``has_left``: the time ends with the worker's leaving,
    and not with another report.
    """

    child: str
    worker_id: str
    since: date
    until: date | None
    has_left: bool
    team_id: str | None
    full_time_equivalent: float
    newly_qualified_until: date | None

    def goes_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


def rows(case: Case) -> list[WorkerRow]:
    """A row for each time that what was told of a worker held; none for any other stream.

    A report while the worker is there adds to what was said before: it keeps what it is silent on. Who left
    and comes back begins anew. A leaving that nothing told before is in a row without any day.
    """
    stream = case.child
    if not stream.startswith(WORKER_PREFIX):
        return []
    placed = list(enumerate(case.told("WorkerJoined", "WorkerLeft")))
    there = spells(placed, lambda told: isinstance(told.fact, WorkerJoined), lambda _: stream)
    found = [row for spell in there for row in _described(stream, spell, placed)]
    lasting = [row for row in found if row.until != row.since]
    touched = {day for row in lasting for day in (row.since, row.until)}
    first = there[0].start[1].day if there else date.max
    left = {told.day for _, told in placed if isinstance(told.fact, WorkerLeft) and told.day < first}
    left |= {row.since for row in found if row.until == row.since and row.has_left}
    nothing = WorkerRow(stream, stream.removeprefix(WORKER_PREFIX), date.max, None, True, None, 1.0, None)
    gone = [replace(nothing, since=day, until=day) for day in left - touched]
    return sorted([*lasting, *gone], key=attrgetter("since"))


def _described(stream: str, spell: Spell, placed: list[Placed]) -> list[WorkerRow]:
    """What was told of a worker in one time of being there, each until the next."""
    began_on, left_on = spell.start[1].day, None if spell.end is None else spell.end[1].day
    worker = stream.removeprefix(WORKER_PREFIX)
    row = WorkerRow(stream, worker, began_on, left_on, left_on is not None, None, 1.0, None)
    found: list[WorkerRow] = []
    for one in placed:
        day, fact = one[1].day, one[1].fact
        is_of_it = one == spell.start or (is_after_start(one, spell.start) and is_before_end(one, spell.end))
        if not is_of_it or not isinstance(fact, WorkerJoined) or (found and day == left_on):
            continue
        told = _told(row, fact)
        if not found or told != row:
            if found:
                found[-1] = replace(row, until=day, has_left=False)
            found.append(replace(told, since=day))
        row = found[-1]
    return found


def _told(row: WorkerRow, fact: WorkerJoined) -> WorkerRow:
    """A description with what one more report adds; of days of being newly qualified the last stands, as it
    does for supervision.
    """
    equivalent, until = fact.full_time_equivalent, fact.newly_qualified_until
    days = [day for day in (row.newly_qualified_until, until) if day is not None]
    return replace(
        row,
        team_id=fact.team_id or row.team_id,
        full_time_equivalent=row.full_time_equivalent if equivalent is None else equivalent,
        newly_qualified_until=max(days, default=None),
    )


worker_rows: Projection[WorkerRow] = Projection(name="workers", version=2, row=WorkerRow, rows=rows)
