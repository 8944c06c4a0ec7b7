"""Meetings about a child, their minutes and the decisions sent out after them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Agencies, Flag, Reference, Text, When, choice

MeetingKind = Literal[
    "initial_conference", "review_conference", "transfer_in_conference", "core_group",
    "child_in_need_review", "looked_after_review", "pathway_review", "strategy_discussion",
    "legal_planning", "pre_proceedings", "family_group_conference", "multi_agency",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingScheduled(Event):
    meeting_id: Reference
    kind: Annotated[MeetingKind, choice(MeetingKind)]
    scheduled_for: When


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(Event):
    meeting_id: Reference
    kind: Annotated[MeetingKind, choice(MeetingKind)]
    quorate: Flag = True
    plan_id: Reference | None = None
    outcome: Text | None = None
    agencies_invited: Agencies | None = None
    agencies_attended: Agencies | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCancelled(Event):
    meeting_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesWritten(Event):
    meeting_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesDistributed(Event):
    meeting_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsSent(Event):
    meeting_id: Reference
