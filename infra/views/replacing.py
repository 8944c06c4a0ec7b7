"""The rows of children put in the place of those they had, or set aside where there are none."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from domain.working_days import WorkingDays
from infra.views.builds import Build
from infra.views.bulk import put
from infra.views.chunks import chunks
from infra.views.folded import Failure, Folded
from infra.views.set_aside import New, set_aside, waiting_among
from infra.views.shapes import SHAPES
from infra.views.tables import FOLDS, SHARES

WAITS = Failure("WaitsBehind", "")
"""Why a stream is set aside that was merged with one that is."""


def replace(
    connection: Connection,
    build: Build,
    folded: Sequence[Folded],
    new: Mapping[str, New],
    now: datetime,
    calendar: WorkingDays,
) -> None:
    """Put rows in place. Left as they are: rows folded through more of the log, and of what is set aside."""
    streams = [stream for one in folded for stream in one.streams]
    waiting = waiting_among(connection, build, streams)
    newer = _folded_later(connection, build, folded)
    good = []
    for one in folded:
        behind = next((waiting[stream] for stream in one.streams if stream in waiting), None)
        failure = one.failures.get(build.projection)
        if behind is not None:
            set_aside(connection, build, one.streams, behind, failure or WAITS, new, now)
        elif not newer.isdisjoint(one.streams):
            continue
        elif failure is not None:
            set_aside(connection, build, one.streams, one.streams[0], failure, new, now)
        else:
            good.append(one)
    _delete(connection, build, [stream for one in good for stream in one.streams])
    _insert(connection, build, good, calendar)


def fill(
    connection: Connection,
    build: Build,
    share: int,
    folded: Sequence[Folded],
    new: Mapping[str, New],
    now: datetime,
    calendar: WorkingDays,
) -> None:
    """Put the rows of a share of the streams into a build that has none of them."""
    streams = sum(len(one.streams) for one in folded)
    values = {"projection": build.projection, "build": build.number, "share": share, "streams": streams}
    connection.execute(insert(SHARES).values(**values))
    for one in folded:
        failure = one.failures.get(build.projection)
        if failure is not None:
            set_aside(connection, build, one.streams, one.streams[0], failure, new, now)
    _insert(connection, build, [one for one in folded if build.projection not in one.failures], calendar)


def _folded_later(connection: Connection, build: Build, folded: Sequence[Folded]) -> set[str]:
    """The streams whose rows were folded through more of the log than these were."""
    through = {stream: one.through for one in folded for stream in one.streams}
    least = min(through.values(), default=0)
    found: set[str] = set()
    for chunk in chunks(list(through)):
        where = FOLDS.c.stream.in_(chunk) & (FOLDS.c.folded_through > least)
        lines = connection.execute(
            select(FOLDS.c.stream, FOLDS.c.folded_through).where(build.of(FOLDS), where)
        )
        found |= {line.stream for line in lines if line.folded_through > through[line.stream]}
    return found


def _delete(connection: Connection, build: Build, streams: Sequence[str]) -> None:
    for chunk in chunks(streams):
        connection.execute(delete(build.table).where(build.table.c.child.in_(chunk)))
        connection.execute(delete(FOLDS).where(build.of(FOLDS), FOLDS.c.stream.in_(chunk)))


def _insert(connection: Connection, build: Build, folded: Sequence[Folded], calendar: WorkingDays) -> None:
    values = SHAPES[build.projection].values
    lines = [values(row, calendar) for one in folded for row in one.rows.get(build.projection, ())]
    put(connection, build.table, lines)
    folds = [
        {
            "projection": build.projection,
            "build": build.number,
            "stream": stream,
            "child": child,
            "folded_through": one.through,
            "changed_on": one.changed_on,
            "changes_on": one.changes_on,
        }
        for one in folded
        for stream, child in one.members.items()
    ]
    put(connection, FOLDS, folds)
