"""The true clock of one child, slowly and obviously: docs/true-clock.md as a program.

Shares no code with the engine it checks. ``told.py`` has what was known, ``openings.py`` when a
referral was open, ``walk.py`` rules 1 to 5 and 7, this file rules 6 and 8 and the figures.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

from tests.reference import days
from tests.reference.days import day_of, is_late, last_day_in_time
from tests.reference.intervals import Interval, intervals_of_child, supervisions_of_worker
from tests.reference.joined import initial_conferences, parenting, pre_proceedings
from tests.reference.lives import place
from tests.reference.one_off import OneOff, actions, one_offs_of_child
from tests.reference.openings import Opening, all_openings
from tests.reference.told import (
    AMENDING,
    Fact,
    Identity,
    amended,
    known,
    read,
    standing,
    target_of,
    with_targets,
)
from tests.reference.walk import RECEIPTS, Flag, Need, Record, Walk

WorkingDays = Callable[[date, date], int]


@dataclass
class Clock:
    """A clock before it is written out."""

    timescale: str
    subject: str
    start: date
    start_fact: Fact
    step: int
    status: str  # open, stopped, ended_without_completion
    end: date | None
    end_fact: Fact | None
    flags: list[Flag]
    limit: tuple[int, str]
    need: Need | None = None
    seen_of: Need | None = None

    @property
    def is_assessment(self) -> bool:
        return self.timescale == "assessment"


# -- the clocks of one day, given the facts as amended --------------------------------------------


FRONT_DOOR = frozenset({"contact_decision", "referral_decision", "assessment", "assessment_child_seen"})


def clocks_of(
    facts: Sequence[Fact],
    as_at: date,
    held: Sequence[Fact] = (),
    child: str = "C1001",
    only: Collection[str] | None = None,
) -> list[Clock]:
    """The clocks at the end of ``as_at``, in order of start, of the timescales ``only`` where that is given;
    ``held`` are the supervisions of workers."""
    found: list[Clock] = []
    if only is None or FRONT_DOOR & set(only):
        walk = Walk(facts, as_at)
        found += _contact_decisions(facts, as_at) + _referral_decisions(walk)
        for need in walk.needs:
            if not walk.leaves_no_clock(need):
                found += [_of_need("assessment", need, (45, "working_days")), _child_seen(need, facts)]
    if only is None or set(only) - FRONT_DOOR:
        for need in parenting(facts, as_at):
            found.append(_of_need("parenting_assessment", need, (12, "weeks")))
        for need in initial_conferences(facts):
            found.append(_of_need("initial_conference", need, (15, "working_days")))
        for need in pre_proceedings(facts):
            found.append(_of_need("pre_proceedings", need, (16, "weeks")))
        found += _of_intervals(intervals_of_child(facts, held, child, as_at))
        found += _of_one_offs(one_offs_of_child(facts, as_at))
    asked = [clock for clock in found if only is None or clock.timescale in only]
    return sorted(asked, key=lambda clock: (clock.start, clock.step))


def clocks_of_worker(facts: Sequence[Fact], worker: str) -> list[Clock]:
    """The clocks on the record of a worker, all facts being up to the day asked about."""
    found = _of_intervals(supervisions_of_worker(facts, worker))
    return sorted(found, key=lambda clock: (clock.start, clock.step))


def clocks_of_authority(facts: Sequence[Fact]) -> list[Clock]:
    """The clocks on the record of the authority itself."""
    return sorted(_of_one_offs(actions(facts)), key=lambda clock: (clock.start, clock.step))


def _of_intervals(intervals: Sequence[Interval]) -> list[Clock]:
    """Of those that start on one day, in the order in which they follow each other."""
    return [
        _plain(one.timescale, one.subject, one.start_fact.day, one, step)
        for step, one in enumerate(intervals)
    ]


def _of_one_offs(one_offs: Sequence[OneOff]) -> list[Clock]:
    return [_plain(one.timescale, one.subject, one.start, one, step) for step, one in enumerate(one_offs)]


def _plain(timescale: str, subject: str, start: date, told: Interval | OneOff, step: int) -> Clock:
    """A clock without a record of its own."""
    end = told.end_fact
    flags = [Flag(code, value, tuple(because)) for code, value, because in told.flags]
    return Clock(
        timescale=timescale,
        subject=subject,
        start=start,
        start_fact=told.start_fact,
        step=step,
        status=told.status,
        end=end.day if end is not None else None,
        end_fact=end,
        flags=flags,
        limit=told.limit,
    )


def _contact_decisions(facts: Sequence[Fact], as_at: date) -> list[Clock]:
    """`contact_decision` runs from ContactReceived to ContactDecided."""
    contacts = all_openings(facts, "contact_id", {"ContactReceived"}, as_at)
    return [_decision("contact_decision", contact, None) for contact in contacts]


def _referral_decisions(walk: Walk) -> list[Clock]:
    """`referral_decision` runs from ReferralReceived to ReferralDecided; it ends with its
    referral."""
    return [_decision("referral_decision", o, o.over()) for o in walk.openings]


def _decision(timescale: str, opening: Opening, over: Any) -> Clock:
    # rule 6: "on the latest day ever reported for it"
    decisions = opening.decisions()
    status, last = "open", None
    if decisions:
        status, last = "stopped", decisions[-1]
    elif over is not None:
        status, last = "ended_without_completion", over
    received = opening.received
    return Clock(
        timescale=timescale,
        subject=opening.id,
        start=received.day,
        start_fact=received.fact,
        step=0,
        status=status,
        end=last.day if last else None,
        end_fact=last.fact if last else None,
        flags=[],
        limit=(1, "working_days"),
    )


def _of_need(timescale: str, need: Need, limit: tuple[int, str]) -> Clock:
    status = {"running": "open", "stopped": "stopped", "ended": "ended_without_completion"}
    return Clock(
        timescale=timescale,
        subject=need.subject,
        start=need.start,
        start_fact=need.start_fact,
        step=need.step,
        status=status[need.status],
        end=need.end,
        end_fact=need.end_fact,
        flags=need.start_flags + need.flags,
        limit=limit,
        need=need,
    )


def seen_visits(facts: Sequence[Fact]) -> list[Fact]:
    """Visits at which the child was seen; one reported twice was on the later day (rule 6)."""
    visits: dict[str, Fact] = {}
    for fact in sorted(facts, key=place):
        if fact.type == "VisitMade" and fact.data.get("seen") is True:
            visits[fact.data["visit_id"]] = fact
    return sorted(visits.values(), key=place)


def _child_seen(need: Need, facts: Sequence[Fact]) -> Clock:
    """ "one `assessment_child_seen` for each assessment clock, with the same start"; it ends
    with its need."""
    status, end, fact = "open", need.end, need.end_fact
    if need.status != "running":
        status = "ended_without_completion"
    for visit in seen_visits(facts):
        if visit.day >= need.start and (need.end is None or visit.day <= need.end):
            status, end, fact = "stopped", visit.day, visit
            break
    return Clock(
        timescale="assessment_child_seen",
        subject=need.subject,
        start=need.start,
        start_fact=need.start_fact,
        step=need.step,
        status=status,
        end=end,
        end_fact=fact,
        flags=[],
        limit=(10, "working_days"),
        seen_of=need,
    )


# -- rule 6 -----------------------------------------------------------------------------------------


def shortened(without: Sequence[Clock], with_it: Sequence[Clock], day: date) -> list[Clock]:
    """The clocks of a day that an amendment harms: rule 6, "leaves a need covered from later or to
    earlier, stops what was running, or makes a clock vanish (to be made one with an earlier is not
    to vanish)"."""
    return [
        clock
        for clock in without
        if not any(_covers(other, clock, day) for other in with_it)
        and not _is_seen_of_one_made_one(clock, with_it)
    ]


