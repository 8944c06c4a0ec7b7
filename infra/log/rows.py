"""The events of a whole partition of the log as columns."""

from dataclasses import dataclass, field
from datetime import datetime


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
        found: dict[str, list[int]] = {}
        for place, stream in enumerate(self.streams):
            try:
                found[stream].append(place)
            except KeyError:
                found[stream] = [place]
        return found
