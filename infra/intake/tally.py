"""What became of the records of a partition, kept with the offset up to which they were read."""

import json
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class Tally:
    """Records by what became of them. ``missing`` were deleted from the topic before they were read.

    After a process was killed, what it had recorded but not yet counted is read again, and counts as
    duplicates.
    """

    recorded: int = 0
    duplicate: int = 0
    conflict: int = 0
    refused: int = 0
    missing: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def set_aside(self) -> int:
        return self.conflict + self.refused


def written(tally: Tally) -> str:
    """The tally as the metadata of a committed offset."""
    return json.dumps(asdict(tally), separators=(",", ":"))


def read(metadata: str | None) -> Tally:
    """The tally in the metadata of a committed offset; none where somebody else committed it."""
    try:
        told = json.loads(metadata or "{}")
        return Tally(**{f.name: int(told.get(f.name, 0)) for f in fields(Tally)})
    except (ValueError, TypeError, AttributeError):
        return Tally()
