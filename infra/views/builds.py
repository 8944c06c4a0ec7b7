"""The builds of each projection: one serves, one may be made beside it, and the one before is kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    MetaData,
    Select,
    Table,
    column,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy.sql import quoted_name

from infra.views.indexing import add_indexes, create_bare
from infra.views.shapes import SHAPES
from infra.views.tables import BUILDS, CLOCKS, FOLDS, KEPT, MEMBERS, POSITIONS, SET_ASIDE, SHARES
from projections.catalogue import PROJECTIONS
from projections.child_rows import child_rows

VERSIONS: dict[str, int] = {projection.name: projection.version for projection in PROJECTIONS}
"""Of the code that runs, by the name of the projection."""


class State(StrEnum):
    """``SERVING`` is read. ``FILLING`` gets the rows of all streams, ``NEXT`` has them and follows the log.
    ``BEFORE`` served before, and can again. ``BESIDE`` is made only to be compared.

    Of one ``DROPPED`` only its number is left, which the next is not to have: whoever still fills it would
    put rows into another.
    """

    SERVING = "serving"
    FILLING = "filling"
    NEXT = "next"
    BEFORE = "before"
    BESIDE = "beside"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Build:
    """A build of a projection, made by a ``version`` of its code as at the day ``read_on``.

    ``rate``: events a second of late; ``streams``: how many it is filled with; ``parted``: into how many
    partitions they are, and each of these into how many shares.
    """

    projection: str
    number: int
    version: int
    state: State
    read_on: date | None
    columns: tuple[str, ...]
    rebuilt_at: datetime | None
    rate: int | None
    streams: int | None
    parted: tuple[int, int] | None

    @property
    def is_of_this_code(self) -> bool:
        return self.version == VERSIONS[self.projection]

    def answers(self, day: date) -> bool:
        """Whether its rows are those of a day, and have all that this code reads of them."""
        return self.read_on == day and set(SHAPES[self.projection].table.c.keys()) <= set(self.columns)

    @property
    def table(self) -> Table:
        return physical(self.projection, self.number)

    def of(self, table: Table) -> Any:
        """The lines of a table of bookkeeping that are this build's, as a condition."""
        return (table.c.projection == self.projection) & (table.c.build == self.number)


_LONGEST_NAME = 63
"""That PostgreSQL takes."""


@cache
def physical(projection: str, number: int) -> Table:
    """The table in which the rows of a build stand."""
    served = SHAPES[projection].table
    table = served.to_metadata(MetaData(), name=f"{served.name}_{number}")
    for index in table.indexes:
        name = f"{table.name}_by_{'_'.join(column.name for column in index.columns)}"
        index.name = quoted_name(name[:_LONGEST_NAME], None)
    return table


def is_prepared(connection: Connection) -> bool:
    """Whether all is there, down to a build of each projection that serves."""
    tables = set(inspect(connection).get_table_names())
    if not set(KEPT.tables) <= tables or not _is_of_this_layout(connection):
        return False
    return len(read_builds(connection, State.SERVING)) == len(VERSIONS)


def prepare(connection: Connection) -> None:
    """Make what is not there yet: what all builds share, and an empty build of each projection that has
    none.
    """
    if not _is_of_this_layout(connection):
        _drop_all(connection)
    KEPT.create_all(connection)
    served = {build.projection for build in read_builds(connection, State.SERVING)}
    for name in VERSIONS:
        if name not in served:
            build = create(connection, name, State.SERVING, None)
            add_indexes(connection, build.table)
            _serve(connection, build)


def _is_of_this_layout(connection: Connection) -> bool:
    """Whether the tables that are there have what this code keeps in them; none is of any layout."""
    found = inspect(connection)
    there = [table for table in KEPT.sorted_tables if found.has_table(table.name)]
    kept = all(
        set(table.c.keys()) <= {column["name"] for column in found.get_columns(table.name)} for table in there
    )
    return kept and CLOCKS.name not in found.get_table_names()


def _drop_all(connection: Connection) -> None:
    """Remove what another layout left: everything can be made again from the log."""
    served = [shape.table.name for shape in SHAPES.values()]
    tables = inspect(connection).get_table_names()
    views = inspect(connection).get_view_names()
    for name in (*served, MEMBERS.name):
        if name in views:
            connection.execute(text(f"DROP VIEW {name}"))
    kept = {*KEPT.tables, *served, MEMBERS.name, "standing"}
    for name in tables:
        if name in kept or any(re.fullmatch(rf"{each}_\d+", name) for each in served):
            connection.execute(text(f"DROP TABLE {name}"))


