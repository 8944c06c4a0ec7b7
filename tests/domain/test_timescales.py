"""Every timescale on its last day in time and the day after: over weekends, bank holidays and odd days."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import read
from domain.reviewed_timescales import CATALOGUE, all_ids
from domain.timescale import Limit
from infra.holidays import england
from tests.invented import codes, figures_of, history, recorded

DAY = timedelta(days=1)

LAST_DAYS = {
    (1, "working_days"): (
        ("a weekend", "2019-06-06", "2019-06-07", "2019-06-09"),
        ("a bank holiday", "2019-04-17", "2019-04-18", "2019-04-22"),
        ("the end of a month", "2019-01-31", "2019-02-01", "2019-02-03"),
        ("a leap day", "2020-02-28", "2020-03-02", "2020-03-02"),
        ("the clocks going forward", "2019-03-29", "2019-04-01", "2019-04-01"),
        ("the clocks going back", "2019-10-25", "2019-10-28", "2019-10-28"),
    ),
    (5, "working_days"): (
        ("a weekend", "2019-06-07", "2019-06-14", "2019-06-16"),
        ("a bank holiday", "2019-04-17", "2019-04-26", "2019-04-28"),
        ("the end of a month", "2019-01-31", "2019-02-07", "2019-02-07"),
        ("a leap day", "2020-02-28", "2020-03-06", "2020-03-08"),
        ("the clocks going forward", "2019-03-29", "2019-04-05", "2019-04-07"),
        ("the clocks going back", "2019-10-25", "2019-11-01", "2019-11-03"),
    ),
    (10, "working_days"): (
        ("a weekend", "2019-06-07", "2019-06-21", "2019-06-23"),
        ("a bank holiday", "2019-04-17", "2019-05-03", "2019-05-06"),
        ("the end of a month", "2019-01-31", "2019-02-14", "2019-02-14"),
        ("a leap day", "2020-02-28", "2020-03-13", "2020-03-15"),
        ("the clocks going forward", "2019-03-29", "2019-04-12", "2019-04-14"),
        ("the clocks going back", "2019-10-25", "2019-11-08", "2019-11-10"),
    ),
    (15, "working_days"): (
        ("a weekend", "2019-06-07", "2019-06-28", "2019-06-30"),
        ("a bank holiday", "2019-04-17", "2019-05-13", "2019-05-13"),
        ("the end of a month", "2019-01-31", "2019-02-21", "2019-02-21"),
        ("a leap day", "2020-02-28", "2020-03-20", "2020-03-22"),
        ("the clocks going forward", "2019-03-29", "2019-04-23", "2019-04-23"),
        ("the clocks going back", "2019-10-25", "2019-11-15", "2019-11-17"),
    ),
    (20, "working_days"): (
        ("a weekend", "2019-06-07", "2019-07-05", "2019-07-07"),
        ("a bank holiday", "2019-04-17", "2019-05-20", "2019-05-20"),
        ("the end of a month", "2019-01-31", "2019-02-28", "2019-02-28"),
        ("a leap day", "2020-02-28", "2020-03-27", "2020-03-29"),
        ("the clocks going forward", "2019-03-29", "2019-04-30", "2019-04-30"),
        ("the clocks going back", "2019-10-25", "2019-11-22", "2019-11-24"),
    ),
    (45, "working_days"): (
        ("a weekend", "2019-06-07", "2019-08-09", "2019-08-11"),
        ("a bank holiday", "2019-04-17", "2019-06-25", "2019-06-25"),
        ("the end of a month", "2019-01-31", "2019-04-04", "2019-04-04"),
        ("a leap day", "2020-02-28", "2020-05-05", "2020-05-05"),
        ("the clocks going forward", "2019-03-29", "2019-06-06", "2019-06-06"),
        ("the clocks going back", "2019-10-25", "2019-12-31", "2020-01-01"),
    ),
    (1, "weeks"): (
        ("a weekend", "2019-06-07", "2019-06-14", "2019-06-14"),
        ("a bank holiday", "2019-04-17", "2019-04-24", "2019-04-24"),
        ("the end of a month", "2019-01-31", "2019-02-07", "2019-02-07"),
        ("a leap day", "2020-02-28", "2020-03-06", "2020-03-06"),
        ("the clocks going forward", "2019-03-29", "2019-04-05", "2019-04-05"),
        ("the clocks going back", "2019-10-25", "2019-11-01", "2019-11-01"),
    ),
    (2, "weeks"): (
        ("a weekend", "2019-06-07", "2019-06-21", "2019-06-21"),
        ("a bank holiday", "2019-04-17", "2019-05-01", "2019-05-01"),
        ("the end of a month", "2019-01-31", "2019-02-14", "2019-02-14"),
        ("a leap day", "2020-02-28", "2020-03-13", "2020-03-13"),
        ("the clocks going forward", "2019-03-29", "2019-04-12", "2019-04-12"),
        ("the clocks going back", "2019-10-25", "2019-11-08", "2019-11-08"),
    ),
    (6, "weeks"): (
        ("a weekend", "2019-06-07", "2019-07-19", "2019-07-19"),
        ("a bank holiday", "2019-04-17", "2019-05-29", "2019-05-29"),
        ("the end of a month", "2019-01-31", "2019-03-14", "2019-03-14"),
        ("a leap day", "2020-02-28", "2020-04-10", "2020-04-10"),
        ("the clocks going forward", "2019-03-29", "2019-05-10", "2019-05-10"),
        ("the clocks going back", "2019-10-25", "2019-12-06", "2019-12-06"),
    ),
    (12, "weeks"): (
        ("a weekend", "2019-06-07", "2019-08-30", "2019-08-30"),
        ("a bank holiday", "2019-04-17", "2019-07-10", "2019-07-10"),
        ("the end of a month", "2019-01-31", "2019-04-25", "2019-04-25"),
        ("a leap day", "2020-02-28", "2020-05-22", "2020-05-22"),
        ("the clocks going forward", "2019-03-29", "2019-06-21", "2019-06-21"),
        ("the clocks going back", "2019-10-25", "2020-01-17", "2020-01-17"),
    ),
    (16, "weeks"): (
        ("a weekend", "2019-06-07", "2019-09-27", "2019-09-27"),
        ("a bank holiday", "2019-04-17", "2019-08-07", "2019-08-07"),
        ("the end of a month", "2019-01-31", "2019-05-23", "2019-05-23"),
        ("a leap day", "2020-02-28", "2020-06-19", "2020-06-19"),
        ("the clocks going forward", "2019-03-29", "2019-07-19", "2019-07-19"),
        ("the clocks going back", "2019-10-25", "2020-02-14", "2020-02-14"),
    ),
    (26, "weeks"): (
        ("a weekend", "2019-06-07", "2019-12-06", "2019-12-06"),
        ("a bank holiday", "2019-04-17", "2019-10-16", "2019-10-16"),
        ("the end of a month", "2019-01-31", "2019-08-01", "2019-08-01"),
        ("a leap day", "2020-02-28", "2020-08-28", "2020-08-28"),
        ("the clocks going forward", "2019-03-29", "2019-09-27", "2019-09-27"),
        ("the clocks going back", "2019-10-25", "2020-04-24", "2020-04-24"),
    ),
    (1, "months"): (
        ("a weekend", "2019-06-05", "2019-07-05", "2019-07-05"),
        ("a bank holiday", "2019-04-17", "2019-05-17", "2019-05-17"),
        ("the end of a month", "2019-01-31", "2019-02-28", "2019-02-28"),
        ("a leap day", "2020-01-31", "2020-02-29", "2020-02-29"),
        ("the clocks going forward", "2019-03-29", "2019-04-29", "2019-04-29"),
        ("the clocks going back", "2019-10-25", "2019-11-25", "2019-11-25"),
    ),
    (3, "months"): (
        ("a weekend", "2019-06-06", "2019-09-06", "2019-09-06"),
        ("a bank holiday", "2019-04-17", "2019-07-17", "2019-07-17"),
        ("the end of a month", "2019-08-31", "2019-11-30", "2019-11-30"),
        ("a leap day", "2019-11-30", "2020-02-29", "2020-02-29"),
        ("the clocks going forward", "2019-03-29", "2019-06-29", "2019-06-29"),
        ("the clocks going back", "2019-10-25", "2020-01-25", "2020-01-25"),
    ),
    (6, "months"): (
        ("a weekend", "2019-06-06", "2019-12-06", "2019-12-06"),
        ("a bank holiday", "2019-04-17", "2019-10-17", "2019-10-17"),
        ("the end of a month", "2019-08-31", "2020-02-29", "2020-02-29"),
        ("a leap day", "2019-08-31", "2020-02-29", "2020-02-29"),
        ("the clocks going forward", "2019-03-29", "2019-09-29", "2019-09-29"),
        ("the clocks going back", "2019-10-25", "2020-04-25", "2020-04-25"),
    ),
}
"""For each limit: over what, the start, the day it is due, and the last day in time.

