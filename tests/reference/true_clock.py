"""The true clock of one child, slowly and obviously: docs/true-clock.md as a program.

Shares no code with the engine it checks. ``told.py`` has what was known, ``openings.py`` when a
referral was open, ``walk.py`` rules 1 to 5 and 7, this file rules 6 and 8 and the figures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.reference import days
from tests.reference.days import day_of
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
    need: Need | None = None
    seen_of: Need | None = None


# -- the clocks of one day, given the facts as amended --------------------------------------------


def clocks_of(facts: Sequence[Fact], as_at: date) -> list[Clock]:
    """The clocks at the end of ``as_at``, in order of start."""
    walk = Walk(facts, as_at)
    found = _contact_decisions(facts, as_at) + _referral_decisions(walk)
    for need in walk.needs:
        if not walk.leaves_no_clock(need):
            found += [_assessment(need), _child_seen(need, facts)]
    return sorted(found, key=lambda clock: (clock.start, clock.step))


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
    )


def _assessment(need: Need) -> Clock:
    status = {"running": "open", "stopped": "stopped", "ended": "ended_without_completion"}
    return Clock(
        timescale="assessment",
        subject=need.subject,
        start=need.start,
        start_fact=need.start_fact,
        step=need.step,
        status=status[need.status],
        end=need.end,
        end_fact=need.end_fact,
        flags=need.start_flags + need.flags,
        need=need,
    )


def seen_visits(facts: Sequence[Fact]) -> list[Fact]:
    """Visits at which the child was seen; one reported twice was on the later day (rule 6)."""
    visits: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda f: f.day):
        if fact.type == "VisitMade" and fact.data.get("seen") is True:
            visits[fact.data["visit_id"]] = fact
    return sorted(visits.values(), key=lambda f: f.day)


def _child_seen(need: Need, facts: Sequence[Fact]) -> Clock:
    """"one `assessment_child_seen` for each assessment clock, with the same start"; it ends
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
        seen_of=need,
    )


# -- rule 6 -----------------------------------------------------------------------------------------


def shortened(without: Sequence[Clock], with_it: Sequence[Clock]) -> list[Clock]:
    """The clocks of a day that an amendment harms: rule 6, "leaves a need covered from later or to
    earlier, stops what was running, or makes a clock vanish (to be made one with an earlier is not
    to vanish)"."""
    return [
        clock
        for clock in without
        if not any(_covers(other, clock) for other in with_it)
        and not _is_seen_of_one_made_one(clock, with_it)
    ]


def _covers(other: Clock, clock: Clock) -> bool:
    if other.timescale != clock.timescale or other.start > clock.start:
        return False
    if clock.timescale.endswith("_decision") and other.subject != clock.subject:
        return False
    if other.status == "open":
        return True
    if clock.status == "open":
        return False
    if _is_met_in_time(other) and not _is_met_in_time(clock):
        return False  # the property: nor does any correction or withdrawal turn late into in time
    assert other.end is not None and clock.end is not None
    if other.status == "ended_without_completion":
        if clock.status == "stopped":
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
    limit = {"assessment": 45, "assessment_child_seen": 10}.get(clock.timescale, 1)
    return not after_end and days.working_days(clock.start, clock.end) <= limit


def _is_seen_of_one_made_one(clock: Clock, with_it: Sequence[Clock]) -> bool:
    """The child-seen clock of a need that is made one with an earlier is made one with it."""
    return clock.timescale == "assessment_child_seen" and any(
        other.timescale == "assessment"
        and other.start < clock.start
        and (other.end is None or other.end >= clock.start)
        for other in with_it
    )


def decide(
    facts: Sequence[Fact], amendments: Sequence[Fact], accepted: set[Identity]
) -> tuple[list[Fact], list[Fact]]:
    """Rule 6: each amendment "is applied, in the order learnt, only if on no day" it harms;
    "else it is held until a ruling accepts it". Returns those applied and those held."""
    every_day = _relevant_days(facts, amendments)
    applied: list[Fact] = []
    held: list[Fact] = []
    clocks_now = {day: clocks_of(amended(facts, applied, day), day) for day in every_day}
    for amendment in amendments:
        # a correction of one that is held puts both to the test
        together = [a for a in held if a.identity == target_of(amendment)]
        if amendment.type == "FactWithdrawn":
            together = []
        trial = sorted([*applied, *together, amendment], key=lambda a: a.order)
        clocks_then = {day: clocks_of(amended(facts, trial, day), day) for day in every_day}
        harmless = all(not shortened(clocks_now[day], clocks_then[day]) for day in every_day)
        if harmless or amendment.identity in accepted:
            applied, clocks_now = trial, clocks_then
            held = [a for a in held if a not in together]
        elif together and _is_harmless_alone(facts, applied, amendment, clocks_now, every_day):
            applied = [*applied, amendment]
        else:
            held.append(amendment)
    return applied, held


def _is_harmless_alone(
    facts: Sequence[Fact],
    applied: Sequence[Fact],
    amendment: Fact,
    clocks_now: dict[date, list[Clock]],
    every_day: Sequence[date],
) -> bool:
    trial = [*applied, amendment]
    return all(
        not shortened(clocks_now[day], clocks_of(amended(facts, trial, day), day)) for day in every_day
    )


def _relevant_days(facts: Sequence[Fact], amendments: Sequence[Fact]) -> list[date]:
    """The days on which anything can change: between two of them open clocks only grow."""
    found = {fact.day for fact in facts}
    for fact in [*facts, *amendments]:
        if fact.type == "RecordChanged":
            found.add(fact.day)
            for name in ("was", "now"):
                found |= _dates_in(fact.data.get(name))
        found |= _dates_in(fact.data.get("accepted_on"))
        found |= _dates_in(fact.data.get("changes"))
    return sorted(found)


def _dates_in(value: Any) -> set[date]:
    if isinstance(value, dict):
        return set().union(*(_dates_in(v) for v in value.values()))
    try:
        return {day_of(value)}
    except (TypeError, ValueError):
        return set()


_BEGINNING_OF_RECORD = {"AssessmentStarted", "ContactReceived"}
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
    """The clocks of the four timescales, as dicts."""
    as_at = day_of(as_at) if isinstance(as_at, str) else as_at
    reading = Reading(facts, known_at, basis)
    return reading.at(as_at, working_days)


class Reading:
    """One child's facts as known at one moment; can be read as at any day."""

    def __init__(
        self, facts: Sequence[dict[str, Any]], known_at: str | None = None, basis: str = "recorded"
    ) -> None:
        told = [read(order, fact) for order, fact in known(facts, known_at, basis)]
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
        self.applied, self.held = decide(self.facts, self.amendments, accepted)

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
        found = clocks_of(facts, as_at)
        written = write(found, facts, reported, held, as_at, working_days)
        voided = {r.data["clock"] for r in self.rulings if r.data.get("ruling") == "void"}
        return [clock for clock in written if clock["id"] not in voided]


__all__ = ["Clock", "Flag", "Opening", "Reading", "Record", "Walk", "clocks", "clocks_of"]
