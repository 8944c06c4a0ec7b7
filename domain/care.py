"""Care: episodes of being looked after, placements, and the plans made for them."""

from dataclasses import dataclass

from domain.event import Event
from domain.field import Code, Reference, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CareStarted(Event):
    episode_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareEnded(Event):
    episode_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementStarted(Event):
    placement_id: Reference
    kind: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementEnded(Event):
    placement_id: Reference
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePlanPrepared(Event):
    plan_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementPlanPrepared(Event):
    plan_id: Reference