Checked against a printed calendar: Good Friday was 19 April 2019 and 10 April 2020; 8 May 2020 took the place
of the first Monday of that May.
"""


def cp(on):
    return ("PlanStarted", on, {"plan_id": "P-1", "kind": "child_protection"})


def cin(on):
    return ("PlanStarted", on, {"plan_id": "P-1", "kind": "child_in_need"})


def held(on, kind, meeting="M-1", **data):
    return ("MeetingHeld", on, {"meeting_id": meeting, "kind": kind, **data})


def visit(on, purpose, visit="V-1", **data):
    return ("VisitMade", on, {"visit_id": visit, "purpose": purpose, "seen": True, **data})


def discussed(on, meeting="SD-1"):
    return ("StrategyDiscussionHeld", on, {"meeting_id": meeting, "outcome": "section_47"})


def placed(on):
    return ("PlacementStarted", on, {"placement_id": "PL-1"})


def track(name, on, track="T-1", **data):
    return (name, on, {"track_id": track, **data})


def supervised(on, supervision="S-1"):
    return ("SupervisionHeld", on, {"supervision_id": supervision, "children": ["C1001"]})


def before(on, days=1):
    return (date.fromisoformat(on) - days * DAY).isoformat()


CLOCKS = {
    "contact_decision:C-1": (
        1, "working_days",
        lambda on: [("ContactReceived", on, {"contact_id": "C-1"})],
        lambda on: ("ContactDecided", on, {"contact_id": "C-1", "outcome": "referral"}),
    ),
    "referral_decision:R-1": (
        1, "working_days",
        lambda on: [("ReferralReceived", on, {"referral_id": "R-1"})],
        lambda on: ("ReferralDecided", on, {"referral_id": "R-1", "outcome": "assessment"}),
    ),
    "assessment:R-1": (
        45, "working_days",
        lambda on: [
            ("ReferralReceived", on, {"referral_id": "R-1"}),
            ("AssessmentStarted", on, {"assessment_id": "A-1", "referral_id": "R-1"}),
        ],
        lambda on: ("AssessmentCompleted", on, {"assessment_id": "A-1"}),
    ),
    "assessment_child_seen:R-1": (
        10, "working_days",
        lambda on: [("ReferralReceived", on, {"referral_id": "R-1"})],
        lambda on: visit(on, "assessment"),
    ),
    "parenting_assessment:A-1": (
        12, "weeks",
        lambda on: [("AssessmentStarted", on, {"assessment_id": "A-1", "kind": "parenting"})],
        lambda on: ("AssessmentCompleted", on, {"assessment_id": "A-1"}),
    ),
    "initial_conference:SD-1": (
        15, "working_days",
        lambda on: [discussed(on)],
        lambda on: held(on, "initial_conference"),
    ),
    "transfer_in_conference:Elsewhere": (
        15, "working_days",
        lambda on: [("TransferredIn", on, {"from_authority": "Elsewhere"})],
        lambda on: held(on, "transfer_in_conference"),
    ),
    "core_group_first:P-1": (
        10, "working_days", lambda on: [cp(on)], lambda on: held(on, "core_group"),
    ),
    "core_group:P-1": (
        6, "weeks",
        lambda on: [cp(before(on)), held(on, "core_group")],
        lambda on: held(on, "core_group", "M-2"),
    ),
    "review_conference_first:P-1": (
        3, "months", lambda on: [cp(on)], lambda on: held(on, "review_conference"),
    ),
    "review_conference:P-1": (
        6, "months",
        lambda on: [cp(before(on)), held(on, "review_conference")],
        lambda on: held(on, "review_conference", "M-2"),
    ),
    "child_protection_visit:P-1": (
        10, "working_days", lambda on: [cp(on)], lambda on: visit(on, "child_protection"),
    ),
    "child_protection_visit:P-1:2": (
        10, "working_days",
        lambda on: [cp(before(on)), visit(on, "child_protection")],
        lambda on: visit(on, "child_protection", "V-2"),
    ),
    "child_in_need_visit:P-1": (
        20, "working_days", lambda on: [cin(on)], lambda on: visit(on, "child_in_need"),
    ),
    "child_in_need_review:P-1": (
        3, "months", lambda on: [cin(on)], lambda on: held(on, "child_in_need_review"),
    ),
    "looked_after_visit:PL-1": (
        1, "weeks", lambda on: [placed(on)], lambda on: visit(on, "looked_after"),
    ),
    "looked_after_visit:PL-1:2": (
        6, "weeks",
        lambda on: [placed(before(on)), visit(on, "looked_after")],
        lambda on: visit(on, "looked_after", "V-2"),
    ),
    "looked_after_review:E-1": (
        20, "working_days",
        lambda on: [("CareStarted", on, {"episode_id": "E-1"})],
        lambda on: held(on, "looked_after_review"),
    ),
    "looked_after_review:E-1:2": (
        3, "months",
        lambda on: [("CareStarted", before(on), {"episode_id": "E-1"}), held(on, "looked_after_review")],
        lambda on: held(on, "looked_after_review", "M-2"),
    ),
    "looked_after_review:E-1:3": (
        6, "months",
        lambda on: [
            ("CareStarted", before(on, 2), {"episode_id": "E-1"}),
            held(before(on), "looked_after_review", "M-0"),
            held(on, "looked_after_review"),
        ],
        lambda on: held(on, "looked_after_review", "M-2"),
    ),
    "care_plan:PL-1": (
        10, "working_days",
        lambda on: [placed(on)],
        lambda on: ("CarePlanPrepared", on, {"plan_id": "CP-1"}),
    ),
    "placement_plan:PL-1": (
        5, "working_days",
        lambda on: [placed(on)],
        lambda on: ("PlacementPlanPrepared", on, {"plan_id": "PP-1"}),
    ),
    "minutes:M-1": (
        10, "working_days",
        lambda on: [held(on, "core_group")],
        lambda on: ("MinutesDistributed", on, {"meeting_id": "M-1"}),
    ),
    "minutes:M-2": (
        15, "working_days",
        lambda on: [held(on, "review_conference", "M-2")],
        lambda on: ("MinutesDistributed", on, {"meeting_id": "M-2"}),
    ),
    "conference_decisions:M-1": (
        1, "working_days",
        lambda on: [held(on, "initial_conference")],
        lambda on: ("DecisionsSent", on, {"meeting_id": "M-1"}),
    ),
    "pre_proceedings:T-1": (
        16, "weeks",
        lambda on: [track("PreProceedingsDecided", on)],
        lambda on: track("PreProceedingsEnded", on, outcome="issue"),
    ),
    "pre_proceedings_letter:T-1": (
        5, "working_days",
        lambda on: [track("PreProceedingsDecided", on)],
        lambda on: track("LetterBeforeProceedingsSent", on),
    ),
    "pre_proceedings_meeting:T-1": (
        10, "working_days",
        lambda on: [track("LetterBeforeProceedingsSent", on)],
        lambda on: track("PreProceedingsMeetingHeld", on),
    ),
    "proceedings:K-1": (
        26, "weeks",
        lambda on: [("ProceedingsIssued", on, {"case_id": "K-1"})],
        lambda on: ("ProceedingsConcluded", on, {"case_id": "K-1"}),
    ),
    "supervision:W-1": (
        1, "months", lambda on: [("WorkerJoined", on, {})], supervised,
    ),
    "supervision:W-1:2": (
        2, "weeks",
        lambda on: [
            ("WorkerJoined", before(on, 50), {"newly_qualified_until": "2021-01-01"}), supervised(on)
        ],
        lambda on: supervised(on, "S-2"),
    ),
    "supervision:W-1:3": (
        1, "weeks",
        lambda on: [
            ("WorkerJoined", before(on, 20), {"newly_qualified_until": "2021-01-01"}),
            supervised(before(on, 7), "S-0"), supervised(on),
        ],
        lambda on: supervised(on, "S-2"),
    ),
    "case_supervision:W-1": (
        6, "weeks", lambda on: [("WorkerAllocated", on, {"worker_id": "W-1"})], supervised,
    ),
}  # fmt: skip
"""For each clock: its limit, what starts it, and what stops it."""

NEWLY_QUALIFIED = {"newly_qualified_until": "2021-01-01"}

ON_EVERY_KIND_OF_DAY = [
    pytest.param(id, *LAST_DAYS[value, unit][n], id=f"{id} over {LAST_DAYS[value, unit][n][0]}")
    for id, (value, unit, _, _) in CLOCKS.items()
    for n in range(6)
]


def told(id, *facts):
    """Facts on the stream of whom the clock is of; supervision of a child stands on the worker's."""
    of_worker = id.startswith("supervision")
    return [
        recorded(number, name, on, stream=_stream(name, of_worker), **data)
        for number, (name, on, data) in enumerate(facts, 1)
    ]


