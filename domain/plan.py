"""Plans for a child, how often the child is to be visited under them, and the risk as assessed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Code, Count, Day, Reference, Text, choice

PlanKind = Literal["child_in_need", "child_protection", "looked_after", "pathway", "early_help", "safety"]
FrequencyUnit = Literal["calendar_days", "working_days", "weeks"]
RiskLevel = Literal["low", "medium", "high", "very_high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStarted(Event):
    plan_id: Reference
    kind: Annotated[PlanKind, choice(PlanKind)]
    category: Code | None = None
    assessment_id: Reference | None = None
    started_elsewhere_on: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEnded(Event):
    plan_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFrequencySet(Event):
    plan_id: Reference
    every: Count
    unit: Annotated[FrequencyUnit, choice(FrequencyUnit)]
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAssessed(Event):
    level: Annotated[RiskLevel, choice(RiskLevel)]
    assessment_id: Reference | None = None
