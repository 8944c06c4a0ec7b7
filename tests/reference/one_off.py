"""The timescales that one fact starts and one stops.

Where the rules leave two readings, the one that hides no time is taken:

- Nothing but its stop ends one of these clocks: not the end of the track, the placement or the meeting.
- A conference is an initial, a review or a transfer-in conference; one that was not quorate too has minutes
  and decisions, and `transfer_in_conference`, of which nothing is said, stops with any.
- "TransferredIn (or its conference_due_from)": a meeting before that day stops nothing. A second transfer
  while the clock runs joins it. Its subject is the authority the child came from.
- "PlacementStarted (first; each)": the first of each time in care. A plan prepared before the placement stops
  nothing; one prepared after it stops every clock of its kind that runs.
- "ActionSet ... its `due_on`": set twice, it is due on the earlier day. Reopened, it was not done, and the
  same clock runs on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.reference.days import day_of
from tests.reference.intervals import Flag, Limit
from tests.reference.lives import (
    Is,
    Life,
    happenings,
    is_not_after,
    is_not_before,
    lives,
    lives_of_each,
    meetings,
    of_type,
    place,
)
from tests.reference.told import Fact

CONFERENCES = {"initial_conference", "review_conference", "transfer_in_conference"}


@dataclass
class OneOff:
    """A clock from one fact to another."""

    timescale: str
    subject: str
    start: date
    start_fact: Fact
    limit: Limit
    status: str = "open"
    end_fact: Fact | None = None
    flags: list[Flag] = field(default_factory=list)


def _from_to(
    facts: Sequence[Fact], timescale: str, id_field: str, is_start: Is, is_end: Is, limit: Limit
) -> list[OneOff]:
    return [_of_life(timescale, life, limit) for life in lives_of_each(facts, id_field, is_start, is_end)]


def _of_life(timescale: str, life: Life, limit: Limit) -> OneOff:
    clock = OneOff(timescale, life.id, life.start.day, life.start, limit)
    if life.end is not None:
        clock.status, clock.end_fact = "stopped", life.end
    return clock


def _is_conference(fact: Fact) -> bool:
    return fact.type == "MeetingHeld" and fact.data.get("kind") in CONFERENCES


def one_offs_of_child(facts: Sequence[Fact], as_at: date) -> list[OneOff]:
    found = _minutes(facts)
    found += _from_to(
        facts,
        "conference_decisions",
        "meeting_id",
        _is_conference,
        of_type("DecisionsSent"),
        (1, "working_days"),
    )
    found += _from_to(
        facts,
        "pre_proceedings_letter",
        "track_id",
        of_type("PreProceedingsDecided"),
        of_type("LetterBeforeProceedingsSent"),
        (5, "working_days"),
    )
    found += _from_to(
        facts,
        "pre_proceedings_meeting",
        "track_id",
        of_type("LetterBeforeProceedingsSent"),
        of_type("PreProceedingsMeetingHeld"),
        (10, "working_days"),
    )
    found += _from_to(
        facts,
        "proceedings",
        "case_id",
        of_type("ProceedingsIssued"),
        of_type("ProceedingsConcluded"),
        (26, "weeks"),
    )
    return found + actions(facts) + _transfers_in(facts, as_at) + _plans_for_placements(facts)


def _minutes(facts: Sequence[Fact]) -> list[OneOff]:
    """ "10 wd; conferences 15 wd"."""
    found = []
    for clock in _from_to(
        facts,
        "minutes",
        "meeting_id",
        of_type("MeetingHeld"),
        of_type("MinutesDistributed"),
        (10, "working_days"),
    ):
        if _is_conference(clock.start_fact):
            clock.limit = (15, "working_days")
        found.append(clock)
    return found


def actions(facts: Sequence[Fact]) -> list[OneOff]:
    """From ActionSet to ActionDone; one reopened runs on. The earliest day it was said to be due is its
    limit."""
    found = []
    for id in sorted({f.data["action_id"] for f in facts if f.type == "ActionSet"}):
        told = sorted((f for f in facts if f.data.get("action_id") == id), key=place)
        is_set = of_type("ActionSet")
        for life in lives(id, told, is_set, of_type("ActionDone"), of_type("ActionReopened")):
            said = [
                f
                for f in told
                if f is life.start
                or (is_set(f) and is_not_before(f, life.start) and is_not_after(f, life.end))
            ]
            due_on = min(day_of(f.data["due_on"]) for f in said)
            limit = ((due_on - life.start.day).days, "calendar_days")
            clock = _of_life("action", life, limit)
            if life.reopened is not None:
                clock.flags.append(("REOPENED_SAME_RECORD", None, [life.reopened]))
            found.append(clock)
    return found


def _transfers_in(facts: Sequence[Fact], as_at: date) -> list[OneOff]:
    """From TransferredIn, or its ``conference_due_from``; a second while one runs joins it."""
    starts = []
    for fact in facts:
        if fact.type == "TransferredIn":
            due_from = fact.data.get("conference_due_from")
            day = day_of(due_from) if due_from else fact.day
            if day <= as_at:
                starts.append((day, place(fact), fact))
    found: list[OneOff] = []
    for day, _, fact in sorted(starts, key=lambda start: start[:2]):
        if found and found[-1].end_fact is None:
            continue
        if found and found[-1].end_fact is not None and found[-1].end_fact.day > day:
            continue
        clock = OneOff("transfer_in_conference", fact.data["from_authority"], day, fact, (15, "working_days"))
        clock.flags.append(("TRANSFER_IN", None, [fact]))
        used = [other.end_fact for other in found]
        for meeting in meetings(facts, "transfer_in_conference"):
            follows = meeting.last.day >= day if day != fact.day else is_not_before(meeting.last, fact)
            if follows and meeting.last not in used:
                clock.status, clock.end_fact = "stopped", meeting.last
                break
        found.append(clock)
    return found


def _plans_for_placements(facts: Sequence[Fact]) -> list[OneOff]:
    """`care_plan` from the first placement of each time in care, `placement_plan` from each placement."""
    placements = lives_of_each(facts, "placement_id", of_type("PlacementStarted"), of_type("PlacementEnded"))
    care = lives_of_each(facts, "episode_id", of_type("CareStarted"), of_type("CareEnded"))
    found = []
    last_care: object = None
    for number, life in enumerate(placements):
        begun = [c for c in care if is_not_before(life.start, c.start)]
        in_care = begun[-1] if begun else None
        if number == 0 or in_care is not last_care:
            found.append(_until_prepared("care_plan", life, facts, "CarePlanPrepared", 10))
        last_care = in_care
        found.append(_until_prepared("placement_plan", life, facts, "PlacementPlanPrepared", 5))
    return found


def _until_prepared(
    timescale: str, life: Life, facts: Sequence[Fact], type: str, working_days: int
) -> OneOff:
    clock = OneOff(timescale, life.id, life.start.day, life.start, (working_days, "working_days"))
    prepared = [f for f in facts if f.type == type and is_not_before(f, life.start)]
    beginnings = [f for f in facts if f.type == "PlacementStarted" and place(f) > place(life.start)]
    if prepared:
        # "on the latest day ever reported for it with no new beginning between"
        ends = []
        for happening in happenings(prepared, "plan_id"):
            last = happening.reports[0]
            for report in happening.reports[1:]:
                if any(place(last) < place(b) and is_not_before(report, b) for b in beginnings):
                    break
                last = report
            ends.append(last)
        clock.status, clock.end_fact = "stopped", min(ends, key=place)
    return clock
