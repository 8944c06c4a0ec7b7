"""Strategy discussions and section 47 enquiries (Children Act 1989, section 47)."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Reference, choice

DiscussionOutcome = Literal["section_47", "no_section_47"]
EnquiryOutcome = Literal["conference", "no_conference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyDiscussionHeld(Event):
    meeting_id: Reference
    referral_id: Reference | None = None
    outcome: Annotated[DiscussionOutcome, choice(DiscussionOutcome)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section47Started(Event):
    enquiry_id: Reference
    meeting_id: Reference | None = None
    referral_id: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section47Completed(Event):
    enquiry_id: Reference
    outcome: Annotated[EnquiryOutcome, choice(EnquiryOutcome)]
