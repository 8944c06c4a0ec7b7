"""How far each build of a projection is with each partition of the log, kept beside its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from infra.views.builds import Build, State
from infra.views.engine import Overtaken
from infra.views.tables import POSITIONS, SHARES


@dataclass(frozen=True, slots=True)
class At:
    """The last event of a partition that was read: its number, its place, and when it was recorded."""

    number: int
    offset: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """How far a build is with each partition it has read, and how many of those events are in its rows, and
    how many are set aside: each was counted where that was done, so that none that was skipped is in either.

    ``filled``: how many streams are in it, of a build that is being filled.
    """

    build: Build
    partitions: Mapping[int, At]
    applied: Mapping[int, int]
    set_aside: Mapping[int, int]
    filled: int = 0

    @property
    def projection(self) -> str:
        return self.build.projection

    def number(self, partition: int) -> int:
        """The number of the partition's last event that was read, 0 where there is none."""
        at = self.partitions.get(partition)
        return at.number if at else 0

    def in_rows(self) -> int:
        """How many events are in its rows, or wait; of a build that is being filled, by the streams in it."""
        events = sum(at.number for at in self.partitions.values())
        if self.build.state is not State.FILLING:
            return events
        return min(events * self.filled // self.build.streams, events) if self.build.streams else 0

    def lag(self, heads: Sequence[int]) -> int:
        """How many events it is behind a log of these heads."""
        return sum(max(head - self.number(partition), 0) for partition, head in enumerate(heads))

    @property
    def last(self) -> tuple[int, At] | None:
        """The partition of the newest event that was read, and the event."""
        return max(self.partitions.items(), key=lambda one: (one[1].recorded_at, one[0]), default=None)


def positions_of(connection: Connection, builds: Sequence[Build]) -> list[Position]:
    """How far each of some builds is."""
    partitions: dict[tuple[str, int], dict[int, At]] = {}
    applied: dict[tuple[str, int], dict[int, int]] = {}
    aside: dict[tuple[str, int], dict[int, int]] = {}
    for line in connection.execute(select(POSITIONS)):
        of = (line.projection, line.build)
        at = At(line.number, line.offset, line.recorded_at.replace(tzinfo=UTC))
        partitions.setdefault(of, {})[line.partition] = at
        applied.setdefault(of, {})[line.partition] = line.applied
        aside.setdefault(of, {})[line.partition] = line.set_aside
    keys = [(build.projection, build.number) for build in builds]
    filled = {
        (line.projection, line.build): int(line.streams)
        for line in connection.execute(
            select(SHARES.c.projection, SHARES.c.build, func.sum(SHARES.c.streams).label("streams")).group_by(
                SHARES.c.projection, SHARES.c.build
            )
        )
    }
    return [
        Position(build, partitions.get(key, {}), applied.get(key, {}), aside.get(key, {}), filled.get(key, 0))
        for build, key in zip(builds, keys, strict=True)
    ]


def move(connection: Connection, build: Build, previous: Mapping[int, int], to: Mapping[int, At]) -> None:
    """Move a build on in some partitions. Raises Overtaken where it is no longer at ``previous``."""
    for partition, at in to.items():
        values = {
            "number": at.number,
            "offset": at.offset,
            "recorded_at": at.recorded_at.astimezone(UTC).replace(tzinfo=None),
        }
        if previous[partition]:
            where = (POSITIONS.c.partition == partition) & (POSITIONS.c.number == previous[partition])
            moved = connection.execute(update(POSITIONS).where(build.of(POSITIONS), where).values(**values))
            if moved.rowcount != 1:
                raise Overtaken
        else:
            # Where it was moved from 0 already, there is such a row, and this one is refused.
            whose = {"projection": build.projection, "build": build.number, "partition": partition}
            connection.execute(insert(POSITIONS).values(**whose, **values, applied=0, set_aside=0))


def count(connection: Connection, build: Build, partition: int, *, applied: int = 0, aside: int = 0) -> None:
    """Count so many more events of a partition, or fewer, as applied or as set aside."""
    where = POSITIONS.c.partition == partition
    counted = {
        "applied": POSITIONS.c.applied + applied,
        "set_aside": POSITIONS.c.set_aside + aside,
    }
    connection.execute(update(POSITIONS).where(build.of(POSITIONS), where).values(**counted))


def count_filled(connection: Connection, build: Build) -> None:
    """Count all that is not set aside as applied, in a build that has the rows of all streams."""
    rest = POSITIONS.c.number - POSITIONS.c.set_aside
    connection.execute(update(POSITIONS).where(build.of(POSITIONS)).values(applied=rest))
