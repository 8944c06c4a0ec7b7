"""Rule 6 of the true clock: what was once reported is not undone, unless a ruling accepts it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from domain.amended import Amended, Amendment, corrected, effect
from domain.clock import Clock
from domain.clocks_over_time import Ran
from domain.correction import FactCorrected, FactWithdrawn
from domain.event import Event
from domain.families import FAMILIES, OF_ALL, Family, families_of
from domain.field import FactReference
from domain.history import Recorded
from domain.ruling import ClockRuled
from domain.snapshot import RecordChanged
from domain.telling import Told, told, turning_days


class Reading(Protocol):
    """The clocks of some families, of all the references concerned, with some amendments applied and some
    facts voided: as at a day, and as at every day of some, where they can be told in one go.
    """

    def of_all(
        self,
        amendments: Sequence[Amendment],
        voided: frozenset[FactReference],
        day: date,
        families: Sequence[Family],
    ) -> list[Clock]: ...

    def over_time(
        self,
        amendments: Sequence[Amendment],
        voided: frozenset[FactReference],
        first: date,
        last: date,
        families: Sequence[Family],
    ) -> list[Ran] | None: ...


_RECEIPT_TYPES = frozenset({"ReferralReceived", "SteppedUp"})
_STARTING_TYPES = _RECEIPT_TYPES | frozenset({
    "AssessmentStarted", "ContactReceived", "StrategyDiscussionHeld", "TransferredIn", "PlanStarted",
    "PlacementStarted", "CareStarted", "MeetingHeld", "VisitMade", "PreProceedingsDecided",
    "LetterBeforeProceedingsSent", "ProceedingsIssued", "WorkerJoined", "WorkerAllocated", "SupervisionHeld",
    "ActionSet",
})  # fmt: skip
_STOPPING_TYPES = frozenset({
    "AssessmentCompleted", "AssessmentClosed", "AssessmentCancelled", "ReferralDecided", "ReferralClosed",
    "SteppedDown", "TransferredOut", "ContactDecided", "VisitMade", "MeetingHeld", "Section47Completed",
    "MinutesDistributed", "DecisionsSent", "PlanEnded", "PlacementEnded", "CareEnded", "CarePlanPrepared",
    "PlacementPlanPrepared", "PreProceedingsEnded", "LetterBeforeProceedingsSent",
    "PreProceedingsMeetingHeld", "ProceedingsIssued", "ProceedingsConcluded", "SupervisionHeld", "WorkerLeft",
    "ActionDone",
})  # fmt: skip
_OF_THE_CHILD = frozenset({
    "assessment", "assessment_child_seen", "initial_conference", "pre_proceedings", "case_supervision",
})  # fmt: skip
"""Timescales under which a child has one need at a time, whatever began it; the others are of one thing."""


@dataclass(frozen=True, slots=True)
class Held:
    """An amendment that the clock does not follow: under what flag, of which facts, and from which day it
    would hide time.
    """

    amendment: Amendment
    code: str
    targets: tuple[FactReference, ...]
    harm_on: date


@dataclass(slots=True)
class Upheld:
    """What the clock follows: amendments applied, amendments held, facts voided, needs linked and
    unlinked.
    """

    applied: list[Amendment] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    voided: frozenset[FactReference] = frozenset()
    links: list[tuple[FactReference, ...]] = field(default_factory=list)
    unlinks: list[FactReference] = field(default_factory=list)
    rulings: list[Recorded] = field(default_factory=list)


def uphold(history: Amended, reading: Reading, *, with_rulings: bool) -> Upheld:
    """Decide, in the order learnt, which amendments the clock follows.

    One is applied only if on no day it leaves a need covered from later or to earlier, stops what was
    running, makes a clock vanish (to be made one with an earlier is not to vanish), or turns late into in
    time.
    """
    upheld = Upheld()
    amendments: dict[FactReference, Amendment] = {}
    steps: list[Amendment] = [*history.amendments]
    if with_rulings:
        steps += [Amendment(ruling, ruling.fact) for ruling in history.rulings]
    for step in sorted(steps, key=lambda amendment: amendment.recorded.log_order):
        if isinstance(step.fact, ClockRuled):
            _rule(upheld, step.recorded, step.fact)
        else:
            _amend(upheld, step, amendments, history, reading)
    return upheld


def _rule(upheld: Upheld, recorded: Recorded, ruling: ClockRuled) -> None:
    upheld.rulings.append(recorded)
    facts = ruling.facts or ()
    if ruling.ruling == "accept_correction":
        accepted = [held for held in upheld.held if held.amendment.reference in facts]
        upheld.held = [held for held in upheld.held if held not in accepted]
        upheld.applied += [held.amendment for held in accepted]
        upheld.applied.sort(key=lambda amendment: amendment.recorded.log_order)
    elif ruling.ruling == "void":
        upheld.voided |= frozenset(facts)
    elif ruling.ruling == "link":
        upheld.links.append(facts)
    else:
        upheld.unlinks += facts


def _amend(
    upheld: Upheld,
    amendment: Amendment,
    amendments: dict[FactReference, Amendment],
    history: Amended,
    reading: Reading,
) -> None:
    amendments[amendment.reference] = amendment
    target = _target(amendment.fact)
    earlier = amendments.get(target) if target is not None else None
    if earlier is not None:
        _amend_amendment(upheld, amendment, earlier, amendments, history, reading)
        return
    overlaid = history.overlaid(upheld.applied, date.max)
    made = effect(amendment, overlaid)
    after = [*upheld.applied, amendment]
    families = families_of(overlaid[reference].recorded.type for reference in made if reference in overlaid)
    if not families:
        upheld.applied = after
        return
    since = _first_day(amendment, made, overlaid)
    harm = _harm(upheld.applied, after, upheld.voided, history, reading, since, families)
    if harm is None:
        upheld.applied = after
    else:
        code = _code(amendment.fact, made, overlaid)
        upheld.held.append(Held(amendment, code, tuple(made), harm))


def _amend_amendment(
    upheld: Upheld,
    amendment: Amendment,
    earlier: Amendment,
    amendments: dict[FactReference, Amendment],
    history: Amended,
    reading: Reading,
) -> None:
    """Withdraw or correct an earlier amendment, by the same test."""
    replaced = (
        corrected_amendment(earlier, amendment.fact, amendment.recorded)
        if isinstance(amendment.fact, FactCorrected)
        else None
    )
    if replaced is None and isinstance(amendment.fact, FactCorrected):
        return
    if earlier not in upheld.applied:
        upheld.held = [h for h in upheld.held if h.amendment is not earlier]
        if replaced is not None:
            _amend(upheld, replaced, amendments, history, reading)
        return
    after = [a for a in upheld.applied if a is not earlier]
    if replaced is not None:
        after = sorted([*after, replaced], key=lambda a: a.recorded.log_order)
        amendments[earlier.reference] = replaced
    harm = _harm(upheld.applied, after, upheld.voided, history, reading, date.min, FAMILIES)
    if harm is None:
        upheld.applied = after
    else:
        upheld.held.append(Held(amendment, "CHANGE_HELD", (earlier.reference,), harm))


def corrected_amendment(earlier: Amendment, correction: FactCorrected, by: Recorded) -> Amendment | None:
    """An amendment whose own fields were corrected; None where that would be no amendment at all."""
    after = corrected(told(earlier.recorded, earlier.fact), correction.changes, by)
    return replace(earlier, recorded=after.recorded, fact=after.fact) if after else None


def _target(fact: Event) -> FactReference | None:
    if isinstance(fact, FactCorrected):
        return fact.corrects
    return fact.withdraws if isinstance(fact, FactWithdrawn) else None


def _first_day(
    amendment: Amendment, made: dict[FactReference, Told | None], before: dict[FactReference, Told]
) -> date:
    """The first day on which an amendment can make a difference."""
    days = [t.day for t in made.values() if t is not None] + [before[r].day for r in made if r in before]
    first = min(days)
    if isinstance(amendment.fact, RecordChanged):
        return max(first, told(amendment.recorded, amendment.fact).day)
    return first


def _harm(
    before: Sequence[Amendment],
    after: Sequence[Amendment],
    voided: frozenset[FactReference],
    history: Amended,
    reading: Reading,
    since: date,
    families: Sequence[Family],
) -> date | None:
    """The first day on which a clock would be hurt; None where there is none.

    Clocks differ only of the ``families`` that depend on what is amended, and turn only on the days of facts
    that bear on those.
    """
    changed = {told(a.recorded, a.fact).day for a in [*before, *after] if isinstance(a.fact, RecordChanged)}
    bears = OF_ALL.union(*(family.bears for family in families))
    days = {since, *changed}
    for applied in (before, after):
        # A change seen in a snapshot moves facts only from its own day on.
        for seen_by in (date.min, *changed):
            for t in history.overlaid(applied, seen_by).values():
                if t.recorded.type in bears:
                    days.update(turning_days(t))
    asked = sorted(day for day in days if day >= since and day != date.min)
    if not asked:
        return None
    ran_before = reading.over_time(before, voided, asked[0], asked[-1], families)
    ran_after = reading.over_time(after, voided, asked[0], asked[-1], families)
    if ran_before is not None and ran_after is not None:
        return _first_uncovered(ran_before, ran_after)
    for day in asked:
        if uncovered(
            reading.of_all(before, voided, day, families), reading.of_all(after, voided, day, families)
        ):
            return day
    return None


def _first_uncovered(before: Sequence[Ran], after: Sequence[Ran]) -> date | None:
    """The first day on which there is a clock that none of those after covers."""
    alike = {(_facts_of(ran.clock), ran.since, ran.until) for ran in after}
    others = [r for r in before if (_facts_of(r.clock), r.since, r.until) not in alike]
    if not others:
        return None
    edges = {ran.since for ran in (*others, *after)} | {ran.until for ran in after if ran.until is not None}
    for day in sorted(edges):
        clocks = [ran.clock for ran in others if ran.is_on(day)]
        if clocks and uncovered(clocks, [ran.clock for ran in after if ran.is_on(day)]):
            return day
    return None


def uncovered(before: Sequence[Clock], after: Sequence[Clock]) -> list[Clock]:
    """The clocks that none in ``after`` covers: from no later, to no earlier, due no later, running if it
    ran, late if it was.

    A clock belongs to the thing that began it, or of some timescales to the child. Where a need is made one
    with an earlier one, so is the clock of the child being seen in it, whatever visit stopped that.
    """
    same = {_facts_of(clock) for clock in after}
    return [
        clock
        for clock in before
        if _facts_of(clock) not in same
        and not any(_covers(clock, other) for other in after)
        and not _is_seen_in_one_with_an_earlier(clock, after)
    ]


def _facts_of(clock: Clock) -> tuple[object, ...]:
    return (
        clock.timescale.id, clock.begun_by, clock.status, clock.started_on, clock.stopped_on,
        clock.in_time_until, clock.is_met_in_time,
    )  # fmt: skip


def _covers(clock: Clock, other: Clock) -> bool:
    if other.timescale.id != clock.timescale.id or other.started_on > clock.started_on:
        return False
    if clock.timescale.id not in _OF_THE_CHILD and other.begun_by != clock.begun_by:
        return False
    if other.in_time_until > clock.in_time_until:
        return False
    if other.stopped_on is None:
        return True
    is_of_child = clock.timescale.id in _OF_THE_CHILD
    if clock.stopped_on is None or (is_of_child and other.is_met_in_time and not clock.is_met_in_time):
        return False
    # What ended without completion never counts as done, and so hides nothing that had been done.
    is_undone = clock.status == "stopped" and other.status == "ended_without_completion"
    return is_undone or other.stopped_on >= clock.stopped_on


def _is_seen_in_one_with_an_earlier(clock: Clock, after: Sequence[Clock]) -> bool:
    return clock.timescale.id == "assessment_child_seen" and any(
        other.timescale.id == "assessment"
        and other.started_on < clock.started_on
        and (other.stopped_on is None or other.stopped_on >= clock.started_on)
        for other in after
    )


def _code(fact: Event, made: dict[FactReference, Told | None], before: dict[FactReference, Told]) -> str:
    """Which flag a held amendment raises."""
    for reference, after in made.items():
        was = before[reference]
        name = was.recorded.type
        if after is None:
            return "DELETED_WITH_OPEN_CLOCK" if name in _STARTING_TYPES else "CHANGE_HELD"
        if name in _STARTING_TYPES and after.day > was.day:
            return "REFERRAL_DATE_MOVED_LATER" if name in _RECEIPT_TYPES else "START_DATE_MOVED_LATER"
        if name in _STOPPING_TYPES and after.day < was.day:
            return "STOP_DATE_MOVED_EARLIER"
    return "CHANGE_HELD"