ONE_NEED = {
    "assessment",
    "assessment_child_seen",
    "initial_conference",
    "pre_proceedings",
    "case_supervision",
}
"""Those of which a child has one need at a time, whatever its records are called."""
NEVER_DONE_IF_ENDED = {"contact_decision", "referral_decision", "assessment", "assessment_child_seen"}


def _covers(other: Clock, clock: Clock, day: date) -> bool:
    if _kind(other) != _kind(clock) or other.start > clock.start:
        return False
    if clock.timescale not in ONE_NEED and other.subject != clock.subject:
        return False
    in_time = [last_day_in_time(one.start, *one.limit) for one in (clock, other)]
    if clock.timescale not in NEVER_DONE_IF_ENDED and _is_late(clock, day) and in_time[1] > in_time[0]:
        return False
    is_done_in_time = _is_met_in_time(other) and not _is_met_in_time(clock)
    if other.status == "open":
        return True
    if clock.status == "open":
        return False
    if is_done_in_time and clock.timescale in NEVER_DONE_IF_ENDED:
        return False  # the property: nor does any correction or withdrawal turn late into in time
    assert other.end is not None and clock.end is not None
    if other.status == "ended_without_completion":
        if clock.status == "stopped" and clock.timescale in NEVER_DONE_IF_ENDED:
            return True  # it never counts as done, so it hides nothing
        if clock.seen_of and other.seen_of and other.seen_of.status == "ended":
            # nobody saw the child, and both end with their need
            return clock.seen_of.status == "stopped" or other.end >= clock.end
    return other.end >= clock.end