def read_builds(connection: Connection, *states: State) -> list[Build]:
    """The builds in some states, of the projections that this code has, in their order."""
    lines = connection.execute(select(BUILDS).where(BUILDS.c.state.in_(states)).order_by(BUILDS.c.build))
    found = [_build(line) for line in lines if line.projection in VERSIONS]
    order = list(VERSIONS)
    return sorted(found, key=lambda build: order.index(build.projection))


def _build(line: Any) -> Build:
    return Build(
        projection=line.projection,
        number=line.build,
        version=line.version,
        state=State(line.state),
        read_on=line.read_on,
        columns=tuple(line.columns),
        rebuilt_at=None if line.rebuilt_at is None else line.rebuilt_at.replace(tzinfo=UTC),
        rate=line.rate,
        streams=line.streams,
        parted=None if line.parts is None else (line.partitions, line.parts),
    )


def lock(connection: Connection, builds: Sequence[Build], *, alone: bool) -> list[Build]:
    """These builds as they are now, and stay until the transaction ends; those gone are left out.

    Several transactions may hold one that none holds ``alone``.
    """
    found = []
    for build in sorted(builds, key=lambda build: (build.projection, build.number)):
        held = select(BUILDS).where(build.of(BUILDS)).with_for_update(read=not alone, key_share=not alone)
        line = connection.execute(held).one_or_none()
        if line is not None:
            found.append(_build(line))
    return found


def create(
    connection: Connection,
    projection: str,
    state: State,
    read_on: date | None,
    parted: tuple[int, int] | None = None,
) -> Build:
    """A new build, empty and without indexes, its key among them."""
    last = connection.scalar(select(func.max(BUILDS.c.build)).where(BUILDS.c.projection == projection))
    gone = (BUILDS.c.projection == projection) & (BUILDS.c.state == State.DROPPED)
    connection.execute(delete(BUILDS).where(gone))
    table = physical(projection, (last or 0) + 1)
    create_bare(connection, table)
    values = {
        "projection": projection,
        "build": (last or 0) + 1,
        "version": VERSIONS[projection],
        "state": state,
        "read_on": read_on,
        "columns": list(table.c.keys()),
        "partitions": parted and parted[0],
        "parts": parted and parted[1],
    }
    connection.execute(insert(BUILDS).values(**values))
    made = (projection, (last or 0) + 1)
    return next(one for one in read_builds(connection, state) if (one.projection, one.number) == made)


def turn(connection: Connection, build: Build, state: State, **told: Any) -> None:
    """Put a build into another state."""
    connection.execute(update(BUILDS).where(build.of(BUILDS)).values(state=state, **told))


def take_over(connection: Connection, build: Build, rebuilt_at: datetime) -> None:
    """Have a build serve, keep the one that does unless it never had rows, and drop the one kept before."""
    for other in read_builds(connection, State.SERVING, State.BEFORE):
        if other.projection != build.projection:
            continue
        if other.state is State.SERVING and other.read_on is not None:
            turn(connection, other, State.BEFORE)
        else:
            drop(connection, other)
    turn(connection, build, State.SERVING, rebuilt_at=rebuilt_at.astimezone(UTC).replace(tzinfo=None))
    _serve(connection, build)


def roll_back(connection: Connection, projection: str) -> Build | None:
    """Have the build before serve again, and keep the one that does; None where none was kept."""
    of = [b for b in read_builds(connection, State.SERVING, State.BEFORE) if b.projection == projection]
    before = next((build for build in of if build.state is State.BEFORE), None)
    if before is None:
        return None
    for build in of:
        turn(connection, build, State.SERVING if build is before else State.BEFORE)
    _serve(connection, before)
    return before


def drop(connection: Connection, build: Build) -> None:
    """Remove a build and all that is kept of it, once nobody fills it."""
    lock(connection, [build], alone=True)
    if build.state is State.SERVING:
        names = [SHAPES[build.projection].table.name]
        for name in [*names, MEMBERS.name] if build.projection == child_rows.name else names:
            connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
    connection.execute(text(f"DROP TABLE IF EXISTS {build.table.name}"))
    for table in (POSITIONS, FOLDS, SET_ASIDE, SHARES):
        connection.execute(delete(table).where(build.of(table)))
    turn(connection, build, State.DROPPED)


def _serve(connection: Connection, build: Build) -> None:
    """Let the name of the projection's table stand for the table of a build."""
    served = SHAPES[build.projection].table.name
    _name(connection, served, select(*(column(name) for name in build.columns)).select_from(build.table))
    if build.projection == child_rows.name:
        _name(connection, MEMBERS.name, select(FOLDS.c.stream, FOLDS.c.child).where(build.of(FOLDS)))


def _name(connection: Connection, name: str, query: Select[*tuple[Any, ...]]) -> None:
    told = query.compile(connection, compile_kwargs={"literal_binds": True})
    connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
    connection.execute(text(f"CREATE VIEW {name} AS {told}"))