def _stream(name, of_worker):
    return "worker:W-1" if of_worker or name == "SupervisionHeld" else "C1001"


def read_at(id, facts, day):
    """The one clock of an id, as at a day."""
    child = "worker:W-1" if id.startswith("supervision") else "C1001"
    found = figures_of(facts, day, child)
    (clock,) = [c for c in found.clocks if c.id == id]
    return clock


@pytest.mark.parametrize(("id", "over", "start", "due", "last"), ON_EVERY_KIND_OF_DAY)
def test_the_last_day_is_in_time_and_the_day_after_is_late(id, over, start, due, last):
    value, unit, starts, stops = CLOCKS[id]
    after = (date.fromisoformat(last) + DAY).isoformat()
    in_time = read_at(id, told(id, *starts(start), stops(last)), date.fromisoformat(last))
    late = read_at(id, told(id, *starts(start), stops(after)), date.fromisoformat(after))
    limit = in_time.timescale.limit
    assert (limit.value, limit.unit, in_time.due_on.isoformat()) == (value, unit, due)
    assert (in_time.status, in_time.is_met_in_time) == ("stopped", True)
    assert (late.status, late.is_met_in_time) == ("stopped", False)


@pytest.mark.parametrize(("id", "over", "start", "due", "last"), ON_EVERY_KIND_OF_DAY[::3])
def test_an_open_clock_is_past_its_limit_from_the_day_after(id, over, start, due, last):
    starts = CLOCKS[id][2]
    day = date.fromisoformat(last)
    for on, is_over in ((day, False), (day + DAY, True)):
        found = read(read_at(id, told(id, *starts(start)), on), on, england())
        assert (found.is_over, "OPEN_PAST_LIMIT" in codes(found)) == (is_over, is_over)