def _is_met_in_time(clock: Clock) -> bool:
    """Rule 3: a completion after the end "counts as late in every measure"."""
    if clock.status != "stopped" or clock.end is None:
        return False
    after_end = any(flag.code == "COMPLETED_AFTER_CLOSING" for flag in clock.flags)
    return not after_end and not is_late(clock.start, clock.end, *clock.limit)


def _is_late(clock: Clock, day: date) -> bool:
    return is_late(clock.start, clock.end or day, *clock.limit)


def _kind(clock: Clock) -> str:
    """The first interval and the later ones are of one kind: that one is made one with an earlier is not
    to vanish."""
    return clock.timescale.removesuffix("_first")


def _is_seen_of_one_made_one(clock: Clock, with_it: Sequence[Clock]) -> bool:
    """The child-seen clock of a need that is made one with an earlier is made one with it."""
    return clock.timescale == "assessment_child_seen" and any(
        other.timescale == "assessment"
        and other.start < clock.start
        and (other.end is None or other.end >= clock.start)
        for other in with_it
    )


ClocksOn = Callable[[Sequence[Fact], date], list[Clock]]


def decide(
    facts: Sequence[Fact],
    amendments: Sequence[Fact],
    accepted: set[Identity],
    clocks_on: ClocksOn = clocks_of,
) -> tuple[list[Fact], list[Fact]]:
    """Rule 6: each amendment "is applied, in the order learnt, only if on no day" it harms;
    "else it is held until a ruling accepts it". Returns those applied and those held."""
    every_day = _relevant_days(facts, amendments)
    applied: list[Fact] = []
    held: list[Fact] = []

    def is_harmless(trial: Sequence[Fact]) -> bool:
        for day, next_day in zip_longest(every_day, every_day[1:]):
            facts_before, facts_after = amended(facts, applied, day), amended(facts, trial, day)
            if facts_before == facts_after:
                continue  # where it changes no fact up to that day it changes no clock
            before, after = clocks_on(facts_before, day), clocks_on(facts_after, day)
            for on in [day, *_days_late_from(before, day, next_day)]:
                if shortened(before, after, on):
                    return False
        return True

    for amendment in amendments:
        # a correction of one that is held puts both to the test
        together = [a for a in held if a.identity == target_of(amendment)]
        if amendment.type == "FactWithdrawn":
            together = []
        trial = sorted([*applied, *together, amendment], key=lambda a: a.order)
        if amendment.identity in accepted or is_harmless(trial):
            applied = trial
            held = [a for a in held if a not in together]
        elif together and is_harmless([*applied, amendment]):
            applied = [*applied, amendment]
        else:
            held.append(amendment)
    return applied, held


