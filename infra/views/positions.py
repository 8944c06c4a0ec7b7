"""How far each projection is with each partition of the log, kept beside its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from infra.views.engine import Overtaken
from infra.views.tables import POSITIONS, STANDING
from projections.catalogue import PROJECTIONS
from projections.projection import Projection


@dataclass(frozen=True, slots=True)
class At:
    """The last event of a partition that is in the rows: its number, its place, and when it was recorded."""

    number: int
    offset: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """How far a projection is with each partition it has read, and the day as at which its rows were made."""

    projection: str
    version: int
    partitions: Mapping[int, At]
    read_on: date | None
    rebuilt_at: datetime | None
    rate: int | None

    def number(self, partition: int) -> int:
        """The number of the partition's last event in the rows, 0 where there is none."""
        at = self.partitions.get(partition)
        return at.number if at else 0

    def lag(self, heads: Sequence[int]) -> int:
        """How many events it is behind a log of these heads."""
        return sum(max(head - self.number(partition), 0) for partition, head in enumerate(heads))

    @property
    def last(self) -> tuple[int, At] | None:
        """The partition of the newest event in the rows, and the event."""
        return max(self.partitions.items(), key=lambda one: (one[1].recorded_at, one[0]), default=None)


def read_positions(connection: Connection) -> list[Position]:
    """How far each projection is; one never run, or of another version of the code, is nowhere."""
    standing = {row.projection: row for row in connection.execute(select(STANDING))}
    partitions: dict[str, dict[int, At]] = {}
    for row in connection.execute(select(POSITIONS)):
        at = At(row.number, row.offset, row.recorded_at.replace(tzinfo=UTC))
        partitions.setdefault(row.projection, {})[row.partition] = at
    return [_position(one, standing.get(one.name), partitions.get(one.name, {})) for one in PROJECTIONS]


def _position(projection: Projection[Any], row: Any, partitions: Mapping[int, At]) -> Position:
    if row is None or row.version != projection.version:
        return Position(projection.name, projection.version, {}, None, None, None)
    rebuilt_at = None if row.rebuilt_at is None else row.rebuilt_at.replace(tzinfo=UTC)
    return Position(row.projection, row.version, partitions, row.read_on, rebuilt_at, row.rate)


def reached(positions: Sequence[Position], partition: int) -> int:
    """The number of the partition's last event that is in the rows of every projection."""
    return min(position.number(partition) for position in positions)


def advance(
    connection: Connection,
    previous: Mapping[int, int],
    to: Mapping[int, At],
    read_on: date,
    rate: int | None,
    rebuilt_at: datetime | None,
) -> None:
    """Move every projection on with some partitions, from ``previous`` to ``to``.

    Raises Overtaken where one of those partitions is no longer at ``previous``.
    """
    # Writing first keeps every other projector out until this one is done.
    connection.execute(update(STANDING).values(version=STANDING.c.version))
    positions = read_positions(connection)
    if any(reached(positions, partition) != number for partition, number in previous.items()):
        raise Overtaken
    told: dict[str, Any] = {"read_on": read_on}
    if rate is not None:
        told["rate"] = rate
    if rebuilt_at is not None:
        told["rebuilt_at"] = rebuilt_at.astimezone(UTC).replace(tzinfo=None)
    known = set(connection.scalars(select(STANDING.c.projection)))
    for projection, position in zip(PROJECTIONS, positions, strict=True):
        of = STANDING.c.projection == projection.name
        if projection.name in known:
            connection.execute(update(STANDING).where(of).values(version=projection.version, **told))
        else:
            row = {"projection": projection.name, "version": projection.version, **told}
            connection.execute(insert(STANDING).values(**row))
        moved = {partition: at for partition, at in to.items() if at.number >= position.number(partition)}
        _put(connection, projection.name, position.partitions, moved)


def _put(connection: Connection, name: str, stood: Mapping[int, At], moved: Mapping[int, At]) -> None:
    if not stood:
        # What is left there was made by another version of the code.
        connection.execute(delete(POSITIONS).where(POSITIONS.c.projection == name))
    for partition, at in moved.items():
        values = {
            "number": at.number,
            "offset": at.offset,
            "recorded_at": at.recorded_at.astimezone(UTC).replace(tzinfo=None),
        }
        if partition in stood:
            where = (POSITIONS.c.projection == name) & (POSITIONS.c.partition == partition)
            connection.execute(update(POSITIONS).where(where).values(**values))
        else:
            connection.execute(insert(POSITIONS).values(projection=name, partition=partition, **values))
