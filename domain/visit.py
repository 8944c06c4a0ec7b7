"""Visits: made, with the child seen or not, or attempted."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Flag, Reference, Text, choice

VisitPurpose = Literal[
    "assessment", "section_47", "child_in_need", "child_protection", "looked_after", "private_fostering"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMade(Event):
    visit_id: Reference
    purpose: Annotated[VisitPurpose, choice(VisitPurpose)]
    seen: Flag
    seen_alone: Flag | None = None
    bedroom_seen: Flag | None = None
    not_seen_reason: Text | None = None
    not_alone_reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAttempted(Event):
    visit_id: Reference
    purpose: Annotated[VisitPurpose, choice(VisitPurpose)]
