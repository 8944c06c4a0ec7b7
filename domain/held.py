"""Marking the clocks that amendments are held back from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from domain.clock import Clock
from domain.field import FactReference
from domain.flag import Flag, gathered
from domain.snapshot import RecordChanged
from domain.telling import Told, told
from domain.upholding import Held

_SMALLER = frozenset({"contact_decision", "referral_decision", "assessment_child_seen"})
"""Timescales that only show what is held of the facts that start and stop them."""

_BEGINNINGS = frozenset({
    "PlanStarted", "PlacementStarted", "CareStarted", "WorkerJoined", "WorkerAllocated", "TransferredIn",
})  # fmt: skip
"""Facts that begin a run of intervals: what is held of them shows on the one they start."""

_THINGS: Mapping[str, tuple[str, str]] = {
    "VisitMade": ("visit", "visit_id"),
    "MeetingHeld": ("meeting", "meeting_id"),
    "StrategyDiscussionHeld": ("meeting", "meeting_id"),
    "MinutesDistributed": ("meeting", "meeting_id"),
    "DecisionsSent": ("meeting", "meeting_id"),
    "Section47Started": ("enquiry", "enquiry_id"),
    "Section47Completed": ("enquiry", "enquiry_id"),
    "PlanStarted": ("plan", "plan_id"),
    "PlanEnded": ("plan", "plan_id"),
    "VisitFrequencySet": ("frequency", "plan_id"),
    "PlacementStarted": ("placement", "placement_id"),
    "PlacementEnded": ("placement", "placement_id"),
    "CareStarted": ("episode", "episode_id"),
    "CareEnded": ("episode", "episode_id"),
    "PreProceedingsDecided": ("track", "track_id"),
    "PreProceedingsEnded": ("track", "track_id"),
    "LetterBeforeProceedingsSent": ("track", "track_id"),
    "PreProceedingsMeetingHeld": ("track", "track_id"),
    "ProceedingsIssued": ("case", "case_id"),
    "ProceedingsConcluded": ("case", "case_id"),
    "SupervisionHeld": ("supervision", "supervision_id"),
    "ActionSet": ("action", "action_id"),
    "ActionDone": ("action", "action_id"),
    "ActionReopened": ("action", "action_id"),
}


def marked_held(
    clocks: Sequence[Clock], held: Sequence[Held], facts: Mapping[FactReference, Told], day: date
) -> list[Clock]:
    """Flag the clocks whose own facts, or those of what is on them, have amendments held back from them.

    What is about no clock by a fact of its own is shown on those of the same thing, so that it can be found.
    """
    flags: dict[str, list[Flag]] = {}
    for one in held:
        fact = one.amendment.fact
        if isinstance(fact, RecordChanged) and told(one.amendment.recorded, fact).day > day:
            continue
        about = [c for c in clocks if any(_is_about(c, reference, facts) for reference in one.targets)]
        if not about:
            about = [c for c in clocks if any(_is_of_thing(c, facts.get(r)) for r in one.targets)]
        for clock in about:
            flags.setdefault(clock.id, []).append(Flag(one.code, None, (one.amendment.reference,)))
    return [flagged(clock, flags[clock.id]) if clock.id in flags else clock for clock in clocks]


def flagged(clock: Clock, flags: Sequence[Flag]) -> Clock:
    """The clock with some flags more."""
    return replace(clock, flags=tuple(gathered([*clock.flags, *flags])))


def _is_about(clock: Clock, reference: FactReference, facts: Mapping[FactReference, Told]) -> bool:
    if reference in clock.because:
        return True
    target = facts.get(reference)
    if target is None or clock.timescale.id in _SMALLER or target.recorded.type in _BEGINNINGS:
        return False
    assessment_id = getattr(target.fact, "assessment_id", None)
    if assessment_id is not None:
        return ("assessment", assessment_id) in clock.concerns
    if clock.timescale.id == "assessment":
        return ("referral", getattr(target.fact, "referral_id", None)) in clock.concerns
    return _is_of_thing(clock, target)


def _is_of_thing(clock: Clock, target: Told | None) -> bool:
    if target is None or target.recorded.type not in _THINGS or clock.timescale.id in _SMALLER:
        return False
    kind, field = _THINGS[target.recorded.type]
    return (kind, getattr(target.fact, field)) in clock.concerns
