"""The facts of a history in the order in which they are read."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from operator import attrgetter
from types import MappingProxyType

from domain.assessment import (
    AssessmentCancelled,
    AssessmentClosed,
    AssessmentCompleted,
    AssessmentPaused,
    AssessmentReopened,
    AssessmentResumed,
    AssessmentStarted,
)  # fmt: skip
from domain.contact import ContactReceived
from domain.correction import RecordDeleted
from domain.event import Event
from domain.field import FactReference
from domain.history import Entered, Recorded
from domain.identity import TransferredIn, TransferredOut
from domain.moment import LONDON, Moment
from domain.numerous import numerous
from domain.referral import ReferralClosed, ReferralDecided, ReferralReceived, SteppedDown, SteppedUp
from domain.snapshot import RecordDisappeared, RecordReappeared

ADMINISTRATIVE_ENDS = (AssessmentClosed, AssessmentCancelled)
COUNTED_KIND = "child_and_family"
"""The only kind of assessment whose need has a clock of this kind."""

OPENINGS = (AssessmentStarted, AssessmentReopened)
RECEIPTS = (ReferralReceived, SteppedUp)

_LOG_ORDER, _DAY = attrgetter("recorded.log_order"), attrgetter("day")

_FIRST, _COMPLETIONS, _CLOSINGS, _RECEIPTS = 0, 1, 2, 3
_UNDER_WAY: dict[type[Event], int] = {
    AssessmentStarted: 4,
    AssessmentReopened: 5,
    RecordReappeared: 5,
    AssessmentResumed: 6,
    AssessmentPaused: 7,
}
_LATER_COMPLETIONS, _LATER_CLOSINGS, _LAST = 8, 9, 10
_REFERRAL_ENDS = (ReferralClosed, SteppedDown, ReferralDecided)
_TURNS = frozenset(
    {*OPENINGS, AssessmentCompleted, *ADMINISTRATIVE_ENDS, *RECEIPTS, TransferredOut, *_REFERRAL_ENDS}
)
_RANKED = _TURNS | {ContactReceived, RecordDeleted, RecordDisappeared, *_UNDER_WAY}


@numerous(frozen=True, slots=True)
class Told:
    """A fact as it is read: with its corrections, on the day it stands for.

    ``day`` is Europe/London; ``instant`` is None where only a day was told, which stands for its start.
    """

    recorded: Recorded
    fact: Event
    day: date
    instant: datetime | None

    @property
    def reference(self) -> FactReference:
        return self.recorded.reference


def told(recorded: Recorded, fact: Event, dated_by: Recorded | None = None) -> Told:
    """Place a fact on its day; ``dated_by`` is what told the day, where that is not the fact itself.

    One said to have been entered before it occurred stands on the day it was entered, and a transfer out
    on the day the other authority accepted it, where that is later.
    """
    moment: Moment = fact.occurred_on
    if isinstance(fact, TransferredOut) and fact.accepted_on is not None and fact.accepted_on > moment.day:
        return Told(recorded, fact, fact.accepted_on, None)
    source = dated_by or recorded
    if entered_before_it_occurred(source, moment):
        return Told(recorded, fact, source.entered_on, None)
    return Told(recorded, fact, moment.day, moment.instant)


def turning_days(told: Told) -> tuple[date, ...]:
    """The days on which a fact may change how clocks stand: its own, and one it names for later."""
    if isinstance(told.fact, TransferredIn) and told.fact.conference_due_from is not None:
        return (told.day, told.fact.conference_due_from)
    return (told.day,)


def entered_before_it_occurred(recorded: Entered, moment: Moment) -> bool:
    """Whether a fact is said to have been typed in on a day before the one on which it happened."""
    return recorded.entered_on < moment.day and recorded.entered_at is not None


def in_order(
    facts: Iterable[Told],
    ignored: frozenset[FactReference] = frozenset(),
    closing: Mapping[FactReference, Iterable[str]] = MappingProxyType({}),
) -> list[Told]:
    """Sort facts as they are read, whatever order they arrived in.

    Those ``ignored`` open and end nothing; ``closing`` are the assessments that ends of needs close.

    By day; within a day, those without a time stand at its start, and are read so: completions, then closings
    and cancellings, of assessments open that morning; receipts; starts, reopenings, resumptions and pauses;
    completions, then closings and cancellings, of the others; last, referrals ending, except that a referral
    open that morning that both ended and opened that day ends first of all. A record deleted or vanished
    stands with the closings, one that reappeared with the reopenings. What is still equal keeps log order.
    """
    ordered = sorted(facts, key=_LOG_ORDER)
    ordered.sort(key=_DAY)
    days = [t.day for t in ordered]
    kinds = [type(t.fact) for t in ordered]
    morning = _Morning()
    at, number = 0, len(ordered)
    while at < number:
        until = at + 1
        while until < number and days[until] == days[at]:
            until += 1
        if until - at > 1:
            of_day = ordered[at:until]
            if _sort_day(of_day, days[at], morning):
                ordered[at:until] = of_day
                kinds[at:until] = [type(t.fact) for t in of_day]
        for place in range(at, until):
            if kinds[place] in _TURNS and ordered[place].reference not in ignored:
                morning.turn(ordered[place].fact)
                morning.assessments.difference_update(closing.get(ordered[place].reference, ()))
        at = until
    return ordered


def _sort_day(facts: list[Told], day: date, morning: "_Morning") -> bool:
    """Put the facts of a day, which are in log order, in order; tell whether that could change anything."""
    are_days = all(t.instant is None for t in facts)
    if are_days and _RANKED.isdisjoint(type(t.fact) for t in facts):
        return False
    received = {t.fact.referral_id for t in facts if isinstance(t.fact, RECEIPTS) and t.instant is None}
    if are_days:
        facts.sort(key=lambda t: morning.rank(t.fact, received))
        return True
    midnight = datetime.combine(day, time.min, LONDON).astimezone(UTC)
    facts.sort(
        key=lambda t: (
            (midnight, 0, morning.rank(t.fact, received)) if t.instant is None else (t.instant, 1, 0)
        )
    )
    return True


class _Morning:
    """What is open when a day begins, by the facts of each assessment and referral alone."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.assessments: set[str] = set()
        self.referrals: set[str] = set()

    def turn(self, fact: Event) -> None:
        if isinstance(fact, AssessmentStarted):
            if fact.kind == COUNTED_KIND:
                self.known.add(fact.assessment_id)
                self.assessments.add(fact.assessment_id)
        elif isinstance(fact, AssessmentReopened):
            if fact.assessment_id in self.known:
                self.assessments.add(fact.assessment_id)
        elif isinstance(fact, (AssessmentCompleted, *ADMINISTRATIVE_ENDS)):
            self.assessments.discard(fact.assessment_id)
        elif isinstance(fact, RECEIPTS):
            self.referrals.add(fact.referral_id)
        elif isinstance(fact, TransferredOut):
            if fact.accepted_on is not None:
                self.referrals.clear()
        elif isinstance(fact, _REFERRAL_ENDS) and ends_referral(fact):
            self.referrals.discard(fact.referral_id)

    def rank(self, fact: Event, received: set[str]) -> int:
        if type(fact) not in _RANKED:
            return _LAST
        if isinstance(fact, _REFERRAL_ENDS) and ends_referral(fact):
            ends_first = fact.referral_id in received and fact.referral_id in self.referrals
            return _FIRST if ends_first else _LAST
        if isinstance(fact, AssessmentCompleted):
            return _COMPLETIONS if fact.assessment_id in self.assessments else _LATER_COMPLETIONS
        if isinstance(fact, ADMINISTRATIVE_ENDS):
            return _CLOSINGS if fact.assessment_id in self.assessments else _LATER_CLOSINGS
        if isinstance(fact, (RecordDeleted, RecordDisappeared)):
            return _CLOSINGS if fact.record_id in self.assessments else _LATER_CLOSINGS
        if isinstance(fact, (ContactReceived, *RECEIPTS)):
            return _RECEIPTS
        return _UNDER_WAY.get(type(fact), _LAST)


def ends_referral(fact: Event) -> bool:
    """Whether a fact is of a kind that ends a referral (of a decision: unless one for assessment
    prevails).
    """
    if isinstance(fact, ReferralDecided):
        return fact.outcome not in ("assessment", "strategy_discussion")
    if isinstance(fact, TransferredOut):
        return fact.accepted_on is not None
    return isinstance(fact, (ReferralClosed, SteppedDown))
