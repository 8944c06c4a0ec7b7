"""Audits and challenges, and the actions that should follow from them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Code, Day, Reference, Text, choice

AuditGrade = Literal["outstanding", "good", "requires_improvement", "inadequate"]
ActionOrigin = Literal["audit", "conference_chair", "reviewing_officer", "supervision", "inspection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCompleted(Event):
    audit_id: Reference
    grade: Annotated[AuditGrade, choice(AuditGrade)]
    theme: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSet(Event):
    action_id: Reference
    origin: Annotated[ActionOrigin, choice(ActionOrigin)]
    due_on: Day
    owner: Code | None = None
    theme: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone(Event):
    action_id: Reference
    evidence: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReopened(Event):
    action_id: Reference
    reason: Text | None = None