def _days_late_from(clocks: Sequence[Clock], day: date, next_day: date | None) -> list[date]:
    """The days after ``day`` on which one of them becomes late before anything else happens."""
    found = []
    for clock in clocks:
        if clock.status == "open":
            late_from = last_day_in_time(clock.start, *clock.limit) + timedelta(days=1)
            if late_from > day and (next_day is None or late_from < next_day):
                found.append(late_from)
    return found


def _relevant_days(facts: Sequence[Fact], amendments: Sequence[Fact]) -> list[date]:
    """The days on which anything can change: between two of them open clocks only grow."""
    found = {fact.day for fact in facts}
    for fact in [*facts, *amendments]:
        if fact.type == "RecordChanged":
            found.add(fact.day)
            for name in ("was", "now"):
                found |= _dates_in(fact.data.get(name))
        for name in ("accepted_on", "changes", "due_on", "conference_due_from"):
            found |= _dates_in(fact.data.get(name))
    return sorted(found)


def _dates_in(value: Any) -> set[date]:
    if isinstance(value, dict):
        return set().union(*(_dates_in(v) for v in value.values()))
    try:
        return {day_of(value)}
    except (TypeError, ValueError):
        return set()


_BEGINNING_OF_RECORD = {
    "AssessmentStarted",
    "ContactReceived",
    "StrategyDiscussionHeld",
    "Section47Started",
    "MeetingHeld",
    "PlanStarted",
    "PreProceedingsDecided",
    "ProceedingsIssued",
    "PlacementStarted",
    "CareStarted",
    "TransferredIn",
    "WorkerAllocated",
    "WorkerJoined",
    "ActionSet",
    "VisitMade",
    "SupervisionHeld",
    "LetterBeforeProceedingsSent",
}
_STOPS = {
    "AssessmentCompleted",
    "AssessmentClosed",
    "AssessmentCancelled",
    "ReferralClosed",
    "SteppedDown",
    "ReferralDecided",
    "ContactDecided",
    "TransferredOut",
    "VisitMade",
    "Section47Completed",
    "MeetingHeld",
    "MinutesDistributed",
    "DecisionsSent",
    "PlanEnded",
    "LetterBeforeProceedingsSent",
    "PreProceedingsMeetingHeld",
    "PreProceedingsEnded",
    "ProceedingsIssued",
    "ProceedingsConcluded",
    "PlacementEnded",
    "CareEnded",
    "CarePlanPrepared",
    "PlacementPlanPrepared",
    "SupervisionHeld",
    "WorkerLeft",
    "ActionDone",
}


def code_of(held: Fact, facts: Sequence[Fact]) -> tuple[str, list[Fact]]:
    """Rule 6: which flag a held amendment raises, and the facts it speaks of."""
    targets = [f for f in facts if f.identity in held.targets]
    if held.type == "RecordChanged":
        moves, now = held.data["field"] in ("started_on", "ended_on"), held.data.get("now")
    else:
        changes = held.data.get("changes") or {}
        moves, now = "occurred_on" in changes, changes.get("occurred_on")
    for target in targets:
        begins = target.type in _BEGINNING_OF_RECORD | RECEIPTS
        if begins and (held.type == "FactWithdrawn" or (moves and now is None)):
            return "DELETED_WITH_OPEN_CLOCK", targets
        if moves and now is not None and begins and day_of(now) > target.day:
            is_referral = target.type in RECEIPTS
            return (
                "REFERRAL_DATE_MOVED_LATER" if is_referral else "START_DATE_MOVED_LATER",
                targets,
            )
        if moves and now is not None and target.type in _STOPS and day_of(now) < target.day:
            return "STOP_DATE_MOVED_EARLIER", targets
    return "CHANGE_HELD", targets


