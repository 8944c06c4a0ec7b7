"""The life cycles of what a case is made of, as one table, and the facts that do not follow from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from domain.field import FactReference
from domain.telling import Told


class Status(Enum):
    """How a thing stands by its own facts alone."""

    UNKNOWN = "unknown"
    OPEN = "open"
    PAUSED = "paused"
    ENDED = "ended"


_ANY_BUT_OPEN = frozenset({Status.UNKNOWN, Status.ENDED})
_OPEN = frozenset({Status.OPEN})
_UNDER_WAY = frozenset({Status.OPEN, Status.PAUSED})
_KNOWN = frozenset({Status.OPEN, Status.PAUSED, Status.ENDED})


@dataclass(frozen=True, slots=True)
class Step:
    """A fact about a ``thing``: the statuses from which it follows, and the status after it (None: as
    before).
    """

    thing: str
    expected: frozenset[Status]
    after: Status | None


def _begins(thing: str) -> Step:
    return Step(thing, _ANY_BUT_OPEN, Status.OPEN)


def _ends(thing: str) -> Step:
    return Step(thing, _UNDER_WAY, Status.ENDED)


def _tells_of(thing: str) -> Step:
    return Step(thing, _KNOWN, None)


LIFECYCLES: dict[str, tuple[Step, ...]] = {
    "ContactReceived": (_begins("contact"),),
    "ContactDecided": (_ends("contact"),),
    "ReferralReceived": (_begins("referral"),),
    "SteppedUp": (_begins("referral"),),
    "ReferralDecided": (_tells_of("referral"),),
    "ReferralClosed": (_ends("referral"),),
    "SteppedDown": (_ends("referral"),),
    "AssessmentStarted": (_begins("assessment"),),
    "AssessmentPaused": (Step("assessment", _OPEN, Status.PAUSED),),
    "AssessmentResumed": (Step("assessment", frozenset({Status.PAUSED}), Status.OPEN),),
    "AssessmentReopened": (Step("assessment", frozenset({Status.ENDED}), Status.OPEN),),
    "AssessmentClosed": (_ends("assessment"),),
    "AssessmentCancelled": (Step("assessment", _KNOWN, Status.ENDED),),
    "AssessmentCompleted": (Step("assessment", _KNOWN, Status.ENDED),),
    "Section47Started": (_begins("enquiry"),),
    "Section47Completed": (_ends("enquiry"),),
    "MeetingHeld": (Step("meeting", frozenset(Status), Status.OPEN),),
    "StrategyDiscussionHeld": (Step("meeting", frozenset(Status), Status.OPEN),),
    "MinutesWritten": (_tells_of("meeting"),),
    "MinutesDistributed": (_tells_of("meeting"),),
    "DecisionsSent": (_tells_of("meeting"),),
    "PlanStarted": (_begins("plan"),),
    "PlanEnded": (_ends("plan"),),
    "VisitFrequencySet": (_tells_of("plan"),),
    "PreProceedingsDecided": (_begins("track"),),
    "LetterBeforeProceedingsSent": (_tells_of("track"),),
    "PreProceedingsMeetingHeld": (_tells_of("track"),),
    "PreProceedingsEnded": (_ends("track"),),
    "ProceedingsIssued": (_begins("case"),),
    "ProceedingsConcluded": (_ends("case"),),
    "CareStarted": (_begins("episode"),),
    "CareEnded": (_ends("episode"),),
    "PlacementStarted": (_begins("placement"),),
    "PlacementEnded": (_ends("placement"),),
    "ActionSet": (_begins("action"),),
    "ActionDone": (_ends("action"),),
    "ActionReopened": (Step("action", frozenset({Status.ENDED}), Status.OPEN),),
    "HouseholdJoined": (_begins("household"),),
    "HouseholdLeft": (_ends("household"),),
}

FOLLOWING = frozenset(LIFECYCLES)
"""The types of facts that follow from others, or not."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A reported fact that does not follow from the history: kept, and flagged with a stable ``code``."""

    fact: FactReference
    code: str
    detail: str


def do_not_follow(facts: Iterable[Told]) -> list[Discrepancy]:
    """The facts, in reading order, that do not follow from those before them. A fact that does not follow
    changes nothing.
    """
    statuses: dict[tuple[str, str], Status] = {}
    found = []
    for told in facts:
        for step in LIFECYCLES.get(told.recorded.type, ()):
            thing_id = getattr(told.fact, f"{step.thing}_id")
            key = (step.thing, thing_id)
            status = statuses.get(key, Status.UNKNOWN)
            if status not in step.expected:
                found.append(_discrepancy(told, step, status, thing_id))
            elif step.after is not None:
                statuses[key] = step.after
    return found


def _discrepancy(told: Told, step: Step, status: Status, thing_id: str) -> Discrepancy:
    thing = step.thing.upper()
    if status is Status.UNKNOWN:
        detail = f"nothing before this tells that {step.thing} {thing_id} began"
        return Discrepancy(told.reference, f"{thing}_NOT_BEGUN", detail)
    if status is Status.ENDED:
        return Discrepancy(told.reference, f"{thing}_NOT_OPEN", f"{step.thing} {thing_id} had already ended")
    code = f"{thing}_PAUSED" if status is Status.PAUSED else f"{thing}_ALREADY_OPEN"
    return Discrepancy(told.reference, code, f"{step.thing} {thing_id} was {status.value}")
