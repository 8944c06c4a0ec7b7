"""Contacts: somebody tells the authority about a child."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Code, Reference, choice

ContactOutcome = Literal["referral", "early_help", "advice", "no_further_action"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReceived(Event):
    contact_id: Reference
    contact_source: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDecided(Event):
    contact_id: Reference
    outcome: Annotated[ContactOutcome, choice(ContactOutcome)]
