"""The views in SQL: rows of each projection, replaced child by child in one transaction with the position in
the log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, func, insert, select

from domain.working_days import WorkingDays
from infra.views.engine import open_engine, reaching
from infra.views.positions import At, Position, advance, reached, read_positions
from infra.views.shapes import SHAPES
from infra.views.tables import CHILDREN, MEMBERS, METADATA, POSITIONS, RECORDING_DELAYS, STANDING
from projections.child_rows import ChildRow, child_rows
from projections.projection import Projection

_CHUNK = 500
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Refolded:
    """The rows, by projection, of the children that some references now stand for.

    ``folded_through`` is how many events the log had before the fold began: they are all in the rows.
    """

    streams: Sequence[str]
    members: Mapping[str, str]
    rows: Mapping[str, Sequence[Any]]
    folded_through: int


class Views:
    """Rows in SQLite or PostgreSQL. Safe to use from any thread."""

    def __init__(self, url: str, calendar: WorkingDays) -> None:
        self.engine = open_engine(url)
        self.calendar = calendar
        with reaching():
            METADATA.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of all rows."""
        with reaching(), self.engine.connect() as connection:
            yield connection

    def positions(self) -> list[Position]:
        """How far each projection is; one never run, or of another version of the code, is nowhere."""
        with self.reading() as connection:
            return read_positions(connection)

    def position(self, partition: int = 0) -> int:
        """The number of the last event of a partition that is in the rows of every projection."""
        return reached(self.positions(), partition)

    def replace_all(
        self,
        to: Mapping[int, At],
        read_on: date,
        refolded: Iterable[Refolded],
        *,
        rebuilt_at: datetime | None = None,
    ) -> None:
        """Replace every row, in one transaction: until it is done, the rows before it are what is read."""
        with reaching(), self.engine.begin() as connection:
            tables = [shape.table for shape in SHAPES.values()]
            for table in (POSITIONS, STANDING, MEMBERS, *tables):
                connection.execute(delete(table))
            for one in refolded:
                self._insert(connection, one)
            advance(connection, {}, to, read_on, None, rebuilt_at)

    def move_on(
        self,
        previous: Mapping[int, int],
        to: Mapping[int, At],
        read_on: date,
        refolded: Iterable[Refolded],
        *,
        rate: int | None = None,
    ) -> None:
        """Replace the rows of some children, and move the position in some partitions, in one transaction.

        Raises Overtaken, with nothing changed, where the views are no longer at ``previous``. Rows already
        there that were folded through more of the log stay as they are.
        """
        with reaching(), self.engine.begin() as connection:
            advance(connection, previous, to, read_on, rate, None)
            for one in refolded:
                if self._is_news(connection, one):
                    self._delete(connection, one.streams)
                    self._insert(connection, one)

    def _is_news(self, connection: Connection, refolded: Refolded) -> bool:
        later = MEMBERS.c.folded_through > refolded.folded_through
        found = select(MEMBERS.c.stream).where(MEMBERS.c.stream.in_(refolded.streams), later).limit(1)
        return connection.scalar(found) is None

    def _delete(self, connection: Connection, streams: Sequence[str]) -> None:
        for start in range(0, len(streams), _CHUNK):
            chunk = streams[start : start + _CHUNK]
            for shape in SHAPES.values():
                connection.execute(delete(shape.table).where(shape.table.c.child.in_(chunk)))
            connection.execute(delete(MEMBERS).where(MEMBERS.c.stream.in_(chunk)))

    def _insert(self, connection: Connection, refolded: Refolded) -> None:
        if refolded.members:
            members = [
                {"stream": stream, "child": child, "folded_through": refolded.folded_through}
                for stream, child in refolded.members.items()
            ]
            connection.execute(insert(MEMBERS), members)
        for name, rows in refolded.rows.items():
            shape = SHAPES[name]
            if rows:
                connection.execute(insert(shape.table), [shape.values(row, self.calendar) for row in rows])

    # What is read

    def rows(self, projection: Projection[Row], *conditions: Any) -> list[Row]:
        """The rows of a projection that meet some conditions on its table."""
        shape = SHAPES[projection.name]
        with self.reading() as connection:
            return [shape.row(line) for line in connection.execute(select(shape.table).where(*conditions))]

    def children_changing_by(self, day: date) -> list[str]:
        """Children whose rows change on or before a day, though nothing new is known of them."""
        with self.reading() as connection:
            return list(connection.scalars(select(CHILDREN.c.child).where(CHILDREN.c.changes_on <= day)))

    def find_children(self, text: str, limit: int) -> list[ChildRow]:
        """Children whose reference has ``text`` in it, the closest first."""
        merged_into = select(MEMBERS.c.child).where(MEMBERS.c.stream == text)
        has_text = CHILDREN.c.child.contains(text, autoescape=True)
        statement = (
            select(CHILDREN)
            .where(CHILDREN.c.facts > 0, has_text | CHILDREN.c.child.in_(merged_into))
            .order_by(CHILDREN.c.child != text, func.length(CHILDREN.c.child), CHILDREN.c.child)
            .limit(limit)
        )
        with self.reading() as connection:
            return [SHAPES["children"].row(line) for line in connection.execute(statement)]

    def child_rows(self) -> list[ChildRow]:
        """How all children stand of whom something is known."""
        return self.rows(child_rows, CHILDREN.c.facts > 0)

    def recorded_late_since(self, day: date, working_days: int) -> int:
        """How many facts entered after ``day`` were entered more than so many working days after they
        occurred.
        """
        late = (RECORDING_DELAYS.c.entered_on > day) & (RECORDING_DELAYS.c.working_days > working_days)
        with self.reading() as connection:
            return (
                connection.scalar(select(func.coalesce(func.sum(RECORDING_DELAYS.c.facts), 0)).where(late))
                or 0
            )

    def counts(self, table: Table, *by: Any) -> list[Any]:
        """How many rows a table has, by some of its columns."""
        with self.reading() as connection:
            return list(
                connection.execute(select(*by, func.count().label("rows")).select_from(table).group_by(*by))
            )
