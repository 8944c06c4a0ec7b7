"""Events of the log as columns: some, or those of a whole partition."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from infra.log.sqlite_file import instant

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rows:
    """Events as columns of one length."""

    streams: Sequence[str]
    versions: Sequence[int]
    topics: Sequence[str]
    states: Sequence[bytes]
    partitions: Sequence[int]
    offsets: Sequence[int]
    recorded_at: Sequence[datetime]

    def by_stream(self) -> dict[str, list[int]]:
        """The places of each stream's events in the columns."""
        return places_by(self.streams)

    def at(self, places: Sequence[int]) -> "Rows":
        """The events at some places."""
        return Rows(*([column[place] for place in places] for column in self._columns))

    def before(self, others: "Rows") -> "Rows":
        """These events, and then others."""
        pairs = zip(self._columns, others._columns, strict=True)
        return Rows(*([*mine, *more] for mine, more in pairs))

    @property
    def _columns(self) -> Sequence[Sequence[Any]]:
        return [getattr(self, name) for name in self.__slots__]


def instants(stamps: Iterable[int]) -> list[datetime]:
    """Microseconds since 1970 as aware instants, each of which many events share."""
    stamps = list(stamps)
    known = {stamp: instant(stamp) for stamp in set(stamps)}
    return [known[stamp] for stamp in stamps]


def places_by(column: Iterable[Value]) -> dict[Value, list[int]]:
    """Where in a column each of its values stands."""
    found: dict[Value, list[int]] = {}
    for place, value in enumerate(column):
        try:
            found[value].append(place)
        except KeyError:
            found[value] = [place]
    return found


@dataclass(slots=True)
class PartitionRows:
    """The events of a partition that count in it, in order: a column each. Their numbers run from 1."""

    partition: int
    streams: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    states: list[bytes] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    recorded_at: list[datetime] = field(default_factory=list)

    def by_stream(self) -> dict[str, list[int]]:
        """The places of each stream's events in the columns."""
        return places_by(self.streams)
