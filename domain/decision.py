"""Decisions about a child, and who made them."""

from dataclasses import dataclass

from domain.event import Event
from domain.field import Code, Reference, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade(Event):
    decision_id: Reference
    kind: Code
    outcome: Text
    made_by: Reference | None = None
