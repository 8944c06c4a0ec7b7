"""Who holds the child's case, and the workers themselves: joining, leaving, being supervised."""

from dataclasses import dataclass

from domain.event import Event
from domain.field import Code, Day, Number, Reference, References, Text

WORKER_PREFIX = "worker:"
"""What begins the name of a worker's stream."""


def is_worker(stream: str) -> bool:
    """Whether a stream is a worker's."""
    return stream.startswith(WORKER_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAllocated(Event):
    worker_id: Reference
    role: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerUnallocated(Event):
    worker_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTransferred(Event):
    to_team_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerJoined(Event):
    newly_qualified_until: Day | None = None
    full_time_equivalent: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLeft(Event):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionHeld(Event):
    """``children`` are the children whose cases were discussed."""

    supervision_id: Reference
    supervisor_id: Reference | None = None
    children: References | None = None
