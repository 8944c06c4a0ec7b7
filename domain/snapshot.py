"""What changed between two snapshots of a case system that reports no events of its own."""

from dataclasses import dataclass
from typing import Annotated

from domain.event import Event
from domain.field import RecordKind, Reference, Value, choice


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged(Event):
    """``field`` is named as in the facts, with ``started_on`` and ``ended_on`` for the dates of those that
    start and end the record.
    """

    record_kind: Annotated[RecordKind, choice(RecordKind)]
    record_id: Reference
    field: Reference
    was: Value | None = None
    now: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDisappeared(Event):
    record_kind: Annotated[RecordKind, choice(RecordKind)]
    record_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReappeared(Event):
    record_kind: Annotated[RecordKind, choice(RecordKind)]
    record_id: Reference