def test_every_timescale_has_an_example():
    assert {id.partition(":")[0] for id in CLOCKS} | {"action"} == set(all_ids())


def test_every_part_of_a_timescale_has_an_example():
    shown = {("action", "")}
    for id, (_, _, starts, _) in CLOCKS.items():
        row = read_at(id, told(id, *starts("2019-06-07")), date(2019, 6, 30)).timescale
        shown.add((row.id, row.part))
    assert shown == {(row.id, row.part) for row in CATALOGUE}


@pytest.mark.parametrize(
    ("due", "after"),
    [
        pytest.param("2019-06-30", "2019-07-01", id="a weekend"),
        pytest.param("2019-04-19", "2019-04-20", id="a bank holiday"),
        pytest.param("2019-01-31", "2019-02-01", id="the end of a month"),
        pytest.param("2020-02-29", "2020-03-01", id="a leap day"),
        pytest.param("2019-03-31", "2019-04-01", id="the clocks going forward"),
        pytest.param("2019-10-27", "2019-10-28", id="the clocks going back"),
    ],
)
def test_an_action_is_in_time_up_to_its_own_day(due, after):
    last = date.fromisoformat(due)
    given = ("ActionSet", before(due, 29), {"action_id": "X-1", "origin": "audit", "due_on": due})
    for done, in_time in ((due, True), (after, False)):
        found = read_at("action:X-1", history(given, ("ActionDone", done, {"action_id": "X-1"})), last + DAY)
        assert (found.due_on, found.in_time_until, found.is_met_in_time) == (last, last, in_time)
        assert found.timescale.limit == Limit(29, "calendar_days")
    for day, is_over in ((last, False), (last + DAY, True)):
        assert read(read_at("action:X-1", history(given), day), day, england()).is_over is is_over


