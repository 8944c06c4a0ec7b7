"""Pre-proceedings and care proceedings: from the decision to the letter, the meeting and the court."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Reference, Text, choice

TrackOutcome = Literal["step_down", "issue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreProceedingsDecided(Event):
    track_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterBeforeProceedingsSent(Event):
    track_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PreProceedingsMeetingHeld(Event):
    track_id: Reference
    meeting_id: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreProceedingsEnded(Event):
    track_id: Reference
    outcome: Annotated[TrackOutcome, choice(TrackOutcome)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProceedingsIssued(Event):
    case_id: Reference
    track_id: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProceedingsConcluded(Event):
    case_id: Reference
    outcome: Text | None = None
