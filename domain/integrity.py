"""Facts that contradict each other by the rules of the returns that authorities send to DfE."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.assessment import (
    AssessmentCancelled,
    AssessmentClosed,
    AssessmentCompleted,
    AssessmentReopened,
    AssessmentStarted,
)  # fmt: skip
from domain.care import CareEnded, CareStarted, PlacementEnded, PlacementStarted
from domain.event import Event
from domain.lifecycle import Discrepancy
from domain.meeting import MeetingHeld
from domain.people import WorkerAllocated, WorkerUnallocated
from domain.plan import PlanEnded, PlanStarted
from domain.protection import Section47Completed, Section47Started
from domain.referral import ReferralClosed, ReferralDecided, ReferralReceived, SteppedDown, SteppedUp
from domain.telling import COUNTED_KIND, RECEIPTS, Told


@dataclass(frozen=True, slots=True)
class Rule:
    """What is wrong, and under which number DfE checks for it; ``Q`` ends those that only ask."""

    number: str
    says: str


RULES: Mapping[str, Rule] = {
    "ASSESSMENT_BEFORE_REFERRAL": Rule("1103", "the assessment started before its referral was received"),
    "CONFERENCE_BEFORE_REFERRAL": Rule("1104", "the conference was held before any referral was received"),
    "PROTECTION_PLAN_BEFORE_REFERRAL": Rule("1105", "the plan started before any referral was received"),
    "ENQUIRY_BEFORE_REFERRAL": Rule("2889", "the enquiry started before its referral was received"),
    "IN_NEED_PLAN_BEFORE_REFERRAL": Rule("4015", "the plan started before any referral was received"),
    "AUTHORISED_BEFORE_START": Rule("8608", "the assessment was authorised before it started"),
    "CONFERENCE_WITHOUT_ENQUIRY": Rule("8615", "no enquiry had started when the conference was held"),
    "CLOSED_BEFORE_RECEIVED": Rule("8630", "the referral was closed before it was received"),
    "ACTIVITY_AFTER_CLOSURE": Rule("8565", "its referral had been closed before"),
    "CLOSED_WITH_UNAUTHORISED_ASSESSMENT": Rule("8867", "an assessment on it was never authorised"),
    "CLOSED_WITH_OPEN_ENQUIRY": Rule("8868", "an enquiry on it was not completed"),
    "ASSESSMENTS_OVERLAP": Rule("8863Q", "another assessment was not authorised yet"),
    "SECOND_ASSESSMENT_OPEN": Rule("8896", "another assessment on the same referral was open"),
    "ENQUIRIES_OVERLAP": Rule("8890", "another enquiry was open"),
    "REFERRALS_OVERLAP": Rule("8820", "another referral was open"),
    "CLOSURE_WITHOUT_REASON": Rule("8805", "no reason for closure is told"),
    "PLAN_WITHOUT_CONFERENCE": Rule("2885", "no conference was held on the day the plan started"),
    "PLAN_OF_NO_DAYS": Rule("8840", "the plan ended on the day it started"),
    "PLAN_ENDED_BEFORE_START": Rule("8925", "the plan ended before it started"),
    "IN_NEED_PLAN_ENDED_BEFORE_START": Rule("4011", "the plan ended before it started"),
    "IN_NEED_PLAN_OF_NO_DAYS": Rule("4012Q", "the plan ended on the day it started"),
    "REVIEW_BEFORE_PLAN": Rule("8841", "the review was not after the start of the plan"),
    "REVIEW_WITHIN_IN_NEED_PLAN": Rule("4003", "a child in need plan was open, and none for protection"),
    "PROTECTION_PLANS_OVERLAP": Rule("8940", "another child protection plan was open"),
    "PLANS_CONCURRENT": Rule("4001", "a child in need plan and a child protection plan were open at once"),
    "IN_NEED_PLANS_OVERLAP": Rule("4014", "another child in need plan was open"),
    "NOT_IN_NEED_AFTER_PROTECTION": Rule(
        "2990", "closed as not in need (RC8, RC9), though an enquiry, a conference or a plan came of it"
    ),
    "ENQUIRY_WITHOUT_ASSESSMENT": Rule("2991Q", "no assessment is on the referral of the enquiry"),
    "ACTIVITY_ON_NO_FURTHER_ACTION": Rule("8831", "its referral was decided as no further action"),
    "PROTECTION_ON_NO_FURTHER_ACTION": Rule("8832", "the last referral was decided as no further action"),
    "IN_NEED_PLAN_ON_NO_FURTHER_ACTION": Rule("4000", "the last referral was decided as no further action"),
    "CONFERENCE_AT_WEEKEND": Rule("8875", "the conference was held on a Saturday or Sunday"),
    "CARE_EPISODES_OVERLAP": Rule("142", "another episode of care was open"),
    "CARE_ENDED_BEFORE_START": Rule("356", "the episode of care ended before it started"),
    "CARE_OF_NO_DAYS": Rule("355", "the episode of care ended on the day it started"),
    "PLACEMENTS_OVERLAP": Rule("501", "another placement was open"),
    "ALLOCATION_OF_NO_DAYS": Rule("SW09", "the worker was allocated on the same day"),
    "ALLOCATIONS_OVERLAP": Rule("SW10", "another worker had been allocated before this allocation ended"),
}
"""By a stable code: rules of the CIN census (four digits) and of the SSDA903 return (the others)."""

_SATURDAY = 5
_NOT_IN_NEED = ("RC8", "RC9")
_CONFERENCES = frozenset({"initial_conference", "transfer_in_conference"})


def contradictions(facts: Sequence[Told]) -> list[Discrepancy]:
    """What the rules find in facts in reading order; each is said of the fact that should not have been."""
    return [
        Discrepancy(told.reference, code, f"{RULES[code].says} (rule {RULES[code].number})")
        for told, code in _found(facts)
    ]


def foretell(facts: Sequence[Told]) -> bool:
    """Whether what the rules find in facts in reading order may turn out otherwise when later ones are told:
    where something comes before what it should follow, or an enquiry before the assessment of its referral.
    """
    first_received_on = min((t.day for t in facts if isinstance(t.fact, RECEIPTS)), default=date.min)
    started_on = _starts(facts)
    assessed_on: dict[str, date] = {}
    for told in facts:
        if isinstance(told.fact, AssessmentStarted) and told.fact.referral_id is not None:
            assessed_on.setdefault(told.fact.referral_id, told.day)
    for told in facts:
        kind = type(told.fact)
        if kind in _AFTER_REFERRAL and told.day < first_received_on:
            return True
        for name in _NAMED.get(kind, ()):
            if told.day < started_on.get(f"{name} {getattr(told.fact, name)}", told.day):
                return True
        if isinstance(told.fact, Section47Started):
            referral_id = told.fact.referral_id
            if referral_id is not None and told.day < assessed_on.get(referral_id, told.day):
                return True
    return False


_AFTER_REFERRAL = frozenset({PlanStarted, MeetingHeld})
_NAMED: Mapping[type[Event], tuple[str, ...]] = {
    AssessmentStarted: ("referral_id",),
    Section47Started: ("referral_id",),
    ReferralClosed: ("referral_id",),
    AssessmentCompleted: ("assessment_id",),
    PlanEnded: ("plan_id",),
    MeetingHeld: ("plan_id",),
    CareEnded: ("episode_id",),
}
"""Facts that are judged by when what they name started, wherever that is told."""


@dataclass(slots=True)
class _Spell:
    """A thing from its start, open until its end."""

    id: str
    kind: str
    told: Told
    referral_id: str | None = None
    end: Told | None = None
    is_authorised: bool = False

    @property
    def is_open(self) -> bool:
        return self.end is None


@dataclass(slots=True)
class _Referral:
    received: Told
    closed: Told | None = None
    is_no_further_action: bool = False
    had_protection: bool = False


@dataclass(slots=True)
class _Read:
    """What the facts read so far, or to be read, tell."""

    first_received_on: date | None
    started_on: Mapping[str, date]
    conference_days: frozenset[date]
    assessed: frozenset[str]
    ends: frozenset[tuple[str, date]]
    plan_kinds: Mapping[str, str]
    referrals: dict[str, _Referral] = field(default_factory=dict)
    assessments: dict[str, _Spell] = field(default_factory=dict)
    enquiries: dict[str, _Spell] = field(default_factory=dict)
    plans: dict[str, _Spell] = field(default_factory=dict)
    episodes: dict[str, _Spell] = field(default_factory=dict)
    placements: dict[str, _Spell] = field(default_factory=dict)
    allocations: list[_Spell] = field(default_factory=list)


def _found(facts: Sequence[Told]) -> Iterator[tuple[Told, str]]:
    read = _Read(
        min((t.day for t in facts if isinstance(t.fact, (ReferralReceived, SteppedUp))), default=None),
        _starts(facts),
        frozenset(t.day for t in facts if isinstance(t.fact, MeetingHeld) and t.fact.kind in _CONFERENCES),
        frozenset(
            t.fact.referral_id
            for t in facts
            if isinstance(t.fact, AssessmentStarted) and t.fact.referral_id is not None
        ),
        frozenset(
            (getattr(t.fact, name), t.day) for t in facts if (name := _ENDS.get(type(t.fact))) is not None
        ),
        {t.fact.plan_id: t.fact.kind for t in facts if isinstance(t.fact, PlanStarted)},
    )
    for told in facts:
        judge = _JUDGES.get(type(told.fact))
        if judge is not None:
            for code in judge(told, read):
                yield told, code


_OTHER_ASSESSMENT_FACTS = (AssessmentClosed, AssessmentCancelled, AssessmentReopened)


_STARTS: Mapping[type[Event], str] = {
    AssessmentStarted: "assessment_id",
    PlanStarted: "plan_id",
    CareStarted: "episode_id",
    ReferralReceived: "referral_id",
}


_ENDS: Mapping[type[Event], str] = {
    ReferralClosed: "referral_id",
    SteppedDown: "referral_id",
    Section47Completed: "enquiry_id",
    PlanEnded: "plan_id",
    CareEnded: "episode_id",
    PlacementEnded: "placement_id",
}


def _others_open(spells: Mapping[str, _Spell], id: str, day: date, read: _Read) -> list[_Spell]:
    """What else is open on a day, whatever ends on it left out: one may end on the day the next starts."""
    return [one for one in spells.values() if one.is_open and one.id != id and (one.id, day) not in read.ends]


def _starts(facts: Iterable[Told]) -> dict[str, date]:
    """When each thing first started, by its kind and id, wherever in the facts that is told."""
    started: dict[str, date] = {}
    for told in facts:
        name = _STARTS.get(type(told.fact))
        if name is not None:
            started.setdefault(f"{name} {getattr(told.fact, name)}", told.day)
    return started


def _of_referral(told: Told, read: _Read) -> Iterator[str]:
    fact = told.fact
    if isinstance(fact, (ReferralReceived, SteppedUp)):
        others = [id for id, one in read.referrals.items() if one.closed is None and id != fact.referral_id]
        if any((id, told.day) not in read.ends for id in others):
            yield "REFERRALS_OVERLAP"
        read.referrals[fact.referral_id] = _Referral(told)
        return
    assert isinstance(fact, (ReferralDecided, ReferralClosed, SteppedDown))
    referral = read.referrals.get(fact.referral_id)
    if isinstance(fact, ReferralClosed):
        if fact.reason is None:
            yield "CLOSURE_WITHOUT_REASON"
        received_on = read.started_on.get(f"referral_id {fact.referral_id}")
        if received_on is not None and told.day < received_on:
            yield "CLOSED_BEFORE_RECEIVED"
    if referral is None:
        return
    if isinstance(fact, ReferralDecided):
        referral.is_no_further_action = fact.outcome == "no_further_action"
        if fact.outcome in ("early_help", "no_further_action"):
            referral.closed = referral.closed or told
        return
    if isinstance(fact, ReferralClosed):
        of_it = [one for one in read.assessments.values() if one.referral_id == fact.referral_id]
        if any(not one.is_authorised and one.kind == COUNTED_KIND for one in of_it):
            yield "CLOSED_WITH_UNAUTHORISED_ASSESSMENT"
        if any(one.is_open for one in read.enquiries.values() if one.referral_id == fact.referral_id):
            yield "CLOSED_WITH_OPEN_ENQUIRY"
        if fact.reason in _NOT_IN_NEED and referral.had_protection:
            yield "NOT_IN_NEED_AFTER_PROTECTION"
    referral.closed = told


def _of_assessment(told: Told, read: _Read) -> Iterator[str]:
    fact = told.fact
    if isinstance(fact, AssessmentStarted):
        if fact.kind == COUNTED_KIND:
            others = [one for one in read.assessments.values() if one.id != fact.assessment_id]
            others = [one for one in others if one.kind == COUNTED_KIND]
            if any(one.is_open for one in others):
                yield "ASSESSMENTS_OVERLAP"
            is_on_it = [one.is_open for one in others if one.referral_id == fact.referral_id]
            if fact.referral_id is not None and any(is_on_it):
                yield "SECOND_ASSESSMENT_OPEN"
        yield from _on_referral(told, fact.referral_id, "ASSESSMENT_BEFORE_REFERRAL", read)
        read.assessments[fact.assessment_id] = _Spell(fact.assessment_id, fact.kind, told, fact.referral_id)
        return
    assert isinstance(fact, (AssessmentCompleted, *_OTHER_ASSESSMENT_FACTS))
    if isinstance(fact, AssessmentCompleted):
        started_on = read.started_on.get(f"assessment_id {fact.assessment_id}")
        if started_on is not None and told.day < started_on:
            yield "AUTHORISED_BEFORE_START"
    record = read.assessments.get(fact.assessment_id)
    if record is not None:
        referral = read.referrals.get(record.referral_id or "")
        if isinstance(fact, AssessmentCompleted) and referral is not None and _is_closed(referral, told):
            yield "ACTIVITY_AFTER_CLOSURE"
        record.end = None if isinstance(fact, AssessmentReopened) else told
        record.is_authorised = record.is_authorised or isinstance(fact, AssessmentCompleted)


def _on_referral(told: Told, referral_id: str | None, before: str, read: _Read) -> Iterator[str]:
    """What is wrong with something that names its referral."""
    if referral_id is None:
        return
    received_on = read.started_on.get(f"referral_id {referral_id}")
    if received_on is not None and told.day < received_on:
        yield before
    referral = read.referrals.get(referral_id)
    if referral is None:
        return
    if referral.is_no_further_action:
        yield "ACTIVITY_ON_NO_FURTHER_ACTION"
    elif _is_closed(referral, told):
        yield "ACTIVITY_AFTER_CLOSURE"


def _is_closed(referral: _Referral, told: Told) -> bool:
    """Whether a referral was closed on an earlier day."""
    return referral.closed is not None and referral.closed.day < told.day


def _on_no_referral(told: Told, on_no_further_action: str, read: _Read) -> Iterator[str]:
    """What is wrong with something that names no referral where all that there were are closed."""
    referrals = list(read.referrals.values())
    if not referrals or not all(_is_closed(one, told) or one.is_no_further_action for one in referrals):
        return
    yield on_no_further_action if referrals[-1].is_no_further_action else "ACTIVITY_AFTER_CLOSURE"


def _of_protection(told: Told, read: _Read) -> Iterator[str]:
    fact = told.fact
    if isinstance(fact, Section47Started):
        if _others_open(read.enquiries, fact.enquiry_id, told.day, read):
            yield "ENQUIRIES_OVERLAP"
        yield from _on_referral(told, fact.referral_id, "ENQUIRY_BEFORE_REFERRAL", read)
        if fact.referral_id is not None and fact.referral_id not in read.assessed:
            yield "ENQUIRY_WITHOUT_ASSESSMENT"
        _mark_protected(fact.referral_id, read)
        read.enquiries[fact.enquiry_id] = _Spell(fact.enquiry_id, "enquiry", told, fact.referral_id)
    elif isinstance(fact, Section47Completed):
        if fact.enquiry_id in read.enquiries:
            read.enquiries[fact.enquiry_id].end = told
    elif isinstance(fact, MeetingHeld):
        yield from _of_conference(told, fact, read)


def _of_conference(told: Told, fact: MeetingHeld, read: _Read) -> Iterator[str]:
    if fact.kind == "initial_conference":
        if read.first_received_on is not None and told.day < read.first_received_on:
            yield "CONFERENCE_BEFORE_REFERRAL"
        if not read.enquiries:
            yield "CONFERENCE_WITHOUT_ENQUIRY"
        if told.day.weekday() >= _SATURDAY:
            yield "CONFERENCE_AT_WEEKEND"
        yield from _on_no_referral(told, "PROTECTION_ON_NO_FURTHER_ACTION", read)
        _mark_protected(None, read)
    elif fact.kind == "review_conference":
        started_on = read.started_on.get(f"plan_id {fact.plan_id}")
        if started_on is not None and told.day <= started_on:
            yield "REVIEW_BEFORE_PLAN"
        open_kinds = {one.kind for one in _others_open(read.plans, "", told.day, read)}
        if "child_in_need" in open_kinds and "child_protection" not in open_kinds:
            yield "REVIEW_WITHIN_IN_NEED_PLAN"


def _mark_protected(referral_id: str | None, read: _Read) -> None:
    """An enquiry, a conference or a plan came of a referral; where none is named, of those then open."""
    for id, referral in read.referrals.items():
        if id == referral_id or (referral_id is None and referral.closed is None):
            referral.had_protection = True


def _of_plan(told: Told, read: _Read) -> Iterator[str]:
    fact = told.fact
    if isinstance(fact, PlanStarted):
        open_kinds = [one.kind for one in _others_open(read.plans, fact.plan_id, told.day, read)]
        is_early = read.first_received_on is not None and told.day < read.first_received_on
        if fact.kind == "child_protection":
            if is_early:
                yield "PROTECTION_PLAN_BEFORE_REFERRAL"
            if "child_protection" in open_kinds:
                yield "PROTECTION_PLANS_OVERLAP"
            if told.day not in read.conference_days:
                yield "PLAN_WITHOUT_CONFERENCE"
            if "child_in_need" in open_kinds:
                yield "PLANS_CONCURRENT"
            yield from _on_no_referral(told, "PROTECTION_ON_NO_FURTHER_ACTION", read)
            _mark_protected(None, read)
        elif fact.kind == "child_in_need":
            if is_early:
                yield "IN_NEED_PLAN_BEFORE_REFERRAL"
            if "child_in_need" in open_kinds:
                yield "IN_NEED_PLANS_OVERLAP"
            if "child_protection" in open_kinds:
                yield "PLANS_CONCURRENT"
            yield from _on_no_referral(told, "IN_NEED_PLAN_ON_NO_FURTHER_ACTION", read)
            _mark_protected(None, read)
        read.plans[fact.plan_id] = _Spell(fact.plan_id, fact.kind, told)
    elif isinstance(fact, PlanEnded):
        started_on = read.started_on.get(f"plan_id {fact.plan_id}")
        is_in_need = read.plan_kinds.get(fact.plan_id) == "child_in_need"
        if started_on is not None and told.day < started_on:
            yield "IN_NEED_PLAN_ENDED_BEFORE_START" if is_in_need else "PLAN_ENDED_BEFORE_START"
        plan = read.plans.get(fact.plan_id)
        if plan is not None:
            if plan.told.day == told.day and is_in_need:
                yield "IN_NEED_PLAN_OF_NO_DAYS"
            elif plan.told.day == told.day and plan.kind == "child_protection":
                yield "PLAN_OF_NO_DAYS"
            is_over = bool(read.referrals) and all(_is_closed(one, told) for one in read.referrals.values())
            if plan.kind == "child_protection" and is_over:
                yield "ACTIVITY_AFTER_CLOSURE"
            plan.end = told


def _of_care(told: Told, read: _Read) -> Iterator[str]:
    fact = told.fact
    if isinstance(fact, CareStarted):
        if _others_open(read.episodes, fact.episode_id, told.day, read):
            yield "CARE_EPISODES_OVERLAP"
        read.episodes[fact.episode_id] = _Spell(fact.episode_id, "care", told)
    elif isinstance(fact, CareEnded):
        started_on = read.started_on.get(f"episode_id {fact.episode_id}")
        if started_on is not None and told.day < started_on:
            yield "CARE_ENDED_BEFORE_START"
        episode = read.episodes.get(fact.episode_id)
        if episode is not None:
            if episode.told.day == told.day:
                yield "CARE_OF_NO_DAYS"
            episode.end = told
    elif isinstance(fact, PlacementStarted):
        if _others_open(read.placements, fact.placement_id, told.day, read):
            yield "PLACEMENTS_OVERLAP"
        read.placements[fact.placement_id] = _Spell(fact.placement_id, "placement", told)
    elif isinstance(fact, PlacementEnded) and fact.placement_id in read.placements:
        read.placements[fact.placement_id].end = told


def _of_allocation(told: Told, read: _Read) -> Iterator[str]:
    fact = told.fact
    assert isinstance(fact, (WorkerAllocated, WorkerUnallocated))
    held = next((one for one in read.allocations if one.is_open and one.id == fact.worker_id), None)
    if isinstance(fact, WorkerAllocated):
        if held is None:
            read.allocations.append(_Spell(fact.worker_id, fact.role or "", told))
        return
    if held is None:
        return
    held.end = told
    if held.told.day == told.day:
        yield "ALLOCATION_OF_NO_DAYS"
    # Whoever has another role, a reviewing officer say, is not who holds the case.
    since = read.allocations[read.allocations.index(held) + 1 :]
    if any(one.kind == held.kind and one.id != held.id and one.told.day < told.day for one in since):
        yield "ALLOCATIONS_OVERLAP"


_JUDGES: Mapping[type[Event], Callable[[Told, _Read], Iterator[str]]] = {
    **dict.fromkeys(
        (ReferralReceived, SteppedUp, ReferralDecided, ReferralClosed, SteppedDown), _of_referral
    ),
    **dict.fromkeys((AssessmentStarted, AssessmentCompleted, *_OTHER_ASSESSMENT_FACTS), _of_assessment),
    **dict.fromkeys((Section47Started, Section47Completed, MeetingHeld), _of_protection),
    **dict.fromkeys((PlanStarted, PlanEnded), _of_plan),
    **dict.fromkeys((CareStarted, CareEnded, PlacementStarted, PlacementEnded), _of_care),
    **dict.fromkeys((WorkerAllocated, WorkerUnallocated), _of_allocation),
}

JUDGED = frozenset(_JUDGES)
"""The types of facts that rules are about: no others have a say in what they find."""
