"""Deciding what a person asks about a clock against the child's history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.assessment import AssessmentStarted
from domain.clock import Clock
from domain.field import FactReference
from domain.refusal import Refused
from domain.ruling import Ruling
from domain.telling import RECEIPTS, Told
from domain.true_clock import Figures
from domain.upholding import Held

_OF_THE_NEED = ("referral_decision", "assessment_child_seen")
_OF_WORKERS = ("supervision", "case_supervision")
_BEGUN_BY: Mapping[str, frozenset[str]] = {
    "plan": frozenset({"PlanStarted", "PlanEnded", "VisitFrequencySet"}),
    "placement": frozenset({"PlacementStarted", "PlacementEnded"}),
    "episode": frozenset({"CareStarted", "CareEnded"}),
    "track": frozenset({
        "PreProceedingsDecided", "PreProceedingsEnded", "LetterBeforeProceedingsSent",
        "PreProceedingsMeetingHeld",
    }),
    "case": frozenset({"ProceedingsIssued", "ProceedingsConcluded"}),
    "meeting": frozenset({"MeetingHeld", "StrategyDiscussionHeld", "MinutesDistributed", "DecisionsSent"}),
    "action": frozenset({"ActionSet", "ActionDone", "ActionReopened"}),
}  # fmt: skip
"""The facts about each kind of thing that begins clocks, beside referrals, contacts and assessments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOnClock:
    """What is asked: a ruling on a clock of a child, about some facts, by a named person and for a reason."""

    child: str
    clock: str
    ruling: Ruling
    reason: str
    ruled_by: str
    facts: tuple[FactReference, ...] = ()
    other_clock: str | None = None


def decide(asked: RuleOnClock, figures: Figures, facts: Sequence[Told]) -> tuple[FactReference, ...]:
    """The facts that the ruling is about, to stand in its record.

    ``facts`` are those the clocks were read from, in reading order. Raises Refused with a stable code:
    no-such-clock, nothing-held, not-held, rule-on-the-need, no-such-other-clock, same-clock, not-linkable,
    not-on-the-clock, not-a-beginning, not-voidable.
    """
    clock = _clock(asked.clock, figures, "no-such-clock")
    if asked.ruling == "accept_correction":
        return _accepted(asked, clock, figures.held)
    if asked.ruling == "void":
        return _voided(clock, facts)
    if asked.ruling == "link":
        return _linked(asked, clock, figures)
    return _unlinked(asked, clock, facts)


def _clock(clock_id: str, figures: Figures, code: str) -> Clock:
    clock = next((c for c in figures.clocks if c.id == clock_id), None)
    if clock is None:
        known = ", ".join(c.id for c in figures.clocks) or "none"
        raise Refused(code, f"This child has no clock {clock_id}; its clocks are: {known}.")
    return clock


def _accepted(asked: RuleOnClock, clock: Clock, held: Sequence[Held]) -> tuple[FactReference, ...]:
    on_clock = {reference for flag in clock.flags for reference in flag.because}
    here = [one.amendment.reference for one in held if one.amendment.reference in on_clock]
    if not here:
        raise Refused(
            "nothing-held", f"No correction is held back from {clock.id}; there is nothing to accept."
        )
    unknown = [fact for fact in asked.facts if fact not in here]
    if unknown:
        raise Refused(
            "not-held", f"{unknown[0].id} from {unknown[0].source} is not held back from {clock.id}."
        )
    return asked.facts or tuple(here)


def _voided(clock: Clock, facts: Sequence[Told]) -> tuple[FactReference, ...]:
    """All facts so far about what started the clock, and the assessments on it that belong to nothing
    else. An interval that an earlier one led to goes with what began the first.
    """
    if clock.timescale.id in _OF_THE_NEED:
        detail = f"{clock.id} goes with its referral and need; rule on assessment:{clock.subject} instead."
        raise Refused("rule-on-the-need", detail)
    if clock.timescale.id in _OF_WORKERS:
        detail = (
            f"{clock.id} comes from who held the case or joined, which no ruling undoes; correct that fact."
        )
        raise Refused("not-voidable", detail)
    kind, subject = clock.begun_by
    if kind in _BEGUN_BY or kind == "transfer":
        return _voided_with(clock, kind, subject, facts)
    named = {t.fact.assessment_id: t.fact.referral_id for t in facts if isinstance(t.fact, AssessmentStarted)}
    on_clock = {id_ for thing, id_ in clock.concerns if thing == "assessment"}
    assessments = {id_ for id_ in on_clock if id_ == subject or named.get(id_) in (None, subject)}
    return tuple(
        t.reference
        for t in facts
        if getattr(t.fact, "assessment_id", None) in assessments
        or (getattr(t.fact, f"{kind}_id", None) == subject and not isinstance(t.fact, AssessmentStarted))
    )


def _voided_with(clock: Clock, kind: str, subject: str, facts: Sequence[Told]) -> tuple[FactReference, ...]:
    if kind == "transfer":
        return clock.because[:1]
    types = _BEGUN_BY[kind]
    about = [t for t in facts if t.recorded.type in types and getattr(t.fact, f"{kind}_id") == subject]
    if clock.because[0] not in {told.reference for told in about}:
        detail = (
            f"{clock.id} follows on an earlier interval of {kind} {subject}; rule on its first clock, "
            "or correct the fact that started this one."
        )
        raise Refused("rule-on-the-need", detail)
    return tuple(told.reference for told in about)


def _linked(asked: RuleOnClock, clock: Clock, figures: Figures) -> tuple[FactReference, ...]:
    if clock.timescale.id != "assessment":
        raise Refused("not-linkable", "Only assessment clocks can be linked.")
    if asked.other_clock is not None:
        other = _clock(asked.other_clock, figures, "no-such-other-clock")
    else:
        begun = [c for c in figures.clocks if c.timescale.id == "assessment" and c.because[0] in asked.facts]
        others = [c for c in begun if c is not clock]
        if not others:
            detail = "Name the other clock as other_clock, or the fact that started it among facts."
            raise Refused("same-clock" if begun else "no-such-other-clock", detail)
        other = others[0]
    if other is clock:
        raise Refused("same-clock", f"{clock.id} cannot be linked with itself; name another clock.")
    if other.timescale.id != "assessment":
        raise Refused("not-linkable", "Only assessment clocks can be linked.")
    return (clock.because[0], other.because[0])


def _unlinked(asked: RuleOnClock, clock: Clock, facts: Sequence[Told]) -> tuple[FactReference, ...]:
    if clock.timescale.id != "assessment":
        raise Refused("not-linkable", "Only assessment clocks can be unlinked.")
    if not asked.facts:
        raise Refused(
            "not-on-the-clock", "Name among facts the referral or assessment that is a need of its own."
        )
    for reference in asked.facts:
        told = next((t for t in facts if t.reference == reference), None)
        about = _thing_begun_by(told) if told else None
        if told is not None and about is None:
            raise Refused("not-a-beginning", f"{reference.id} does not begin a referral or an assessment.")
        if about not in clock.concerns or reference == clock.because[0]:
            raise Refused("not-on-the-clock", f"{reference.id} is not something that joined {clock.id}.")
    return asked.facts


def _thing_begun_by(told: Told) -> tuple[str, str] | None:
    if isinstance(told.fact, AssessmentStarted):
        return ("assessment", told.fact.assessment_id)
    return ("referral", told.fact.referral_id) if isinstance(told.fact, RECEIPTS) else None
