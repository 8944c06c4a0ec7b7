"""The views in SQL: rows of each projection, replaced child by child in one transaction with the position in
the log.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, or_, select, update

from domain.working_days import WorkingDays
from infra.views import builds as of_builds
from infra.views import engine as of_engine
from infra.views.builds import Build, State
from infra.views.engine import Overtaken
from infra.views.folded import Folded
from infra.views.positions import At, Position, move, positions_of
from infra.views.replacing import replace
from infra.views.set_aside import New, SetAside, read_set_aside
from infra.views.shapes import SHAPES
from infra.views.tables import BUILDS, CHILDREN, FOLDS, MEMBERS, RECORDING_DELAYS
from projections.child_rows import ChildRow, child_rows
from projections.projection import Projection

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Step:
    """What some builds, all at ``previous``, move on by: the events read, and the rows of whom they touch.

    ``new`` are the events by stream; ``day`` is the one as at which the rows were made, ``now`` the instant.
    """

    previous: Mapping[int, int]
    to: Mapping[int, At]
    folded: Sequence[Folded]
    new: Mapping[str, New]
    day: date
    now: datetime
    rate: int | None = None


class Views:
    """Rows in SQLite or PostgreSQL. Safe to use from any thread."""

    def __init__(self, url: str, calendar: WorkingDays) -> None:
        self.engine = of_engine.open_engine(url)
        self.calendar = calendar
        self.prepare()

    def prepare(self) -> None:
        """Make what is not there yet, down to an empty build of a projection that has none."""
        if not self._is_prepared():
            with of_engine.changing_tables(self.engine) as connection:
                of_builds.prepare(connection)

    def _is_prepared(self) -> bool:
        with self.reading() as connection:
            return of_builds.is_prepared(connection)

    def close(self) -> None:
        self.engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection to read with. On SQLite it sees one state of all, elsewhere each statement does."""
        return of_engine.reading(self.engine)

    def positions(self, *states: State) -> list[Position]:
        """How far the builds in some states are; of those that serve, by default."""
        with self.reading() as connection:
            return positions_of(connection, of_builds.read_builds(connection, *(states or (State.SERVING,))))

    def move_on(self, builds: Sequence[Build], step: Step) -> None:
        """Replace the rows of some children, and move builds on in some partitions, in one transaction.

        Raises Overtaken, with nothing changed, where a build is no longer what or where it was.
        """
        with of_engine.writing(self.engine) as connection:
            self.move_within(connection, builds, step)

    def move_within(self, connection: Connection, builds: Sequence[Build], step: Step) -> None:
        """The same within a transaction."""
        for build in self.held(connection, builds):
            if build.read_on not in (None, step.day):
                raise Overtaken
            move(connection, build, step.previous, step.to)
            replace(connection, build, step.folded, step.new, step.now, self.calendar)
            told: dict[str, Any] = {"read_on": step.day}
            if step.rate is not None:
                told["rate"] = step.rate
            connection.execute(update(BUILDS).where(build.of(BUILDS)).values(**told))

    def turn_day(self, build: Build, day: date, folded: Sequence[Folded], now: datetime) -> None:
        """Replace the rows that another day changes. Raises Overtaken where the build is not as it was."""
        with of_engine.writing(self.engine) as connection:
            for held in self.held(connection, [build]):
                if held.read_on != build.read_on:
                    raise Overtaken
                replace(connection, held, folded, {}, now, self.calendar)
                connection.execute(update(BUILDS).where(held.of(BUILDS)).values(read_on=day))

    def held(self, connection: Connection, builds: Sequence[Build], *, alone: bool = True) -> list[Build]:
        """Builds that nobody else changes until the transaction ends, or, not ``alone``, drops.

        Raises Overtaken where one is in another state than it was, or gone.
        """
        held = of_builds.lock(connection, builds, alone=alone)
        states = {(build.projection, build.number): build.state for build in builds}
        if len(held) != len(builds) or any(states[b.projection, b.number] is not b.state for b in held):
            raise Overtaken
        return held

    def changing(self, build: Build, day: date) -> list[str]:
        """The streams whose rows are others on ``day`` than on the day they were made for."""
        changes = or_(FOLDS.c.changes_on <= day, FOLDS.c.changed_on > day)
        with self.reading() as connection:
            return list(connection.scalars(select(FOLDS.c.stream).where(build.of(FOLDS), changes)))

    def set_aside(self, *conditions: Any, states: Sequence[State] = (State.SERVING,)) -> list[SetAside]:
        """What is set aside in the builds that serve, or that are in some other states."""
        with self.reading() as connection:
            return read_set_aside(connection, of_builds.read_builds(connection, *states), *conditions)

    # What is read

    def serving(self, projection: Projection[Any]) -> Build:
        """The build of a projection that serves."""
        return next(one.build for one in self.positions() if one.projection == projection.name)

    def rows(self, projection: Projection[Row], *conditions: Any) -> list[Row]:
        """The rows of a projection that meet some conditions on its table."""
        shape = SHAPES[projection.name]
        with self.reading() as connection:
            return [shape.row(line) for line in connection.execute(select(shape.table).where(*conditions))]

    def find_children(self, text: str, limit: int) -> list[ChildRow]:
        """Children whose reference has ``text`` in it, the closest first."""
        merged_into = select(MEMBERS.c.child).where(MEMBERS.c.stream == text)
        has_text = CHILDREN.c.child.icontains(text, autoescape=True)
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
            found = connection.scalar(select(func.sum(RECORDING_DELAYS.c.facts)).where(late))
        return int(found or 0)

    def counts(self, table: Table, *by: Any) -> list[Any]:
        """How many rows a table has, by some of its columns."""
        with self.reading() as connection:
            return list(
                connection.execute(select(*by, func.count().label("rows")).select_from(table).group_by(*by))
            )