@pytest.mark.parametrize(
    ("joined", "previous", "unit", "value"),
    [
        ("2019-06-03", "2019-07-14", "weeks", 1),
        ("2019-06-03", "2019-07-15", "weeks", 2),
        ("2019-06-03", "2019-12-02", "weeks", 2),
        ("2019-06-03", "2019-12-03", "months", 1),
    ],
)
def test_newly_qualified_supervision_is_weekly_then_fortnightly_then_monthly(joined, previous, unit, value):
    facts = told("supervision", ("WorkerJoined", joined, NEWLY_QUALIFIED), supervised(previous))
    clock = read_at("supervision:W-1:2", facts, date(2019, 12, 31))
    assert (clock.timescale.limit.value, clock.timescale.limit.unit) == (value, unit)


def test_the_manual_says_how_every_timescale_starts_and_stops():
    page = (Path(__file__).parents[2] / "docs" / "true-clock.md").read_text()
    assert [id for id in all_ids() if f"`{id}`" not in page] == []


limits = st.builds(
    Limit, st.integers(1, 60), st.sampled_from(["working_days", "calendar_days", "weeks", "months"])
)


@given(limits, limits, st.dates(date(2015, 1, 1), date(2029, 12, 31)))
def test_a_limit_allows_more_than_another_where_its_last_day_in_time_is_later(limit, other, start):
    later = limit.in_time_until(start, england()) > other.in_time_until(start, england())
    assert limit.allows_more_than(other, start, england()) is later
