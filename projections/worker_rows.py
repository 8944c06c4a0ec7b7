"""The workers of the authority: where they work, for how much of the week, and whether newly qualified."""

from dataclasses import dataclass
from datetime import date

from domain.people import WORKER_PREFIX, WorkerJoined, WorkerLeft
from projections.projection import Case, Projection


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as last told of. ``child`` is the stream that tells of the worker.

    ``full_time_equivalent``: 1 where none was told. ``left_on`` is None while the worker is there.
    """

    child: str
    worker_id: str
    team_id: str | None
    joined_on: date
    left_on: date | None
    full_time_equivalent: float
    newly_qualified_until: date | None


def rows(case: Case) -> list[WorkerRow]:
    """The one row of a worker who joined; none for any other stream."""
    stream = case.child
    if not stream.startswith(WORKER_PREFIX):
        return []
    row: WorkerRow | None = None
    for told in case.told("WorkerJoined", "WorkerLeft"):
        fact = told.fact
        if isinstance(fact, WorkerJoined):
            row = WorkerRow(
                child=stream,
                worker_id=stream.removeprefix(WORKER_PREFIX),
                team_id=fact.team_id,
                joined_on=told.day if row is None else row.joined_on,
                left_on=None,
                full_time_equivalent=fact.full_time_equivalent or 1.0,
                newly_qualified_until=fact.newly_qualified_until,
            )
        elif isinstance(fact, WorkerLeft) and row is not None:
            row = WorkerRow(
                stream, row.worker_id, row.team_id, row.joined_on, told.day,
                row.full_time_equivalent, row.newly_qualified_until,
            )  # fmt: skip
    return [] if row is None else [row]


worker_rows: Projection[WorkerRow] = Projection(name="workers", version=1, row=WorkerRow, rows=rows)
