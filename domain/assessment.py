"""Assessments: started, and completed by a manager's authorisation and nothing else."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Reference, Text, choice

AssessmentKind = Literal["child_and_family", "parenting", "early_help"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentStarted(Event):
    assessment_id: Reference
    referral_id: Reference | None = None
    kind: Annotated[AssessmentKind, choice(AssessmentKind)] = "child_and_family"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentCompleted(Event):
    """The manager's authorisation: the only thing that completes an assessment."""

    assessment_id: Reference
    authorised_by: Reference | None = None
    outcome: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentClosed(Event):
    """An administrative end, which completes nothing."""

    assessment_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentReopened(Event):
    assessment_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentCancelled(Event):
    assessment_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPaused(Event):
    assessment_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentResumed(Event):
    assessment_id: Reference
    reason: Text | None = None
