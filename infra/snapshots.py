"""What the last snapshot of each source left known, child by child, in SQL.

A new snapshot is laid down beside the last one and takes its place in one transaction. Killed at any moment
before that, the last one still stands, and the import begins again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
)

from infra.tables import make_tables

PAGE = 500

_METADATA = MetaData()
_SOURCE = Table(
    "snapshot_source", _METADATA,
    Column("source", String, primary_key=True),
    Column("taken_on", Date, nullable=False),
    Column("number", Integer, nullable=False),
)  # fmt: skip
_IMPORTED = Table(
    "snapshot_imported", _METADATA,
    Column("source", String, primary_key=True),
    Column("taken_on", Date, primary_key=True),
    Column("digest", String, primary_key=True),
)  # fmt: skip
_CHILD = Table(
    "snapshot_child", _METADATA,
    Column("source", String, primary_key=True),
    Column("child", String, primary_key=True),
    Column("state", Text, nullable=False),
)  # fmt: skip
_NEXT = Table(
    "snapshot_next", _METADATA,
    Column("source", String, primary_key=True),
    Column("run", String, primary_key=True),
    Column("child", String, primary_key=True),
    Column("state", Text, nullable=False),
)  # fmt: skip


class Overtaken(Exception):
    """Another import of the same source was finished meanwhile; import the file again."""


@dataclass(frozen=True, slots=True)
class Last:
    """The last snapshot of a source: the day it was taken, and which one it was."""

    taken_on: date
    number: int


class SqlSnapshots:
    """Snapshots by source, in SQLite or PostgreSQL. States are text that the caller packs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        make_tables(engine, _METADATA)

    def last(self, source: str) -> Last | None:
        with self._engine.connect() as connection:
            return _last(connection, source)

    def was_imported(self, source: str, taken_on: date, digest: str) -> bool:
        """Whether a file with this digest was imported as what ``source`` showed on ``taken_on``."""
        same = and_(
            _IMPORTED.c.source == source, _IMPORTED.c.taken_on == taken_on, _IMPORTED.c.digest == digest
        )
        with self._engine.connect() as connection:
            return bool(connection.scalar(select(exists().where(same))))

    def states(self, source: str, children: Iterable[str]) -> dict[str, str]:
        """What was left known of these children; those that no snapshot had are left out."""
        query = select(_CHILD.c.child, _CHILD.c.state).where(
            _CHILD.c.source == source, _CHILD.c.child.in_(list(children))
        )
        with self._engine.connect() as connection:
            return {row.child: row.state for row in connection.execute(query)}

    def begin(self, source: str) -> "NextSnapshot":
        """Lay down the next snapshot of ``source``; what a killed import left of one is cleared away."""
        with self._engine.begin() as connection:
            connection.execute(delete(_NEXT).where(_NEXT.c.source == source))
            last = _last(connection, source)
        return NextSnapshot(self._engine, source, uuid4().hex, last)


class NextSnapshot:
    """A snapshot being laid down, which counts only once it is kept."""

    def __init__(self, engine: Engine, source: str, run: str, last: Last | None) -> None:
        self._engine = engine
        self._source = source
        self._run = run
        self._children = 0
        self.last = last

    def put(self, states: Mapping[str, str]) -> None:
        """Add children that are not in it yet."""
        if not states:
            return
        rows = [
            {"source": self._source, "run": self._run, "child": child, "state": state}
            for child, state in states.items()
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(_NEXT), rows)
        self._children += len(rows)

    def absent(self) -> Iterator[dict[str, str]]:
        """What was left known of the children of the last snapshot that are not in this one, a page at a
        time.
        """
        here = and_(_NEXT.c.source == self._source, _NEXT.c.run == self._run, _NEXT.c.child == _CHILD.c.child)
        query = (
            select(_CHILD.c.child, _CHILD.c.state)
            .where(_CHILD.c.source == self._source, ~exists().where(here))
            .order_by(_CHILD.c.child)
            .limit(PAGE)
        )
        after = ""
        while True:
            with self._engine.connect() as connection:
                page = {
                    row.child: row.state for row in connection.execute(query.where(_CHILD.c.child > after))
                }
            if not page:
                return
            after = list(page)[-1]
            yield page

    def keep(self, taken_on: date, number: int, imported_on: date, digest: str) -> None:
        """Let it take the place of the last one, all at once; children not put in it stay as they were.

        ``imported_on`` and ``digest`` are remembered for `SqlSnapshots.was_imported`. Raises Overtaken,
        keeping nothing.
        """
        own = and_(_NEXT.c.source == self._source, _NEXT.c.run == self._run)
        with self._engine.begin() as connection:
            mine = select(_NEXT.c.child).where(own)
            connection.execute(
                delete(_CHILD).where(_CHILD.c.source == self._source, _CHILD.c.child.in_(mine))
            )
            children = connection.scalar(select(func.count()).select_from(_NEXT).where(own))
            if _last(connection, self._source) != self.last or children != self._children:
                raise Overtaken(
                    f"another import of {self._source} was finished meanwhile; import the file again"
                )
            fresh = select(_NEXT.c.source, _NEXT.c.child, _NEXT.c.state).where(own)
            connection.execute(insert(_CHILD).from_select(["source", "child", "state"], fresh))
            connection.execute(delete(_NEXT).where(own))
            connection.execute(delete(_SOURCE).where(_SOURCE.c.source == self._source))
            connection.execute(insert(_SOURCE).values(source=self._source, taken_on=taken_on, number=number))
            key = {"source": self._source, "taken_on": imported_on, "digest": digest}
            same = and_(*(_IMPORTED.c[name] == value for name, value in key.items()))
            connection.execute(delete(_IMPORTED).where(same))
            connection.execute(insert(_IMPORTED).values(**key))


def _last(connection: Connection, source: str) -> Last | None:
    row = connection.execute(
        select(_SOURCE.c.taken_on, _SOURCE.c.number).where(_SOURCE.c.source == source)
    ).first()
    return Last(row.taken_on, row.number) if row else None
