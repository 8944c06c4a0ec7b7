"""Referrals: a request that the authority look into a child's needs, decided upon and one day closed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from domain.event import Event
from domain.field import Code, Reference, choice

ReferralOutcome = Literal["assessment", "strategy_discussion", "early_help", "no_further_action"]
ClosureReason = Literal["RC1", "RC2", "RC3", "RC4", "RC5", "RC6", "RC7", "RC8", "RC9"]
StepDownTo = Literal["early_help"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReceived(Event):
    referral_id: Reference
    contact_id: Reference | None = None
    referral_source: Code | None = None
    primary_need: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDecided(Event):
    referral_id: Reference
    outcome: Annotated[ReferralOutcome, choice(ReferralOutcome)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralClosed(Event):
    """``reason`` is the CIN census's reason for closure (DfE, item N00103)."""

    referral_id: Reference
    reason: Annotated[ClosureReason, choice(ClosureReason)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedDown(Event):
    referral_id: Reference
    to: Annotated[StepDownTo, choice(StepDownTo)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedUp(Event):
    """Opens its referral as a receipt does."""

    referral_id: Reference
    from_: Code