# -- the answer ---------------------------------------------------------------------------------


def clocks(
    facts: Sequence[dict[str, Any]],
    as_at: date | str,
    known_at: str | None = None,
    basis: str = "recorded",
    working_days: WorkingDays = days.working_days,
) -> list[dict[str, Any]]:
    """The clocks of the front door and of assessments, as dicts."""
    as_at = day_of(as_at) if isinstance(as_at, str) else as_at
    reading = Reading(facts, known_at, basis, only=FRONT_DOOR)
    return reading.at(as_at, working_days)


class Reading:
    """One stream's facts as known at one moment; can be read as at any day.

    ``stream`` is the child's reference, ``worker:<id>`` or ``authority``. Of a child, ``held`` are the facts
    of the workers, among which are the supervisions that name the child. With ``only``, no other timescale is
    looked at, not even to judge whether a correction harms.
    """

    def __init__(
        self,
        facts: Sequence[dict[str, Any]],
        known_at: str | None = None,
        basis: str = "recorded",
        held: Sequence[dict[str, Any]] = (),
        stream: str = "C1001",
        only: Collection[str] | None = None,
    ) -> None:
        told = [read(order, fact) for order, fact in known(facts, known_at, basis)]
        self.stream, self.only = stream, only
        self.supervisions = [
            read(order, fact)
            for order, fact in known(held, known_at, basis)
            if fact["type"] == "SupervisionHeld"
        ]
        self.rulings = [f for f in told if f.type == "ClockRuled"]
        self.facts = [f for f in told if f.type not in AMENDING and f.type != "ClockRuled"]
        amending = [f for f in told if f.type in AMENDING]
        self.amendments = with_targets(self.facts, amending)
        # rule 8: "a ruling overrides 1 to 7"
        accepted = {
            (named["source"], named["id"])
            for ruling in self.rulings
            if ruling.data.get("ruling") == "accept_correction"
            for named in ruling.data.get("facts") or []
        }
        self.applied, self.held = decide(self.facts, self.amendments, accepted, self._clocks)

    def _clocks(self, facts: Sequence[Fact], day: date) -> list[Clock]:
        if self.stream.startswith("worker:"):
            return clocks_of_worker(facts, self.stream.removeprefix("worker:"))
        if self.stream == "authority":
            return clocks_of_authority(facts)
        held = [fact for fact in self.supervisions if fact.day <= day]
        return clocks_of(facts, day, held, self.stream, self.only)

    def held_ones(self) -> list[Identity]:
        """The corrections, withdrawals and changes that rule 6 holds."""
        return [amendment.identity for amendment in self.held]

    def facts_as_read(self) -> list[dict[str, Any]]:
        """The facts as the clocks read them: as corrected, on the day for which they count."""
        return [
            {
                "type": f.type,
                "source": f.identity[0],
                "id": f.identity[1],
                "occurred_on": f.instant.isoformat() if f.instant else str(f.day),
                "data": f.data,
            }
            for f in amended(self.facts, self.applied, date.max)
        ]

    def at(self, as_at: date, working_days: WorkingDays = days.working_days) -> list[dict[str, Any]]:
        from tests.reference.figures import write

        facts = amended(self.facts, self.applied, as_at)
        reported = {f.identity: f for f in amended(self.facts, self.amendments, as_at)}
        stand = {a.identity for a in standing(self.amendments)}
        held = []
        for amendment in self.held:
            has_happened = amendment.type != "RecordChanged" or amendment.day <= as_at
            if amendment.identity in stand and has_happened:
                held.append((amendment, *code_of(amendment, facts)))
        found = self._clocks(facts, as_at)
        written = write(found, facts, reported, held, as_at, working_days)
        voided = {r.data["clock"] for r in self.rulings if r.data.get("ruling") == "void"}
        return [clock for clock in written if clock["id"] not in voided]


__all__ = ["FRONT_DOOR", "Clock", "Flag", "Opening", "Reading", "Record", "Walk", "clocks", "clocks_of"]
