"""Rulings: what a named person decided about a clock, with reasons."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Facts, Reference, Text, choice

Ruling = Literal["link", "unlink", "accept_correction", "void"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRuled(Event):
    """Asked of us, never reported. ``facts`` names what the ruling is about."""

    clock: Reference
    ruling: Annotated[Ruling, choice(Ruling)]
    reason: Text
    ruled_by: Reference
    other_clock: Reference | None = None
    facts: Facts | None = None
