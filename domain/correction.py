"""Putting right what was recorded, without erasing it."""

from dataclasses import dataclass
from typing import Annotated

from domain.event import Event
from domain.field import Changes, Fact, RecordKind, Reference, Text, choice


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCorrected(Event):
    """``changes`` maps the fields of the fact to what they should have been."""

    corrects: Fact
    changes: Changes
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactWithdrawn(Event):
    withdraws: Fact
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeleted(Event):
    """A record was deleted in the case system; that it was there is not undone."""

    record_kind: Annotated[RecordKind, choice(RecordKind)]
    record_id: Reference
    reason: Text | None = None
