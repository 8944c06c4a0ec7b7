"""The timescales that one fact starts and one stops.

Where the rules leave two readings, the one that hides no time is taken:

- Nothing but its stop ends one of these clocks, not the end of the track nor of the meeting; the end of a
  placement ends `placement_plan`, that of care `care_plan`, which a child who is moved still needs.
- A conference is an initial, a review or a transfer-in conference; one that was not quorate too has minutes
  and decisions, and `transfer_in_conference`, of which nothing is said, stops with any.
- "TransferredIn (or its conference_due_from)": a meeting before that day stops nothing. A second transfer
  from the same authority while the clock runs joins it. Its subject is that authority.
- "PlacementStarted (first; each)": the first of each time in care, and out of it. A plan prepared
  before the placement stops nothing; one prepared after it stops every clock of its kind that runs.
- "ActionSet ... its `due_on`": set twice, it is due on the earlier day. Reopened, it was not done, and the
  same clock runs on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest

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
    parted,
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
                if f is life.start or (is_set(f) and is_not_before(f, life.start) and _is_of(life, f))
            ]
            due_on = min(day_of(f.data["due_on"]) for f in said)
            limit = ((due_on - life.start.day).days, "calendar_days")
            clock = _of_life("action", life, limit)
            if life.reopened is not None:
                clock.flags.append(("REOPENED_SAME_RECORD", None, [life.reopened]))
            found.append(clock)
    return found


def _is_of(life: Life, told: Fact) -> bool:
    """Whether a second report of a beginning comes before the end: of one day, what was open that morning
    ended first."""
    end = life.end
    if end is not None and told.day == end.day > life.start.day and told.instant is end.instant is None:
        return False
    return is_not_after(told, life.end)


def _transfers_in(facts: Sequence[Fact], as_at: date) -> list[OneOff]:
    """From TransferredIn, or its ``conference_due_from``; a second one from the same authority while the
    clock runs joins it."""
    told = [f for f in facts if f.type == "TransferredIn"]
    return [
        clock
        for authority in sorted({f.data["from_authority"] for f in told})
        for clock in _from_authority(
            authority, [f for f in told if f.data["from_authority"] == authority], facts, as_at
        )
    ]


def _from_authority(authority: str, told: Sequence[Fact], facts: Sequence[Fact], as_at: date) -> list[OneOff]:
    in_order = sorted(told, key=place)
    starts = sorted((f for f in map(_as_due_from, in_order) if f.day <= as_at), key=lambda f: place(f)[:3])
    found: list[OneOff] = []
    for start in starts:
        last = found[-1].end_fact if found else None
        if found and (last is None or not _ends_before(last, start)):
            continue
        fact = next(one for one in told if one.identity == start.identity)
        clock = OneOff("transfer_in_conference", authority, start.day, fact, (15, "working_days"))
        clock.flags.append(("TRANSFER_IN", None, [fact]))
        later = starts[starts.index(start) + 1 :]
        held = []
        for meeting in meetings(facts, "transfer_in_conference"):
            since = [
                one
                for one in meeting.reports
                if is_not_before(one, start) and (last is None or place(one) > place(last))
            ]
            # "on the latest day ever reported for it with no new beginning between"
            for one, following in zip_longest(since, since[1:]):
                if following is None or any(
                    not is_not_before(one, other) and is_not_before(following, other) for other in later
                ):
                    held.append(one)
                    break
        if held:
            clock.status, clock.end_fact = "stopped", min(held, key=place)
        found.append(clock)
    return found


def _as_due_from(transfer: Fact) -> Fact:
    """A transfer on the day its conference is due from; a date alone stands for the start of its day."""
    due_from = transfer.data.get("conference_due_from")
    return replace(transfer, day=day_of(due_from), instant=None) if due_from else transfer


def _ends_before(end: Fact, start: Fact) -> bool:
    """Of one day without a time, what ran that morning is stopped before another begins."""
    if end.day == start.day and end.instant is None and start.instant is None:
        return True
    return place(end) < place(start)


def _plans_for_placements(facts: Sequence[Fact]) -> list[OneOff]:
    """`care_plan` from the first placement of each time in care, `placement_plan` from each placement."""
    placements = lives_of_each(facts, "placement_id", of_type("PlacementStarted"), of_type("PlacementEnded"))
    care = lives_of_each(facts, "episode_id", of_type("CareStarted"), of_type("CareEnded"))
    found = []
    last_time: object = None
    for number, life in enumerate(placements):
        begun = [c for c in care if c.start.day <= life.start.day]
        in_care = begun[-1] if begun else None
        is_over = in_care is not None and in_care.end is not None and _ends_before(in_care.end, life.start)
        if number == 0 or (in_care, is_over) != last_time:
            plan = _until_prepared("care_plan", life, placements, facts, "CarePlanPrepared", 10)
            found.append(plan if is_over or in_care is None else _ended_with(plan, in_care.end))
        last_time = (in_care, is_over)
        plan = _until_prepared("placement_plan", life, placements, facts, "PlacementPlanPrepared", 5)
        found.append(_ended_with(plan, life.end))
    return found


def _ended_with(clock: OneOff, end: Fact | None) -> OneOff:
    """A clock that ends with what it is for, unless it was stopped before."""
    if end is not None and (clock.end_fact is None or not is_not_after(clock.end_fact, end)):
        clock.status, clock.end_fact = "ended_without_completion", end
    return clock


def _until_prepared(
    timescale: str,
    life: Life,
    placements: Sequence[Life],
    facts: Sequence[Fact],
    type: str,
    working_days: int,
) -> OneOff:
    clock = OneOff(timescale, life.id, life.start.day, life.start, (working_days, "working_days"))
    prepared = [f for f in facts if f.type == type and is_not_before(f, life.start)]
    beginnings = [
        other.start for other in placements if other.id == life.id and place(other.start) > place(life.start)
    ]
    if prepared:
        # "on the latest day ever reported for it with no new beginning between"
        ends = [parted(each.reports, beginnings)[0] for each in happenings(prepared, "plan_id")]
        clock.status, clock.end_fact = "stopped", min(ends, key=place)
    return clock
