"""The rows of children put in the place of those they had, or set aside where there are none."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, insert

from domain.working_days import WorkingDays
from infra.views.builds import Build
from infra.views.bulk import put
from infra.views.engine import Overtaken
from infra.views.folded import Failure, Folded
from infra.views.households import NOT_OF_HOUSEHOLDS, follow, make_all
from infra.views.lines import Line, change, change_any, kept, mark, of_any, of_children, statements
from infra.views.positions import count_filled
from infra.views.set_aside import New, count_applied, set_aside, waiting_among
from infra.views.shapes import SHAPES
from infra.views.tables import FOLDS, SHARES
from projections.measured.rows import measured_rows

_TOLD = ("child", "heads", "changed_on", "changes_on")
_FOLDS = ("projection", "build", "stream", *_TOLD)

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
    """Put rows in place. Left as they are: rows folded from more of the log, and of what is set aside.

    Raises Overtaken for rows that were folded from another part of the log, for neither are right then, and
    where there is nothing ``new`` and rows would be left as they are.
    """
    streams = [stream for one in folded for stream in one.streams]
    waiting = waiting_among(connection, build, streams)
    noted = _noted(connection, build, streams)
    newer = {s for one in folded for s in one.streams if s in noted and _saw_less(one.heads, noted[s][1])}
    good = []
    applied: list[New] = []
    for one in folded:
        behind = next((waiting[stream] for stream in one.streams if stream in waiting), None)
        failure = one.failures.get(build.projection)
        if behind is not None:
            set_aside(connection, build, one.streams, behind, failure or WAITS, new, now)
        elif not newer.isdisjoint(one.streams):
            if not new:
                # Whoever has nothing new wants these very rows made: as at another day, or with other code.
                raise Overtaken
            applied += _new_of(one, new)
        elif failure is not None:
            set_aside(connection, build, one.streams, one.streams[0], failure, new, now)
        else:
            good.append(one)
            applied += _new_of(one, new)
    _put_right(connection, build, good, noted, calendar)
    count_applied(connection, build, applied)


def _new_of(one: Folded, new: Mapping[str, New]) -> list[New]:
    return [new[stream] for stream in one.streams if stream in new]


def _saw_less(heads: tuple[int, ...], noted: str) -> bool:
    """Whether a fold saw less of the log than one of which the heads are noted.

    Raises Overtaken where each saw what the other did not: two projectors, each with an index of its own.
    """
    if noted == _told(heads):
        return False
    pairs = list(zip_longest(heads, _read(noted), fillvalue=0))
    has_less = any(mine < theirs for mine, theirs in pairs)
    if has_less and any(mine > theirs for mine, theirs in pairs):
        raise Overtaken
    return has_less


@lru_cache
def _told(heads: tuple[int, ...]) -> str:
    return ".".join(map(str, heads))


@lru_cache
def _read(noted: str) -> tuple[int, ...]:
    return tuple(map(int, noted.split(".")))


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


def complete(connection: Connection, build: Build) -> None:
    """Add the rows that are made from others, once a build is filled with those and has its indexes, and
    count what is not set aside as applied.
    """
    count_filled(connection, build)
    if build.projection == measured_rows.name:
        make_all(connection, build.table)


def _noted(connection: Connection, build: Build, streams: Sequence[str]) -> dict[str, Line]:
    """What is noted of streams that were folded: under which child, from what, and when they change."""
    how = statements(FOLDS, ("stream", *_TOLD), connection.dialect.name)
    found = of_any(connection, how.select + _of(connection), _ours(build), "stream", streams)
    return {stream: tuple(told[: len(_TOLD)]) for stream, *told in found}


def _put_right(
    connection: Connection,
    build: Build,
    folded: Sequence[Folded],
    noted: Mapping[str, Line],
    calendar: WorkingDays,
) -> None:
    """Make rows of streams, of which it was noted how they were, those that were folded."""
    shape = SHAPES[build.projection]
    streams = [stream for one in folded for stream in one.streams]
    rows = statements(build.table, shape.columns, connection.dialect.name)
    lines = list(kept(_rows(build, folded, calendar), rows))
    if build.projection == measured_rows.name:
        there = of_children(connection, rows, streams, NOT_OF_HOUSEHOLDS)
        follow(connection, build.table, change(connection, rows, there, lines), lines)
    else:
        change(connection, rows, of_children(connection, rows, streams), lines)
    fresh, again = [], defaultdict(list)
    how = statements(FOLDS, _FOLDS, connection.dialect.name)
    for line in kept(_folds(build, folded), how):
        stream, child, heads, *days = line[2:]
        if stream in noted and noted[stream] == (child, noted[stream][1], *days):
            again[heads].append(stream)
        else:
            fresh.append(line)
    members = {stream for one in folded for stream in one.members}
    gone = [s for s in streams if s in noted and s not in members] + [line[2] for line in fresh]
    if gone:
        statement = f"DELETE FROM folds WHERE {_of(connection)}"  # noqa: S608 (a condition of ours)
        change_any(connection, statement, _ours(build), "stream", gone)
    if fresh:
        connection.exec_driver_sql(how.insert, fresh)
    for heads, same in again.items():
        told = f"UPDATE folds SET heads = {mark(connection)} "  # noqa: S608 (a mark, and no value)
        statement = f"{told} WHERE {_of(connection)}"
        change_any(connection, statement, (heads, *_ours(build)), "stream", same)


def _insert(connection: Connection, build: Build, folded: Sequence[Folded], calendar: WorkingDays) -> None:
    put(connection, build.table, SHAPES[build.projection].columns, list(_rows(build, folded, calendar)))
    put(connection, FOLDS, _FOLDS, list(_folds(build, folded)))


def _rows(build: Build, folded: Sequence[Folded], calendar: WorkingDays) -> Iterator[Sequence[Any]]:
    values = SHAPES[build.projection].values
    return (values(row, calendar) for one in folded for row in one.rows.get(build.projection, ()))


def _folds(build: Build, folded: Sequence[Folded]) -> Iterator[Line]:
    for one in folded:
        heads = _told(one.heads)
        for stream, child in one.members.items():
            yield (*_ours(build), stream, child, heads, one.changed_on, one.changes_on)


def _ours(build: Build) -> Line:
    return (build.projection, build.number)


def _of(connection: Connection) -> str:
    """The lines of a build, as a condition with more to follow."""
    return f"projection = {mark(connection)} AND build = {mark(connection)} AND "
