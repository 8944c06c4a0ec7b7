"""The slow reference against the contract: each rule by examples worked out by hand."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.reference.coverage import is_excepted, is_held_from_now_on, uncovered
from tests.reference.days import day_of
from tests.reference.histories import (
    AMENDING,
    Fact,
    days_of,
    histories,
    history_and_insertion,
    numbered,
)
from tests.reference.told_in_lines import given
from tests.reference.true_clock import Reading, clocks

REFERRAL = "2019-03-05 ReferralReceived R-1"
START = "2019-03-06 AssessmentStarted A-1"
FOR_ASSESSMENT = "2019-03-05 ReferralDecided R-1 outcome=assessment"


def assessments(facts: list[dict[str, Any]], as_at: str, **asked: Any) -> dict[str, dict[str, Any]]:
    found = clocks(facts, as_at, **asked)
    return {c["id"]: c for c in found if c["timescale"] == "assessment"}


def periods(facts: list[dict[str, Any]], as_at: str) -> list[tuple[str, str, str | None, str]]:
    """Each assessment clock in short: id, start, end, status."""
    return [
        (c["id"].removeprefix("assessment:"), c["started_on"], c["stopped_on"], c["status"])
        for c in assessments(facts, as_at).values()
    ]


def flags(facts: list[dict[str, Any]], as_at: str, id: str = "assessment:R-1") -> dict[str, Any]:
    return {f["code"]: f["value"] for f in assessments(facts, as_at)[id]["flags"]}


OPEN = [("R-1", "2019-03-05", None, "open")]


# -- the worked example -----------------------------------------------------------

WORKED = given(
    REFERRAL,
    START,
    "2019-04-17 AssessmentClosed A-1 reason=re-evaluate",
    "2019-04-29 AssessmentStarted A-2",
    "2019-06-20 AssessmentClosed A-2",
    "2019-07-01 AssessmentStarted A-3",
    "2019-07-12 AssessmentCompleted A-3",
)


def test_the_worked_example_is_one_clock_of_89_working_days() -> None:
    [clock] = assessments(WORKED, "2019-10-22").values()
    assert (clock["id"], clock["status"]) == ("assessment:R-1", "stopped")
    assert (clock["started_on"], clock["stopped_on"]) == ("2019-03-05", "2019-07-12")
    assert clock["due_on"] == "2019-05-10"
    assert clock["elapsed"] == {"working_days": 89, "calendar_days": 129}
    assert clock["recorded"] == {
        "record": "A-3",
        "from": "2019-07-01",
        "to": "2019-07-12",
        "working_days": 9,
        "calendar_days": 11,
    }
    assert clock["hidden"] == {"working_days": 80, "calendar_days": 118}
    assert clock["over_by"] == {"working_days": 44, "calendar_days": 63}


def test_the_worked_example_has_six_spans() -> None:
    [clock] = assessments(WORKED, "2019-10-22").values()
    assert [
        (s["state"], s["record"], s["from"], s["to"], s["working_days"], s["shown"]) for s in clock["spans"]
    ] == [
        ("waiting", None, "2019-03-05", "2019-03-06", 1, False),
        ("open", "A-1", "2019-03-06", "2019-04-17", 30, False),
        ("closed", None, "2019-04-17", "2019-04-29", 6, False),
        ("open", "A-2", "2019-04-29", "2019-06-20", 36, False),
        ("closed", None, "2019-06-20", "2019-07-01", 7, False),
        ("open", "A-3", "2019-07-01", "2019-07-12", 9, True),
    ]


def test_on_20_may_the_worked_example_ran_past_its_limit() -> None:
    # 1 + 30 + 6 working days to 29 April, then 30 Apr, 1-3, 7-10, 13-17 and 20 May: 14
    clock = assessments(WORKED, "2019-05-20")["assessment:R-1"]
    assert (clock["status"], clock["elapsed"]["working_days"]) == ("open", 51)
    assert clock["recorded"]["working_days"] == 14
    assert "OPEN_PAST_LIMIT" in flags(WORKED, "2019-05-20")


# -- late ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "over"),
    [
        ("2019-05-10", 0),  # a Friday, the 45th working day
        ("2019-05-12", 0),  # the Sunday after it: still in time
        ("2019-05-13", 1),
    ],
)
def test_late_is_more_working_days_than_the_limit(stop: str, over: int) -> None:
    facts = given(REFERRAL, START, f"{stop} AssessmentCompleted A-1")
    clock = assessments(facts, "2019-06-30")["assessment:R-1"]
    assert clock["over_by"]["working_days"] == over


# -- rule 1 -----------------------------------------------------------------------------------------


def test_1_a_referral_starts_a_clock_on_the_day_it_is_received() -> None:
    assert periods(given(REFERRAL), "2019-03-05") == OPEN
    assert periods(given(REFERRAL), "2019-03-04") == []


def test_1_a_referral_starts_none_while_one_runs() -> None:
    assert periods(given(REFERRAL, "2019-03-20 ReferralReceived R-2"), "2019-04-01") == OPEN


def test_1_an_instant_late_in_the_evening_is_of_its_london_day() -> None:
    facts = given("2019-06-04T23:30:00Z ReferralReceived R-1")
    assert periods(facts, "2019-06-10") == [("R-1", "2019-06-05", None, "open")]


def test_1_an_assessment_without_a_referral_starts_one_from_its_own_start() -> None:
    assert periods(given(START), "2019-04-01") == [("A-1", "2019-03-06", None, "open")]
    assert flags(given(START), "2019-04-01", "assessment:A-1") == {"NO_OPEN_REFERRAL": None}


def test_1_no_open_referral_counts_working_days_since_the_last_was_over() -> None:
    facts = given(
        REFERRAL,
        FOR_ASSESSMENT,
        "2019-03-29 ReferralClosed R-1 reason=RC8",
        "2019-05-07 AssessmentStarted A-1",
    )
    # 20 working days in April, 1 to 3 and 7 May
    assert flags(facts, "2019-05-08", "assessment:A-1") == {"NO_OPEN_REFERRAL": 24}


def test_1_closing_such_an_assessment_does_not_end_the_need() -> None:
    facts = given(START, "2019-03-20 AssessmentClosed A-1")
    assert periods(facts, "2019-05-30") == [("A-1", "2019-03-06", None, "open")]


def test_1_a_parenting_assessment_starts_none() -> None:
    assert periods(given(START + " kind=parenting"), "2019-04-01") == []


# -- rule 2 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact",
    [
        "AssessmentClosed A-1",
        "AssessmentCancelled A-1",
        "AssessmentPaused A-1",
        "RecordDeleted A-1",
        "RecordDeleted R-1",
        "RecordDisappeared A-1",
        "WorkerAllocated W-2",
        "CaseTransferred T-2",
    ],
)
def test_2_nothing_else_stops_a_clock(fact: str) -> None:
    assert periods(given(REFERRAL, START, f"2019-03-20 {fact}"), "2019-04-01") == OPEN


def test_2_the_same_record_reopened_joins_whatever_the_gap() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentClosed A-1", "2019-06-20 AssessmentReopened A-1")
    assert periods(facts, "2019-06-21") == OPEN
    assert "REOPENED_SAME_RECORD" in flags(facts, "2019-06-21")


def test_2_recorded_counts_from_the_last_reopening() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentClosed A-1", "2019-06-20 AssessmentReopened A-1")
    recorded = assessments(facts, "2019-06-25")["assessment:R-1"]["recorded"]
    assert (recorded["from"], recorded["working_days"]) == ("2019-06-20", 3)


def test_2_another_started_after_one_was_closed() -> None:
    assert "RESTARTED_ON_OPEN_REFERRAL" in flags(WORKED, "2019-10-22")


@pytest.mark.parametrize("end", ["AssessmentCancelled", "RecordDeleted"])
def test_2_another_started_after_one_was_cancelled_or_deleted(end: str) -> None:
    facts = given(REFERRAL, START, f"2019-03-20 {end} A-1", "2019-04-01 AssessmentStarted A-2")
    found = flags(facts, "2019-04-02")
    assert "CANCELLED_THEN_RESTARTED" in found
    assert "RESTARTED_ON_OPEN_REFERRAL" not in found


def test_2_another_started_beside_an_open_one_is_no_restart() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentStarted A-2")
    assert flags(facts, "2019-04-01") == {}


def test_2_a_start_of_a_closed_id_is_a_reopening() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentClosed A-1", "2019-04-01 AssessmentStarted A-1")
    assert set(flags(facts, "2019-04-02")) == {"REOPENED_SAME_RECORD"}


def test_2_reopening_an_open_record_changes_nothing() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentReopened A-1")
    assert flags(facts, "2019-04-01") == {}
    recorded = assessments(facts, "2019-04-01")["assessment:R-1"]["recorded"]
    assert recorded["from"] == "2019-03-06"


def test_2_an_assessment_brings_every_referral_then_open() -> None:
    # A-2 starts on R-1, answered but open, so that R-1 being over ends A-2's need
    facts = given(
        REFERRAL,
        START,
        "2019-03-20 AssessmentCompleted A-1",
        "2019-04-01 AssessmentStarted A-2",
        "2019-04-10 ReferralClosed R-1",
    )
    assert periods(facts, "2019-05-20") == [
        ("R-1", "2019-03-05", "2019-03-20", "stopped"),
        ("A-2", "2019-04-01", "2019-04-10", "ended_without_completion"),
    ]


# -- rule 3 -----------------------------------------------------------------------------------------

ENDED = [REFERRAL, START, "2019-04-01 ReferralClosed R-1 reason=RC8"]


def test_3_the_need_ends_when_its_last_open_referral_is_over() -> None:
    assert periods(given(*ENDED), "2019-06-01") == [
        ("R-1", "2019-03-05", "2019-04-01", "ended_without_completion")
    ]
    found = flags(given(*ENDED), "2019-06-01")
    assert found["ENDED_WITHOUT_COMPLETION"] == "RC8"
    assert "CLOSED_WITH_OPEN_ASSESSMENT" in found


def test_3_it_runs_while_another_referral_on_it_is_open() -> None:
    facts = given(*ENDED, "2019-03-20 ReferralReceived R-2")
    assert periods(facts, "2019-06-01") == OPEN


@pytest.mark.parametrize("joining", ["ReferralReceived R-2", "AssessmentStarted A-2", "SteppedUp R-2"])
def test_3_on_the_28th_day_the_same_clock_runs_again(joining: str) -> None:
    facts = given(*ENDED, f"2019-04-29 {joining}")
    assert periods(facts, "2019-04-30") == OPEN
    assert "CONTINUATION_WITHIN_WINDOW" in flags(facts, "2019-04-30")


def test_3_on_the_29th_day_a_new_clock_starts() -> None:
    facts = given(*ENDED, "2019-04-30 ReferralReceived R-2")
    assert periods(facts, "2019-05-01") == [
        ("R-1", "2019-03-05", "2019-04-01", "ended_without_completion"),
        ("R-2", "2019-04-30", None, "open"),
    ]


def test_3_reopening_a_record_sets_it_running_at_any_time() -> None:
    facts = given(*ENDED, "2019-06-10 AssessmentReopened A-1")
    assert periods(facts, "2019-06-11") == OPEN
    found = flags(facts, "2019-06-11")
    assert "REOPENED_SAME_RECORD" in found
    assert "CONTINUATION_WITHIN_WINDOW" not in found


def test_3_until_every_record_so_reopened_is_closed_again() -> None:
    facts = given(*ENDED, "2019-06-10 AssessmentReopened A-1", "2019-06-14 AssessmentClosed A-1")
    assert periods(facts, "2019-06-20") == [("R-1", "2019-03-05", "2019-06-14", "ended_without_completion")]


def test_3_a_completion_after_the_end_stops_it_on_its_own_day() -> None:
    facts = given(*ENDED, "2019-04-05 AssessmentCompleted A-1")
    assert periods(facts, "2019-06-01") == [("R-1", "2019-03-05", "2019-04-05", "stopped")]
    assert "COMPLETED_AFTER_CLOSING" in flags(facts, "2019-06-01")


@pytest.mark.parametrize(
    ("decided", "left"),
    [("2019-03-19", []), ("2019-03-20", [("R-1", "2019-03-05", "2019-03-20")])],
)
def test_3_a_need_over_within_ten_working_days_leaves_no_clock(decided: str, left: list[Any]) -> None:
    facts = given(REFERRAL, f"{decided} ReferralDecided R-1 outcome=no_further_action")
    assert [period[:3] for period in periods(facts, "2019-06-01")] == left


def test_3_one_decided_for_assessment_leaves_a_clock() -> None:
    facts = given(REFERRAL, FOR_ASSESSMENT, "2019-03-07 ReferralClosed R-1")
    assert periods(facts, "2019-06-01") == [("R-1", "2019-03-05", "2019-03-07", "ended_without_completion")]


def test_3_an_assessment_that_names_the_referral_counts_whenever_it_starts() -> None:
    over = "2019-03-07 ReferralClosed R-1"
    facts = given(REFERRAL, over, "2019-06-03 AssessmentStarted A-1 referral_id=R-1")
    assert periods(facts, "2019-06-02") == []
    assert periods(facts, "2019-06-04") == [
        ("R-1", "2019-03-05", "2019-03-07", "ended_without_completion"),
        ("A-1", "2019-06-03", None, "open"),
    ]


def test_3_only_an_assessment_continues_a_need_that_left_no_clock() -> None:
    over = "2019-03-07 ReferralClosed R-1"
    assert periods(given(REFERRAL, over, "2019-03-20 ReferralReceived R-2"), "2019-03-21") == [
        ("R-2", "2019-03-20", None, "open")
    ]
    assert periods(given(REFERRAL, over, "2019-03-20 AssessmentStarted A-1"), "2019-03-21") == OPEN


def test_3_two_ended_needs_in_the_window_continue_as_one() -> None:
    facts = given(
        REFERRAL,
        "2019-03-06 ReferralClosed R-1",
        "2019-03-07 ReferralReceived R-2",
        "2019-03-08 ReferralClosed R-2",
        "2019-03-11 AssessmentStarted A-1",
    )
    assert periods(facts, "2019-03-12") == OPEN


@pytest.mark.parametrize("order", [("2019-03-06", "2019-03-08"), ("2019-03-08", "2019-03-06")])
def test_a_decision_for_assessment_prevails(order: tuple[str, str]) -> None:
    facts = given(
        REFERRAL,
        f"{order[0]} ReferralDecided R-1 outcome=no_further_action",
        f"{order[1]} ReferralDecided R-1 outcome=strategy_discussion",
    )
    assert periods(facts, "2019-04-30") == OPEN


def test_a_child_transferred_out_and_accepted_has_no_open_referral() -> None:
    away = "2019-04-01 TransferredOut to_authority=Elsewhere"
    assert periods(given(REFERRAL, START, away), "2019-05-01") == OPEN
    facts = given(REFERRAL, START, away + " accepted_on=2019-04-08")
    assert periods(facts, "2019-04-07") == OPEN
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-04-08", "ended_without_completion")]


# -- rule 4 -----------------------------------------------------------------------------------------

MET = [REFERRAL, START, "2019-03-20 AssessmentCompleted A-1", "2019-03-20 ReferralClosed R-1"]


@pytest.mark.parametrize(("received", "short"), [("2019-04-17", True), ("2019-04-18", False)])
def test_4_a_referral_after_the_need_was_met_starts_a_new_clock(received: str, short: bool) -> None:
    facts = given(*MET, f"{received} ReferralReceived R-2")
    assert periods(facts, "2019-05-01") == [
        ("R-1", "2019-03-05", "2019-03-20", "stopped"),
        ("R-2", received, None, "open"),
    ]
    found = flags(facts, "2019-05-01", "assessment:R-2")
    assert "RE_REFERRAL_WITHIN_12_MONTHS" in found
    assert ("SHORT_GAP_RE_REFERRAL" in found) is short


@pytest.mark.parametrize(("received", "flagged"), [("2020-03-05", True), ("2020-03-06", False)])
def test_4_twelve_months_count_from_the_previous_referral(received: str, flagged: bool) -> None:
    facts = given(*MET, f"{received} ReferralReceived R-2")
    found = flags(facts, "2020-03-10", "assessment:R-2")
    assert ("RE_REFERRAL_WITHIN_12_MONTHS" in found) is flagged


@pytest.mark.parametrize(("received", "value"), [("2019-03-04", None), ("2019-03-05", 2)])
def test_4_a_referral_made_long_after_its_contact(received: str, value: int | None) -> None:
    facts = given("2019-03-01 ContactReceived C-1", f"{received} ReferralReceived R-1 contact_id=C-1")
    assert flags(facts, "2019-03-05").get("REFERRAL_AFTER_CONTACT") == value


def test_4_a_receipt_of_a_referral_that_is_over_opens_it_anew() -> None:
    facts = given(*MET, "2019-05-01 ReferralReceived R-1")
    assert periods(facts, "2019-05-02") == [
        ("R-1", "2019-03-05", "2019-03-20", "stopped"),
        ("R-1:2", "2019-05-01", None, "open"),
    ]


# -- rule 5 -----------------------------------------------------------------------------------------


def test_5_a_referral_received_after_the_record_was_started_goes_on_from_its_receipt() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-15 ReferralReceived R-2",
        "2019-03-20 AssessmentCompleted A-1",
    )
    assert periods(facts, "2019-03-19") == OPEN
    assert periods(facts, "2019-04-01") == [
        ("R-1", "2019-03-05", "2019-03-20", "stopped"),
        ("R-2", "2019-03-15", None, "open"),
    ]
    found = flags(facts, "2019-04-01", "assessment:R-2")
    assert {"SUBSEQUENT_ON_OPEN_REFERRAL", "RE_REFERRAL_WITHIN_12_MONTHS"} <= set(found)


def test_5_a_record_still_open_goes_on_from_its_own_start() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-11 AssessmentStarted A-2",
        "2019-03-25 AssessmentCompleted A-2",
    )
    assert periods(facts, "2019-04-01") == [
        ("R-1", "2019-03-05", "2019-03-25", "stopped"),
        ("A-1", "2019-03-06", None, "open"),
    ]
    assert flags(facts, "2019-04-01", "assessment:A-1") == {"SUBSEQUENT_ON_OPEN_REFERRAL": 1}


def test_5_what_goes_on_is_no_longer_on_the_stopped_clock() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-11 AssessmentStarted A-2",
        "2019-03-25 AssessmentCompleted A-2",
    )
    spans = assessments(facts, "2019-04-01")["assessment:R-1"]["spans"]
    assert [(s["state"], s["record"]) for s in spans] == [("waiting", None), ("open", "A-2")]


def test_5_a_record_closed_before_the_completion_is_answered() -> None:
    assert len(periods(WORKED, "2019-10-22")) == 1


def test_5_a_deleted_record_counts_as_open() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-08 RecordDeleted A-1",
        "2019-03-11 AssessmentStarted A-2",
        "2019-03-25 AssessmentCompleted A-2",
    )
    assert [p[0] for p in periods(facts, "2019-04-01")] == ["R-1", "A-1"]


def test_5_an_assessment_started_later_on_the_open_referral_has_its_own_clock() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentCompleted A-1", "2019-04-01 AssessmentStarted A-2")
    # 6 to 8, 11 to 15, 18 to 22 and 25 to 29 March, and 1 April
    assert flags(facts, "2019-04-02", "assessment:A-2") == {"SUBSEQUENT_ON_OPEN_REFERRAL": 19}


ANSWERED = [
    REFERRAL,
    START,
    "2019-03-20 AssessmentClosed A-1",
    "2019-03-21 AssessmentStarted A-2",
    "2019-04-03 AssessmentCompleted A-2",
]


def test_5_a_record_completed_later_without_being_reopened_makes_a_stopped_clock() -> None:
    facts = given(*ANSWERED, "2019-04-10 AssessmentCompleted A-1")
    assert periods(facts, "2019-05-01") == [
        ("R-1", "2019-03-05", "2019-04-03", "stopped"),
        ("A-1", "2019-03-06", "2019-04-10", "stopped"),
    ]


def test_5_a_record_reopened_later_goes_on_from_its_own_start() -> None:
    facts = given(*ANSWERED, "2019-04-10 AssessmentReopened A-1")
    assert periods(facts, "2019-05-01") == [
        ("R-1", "2019-03-05", "2019-04-03", "stopped"),
        ("A-1", "2019-03-06", None, "open"),
    ]


def test_5_reopening_the_completed_record_leaves_the_clock_stopped() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-20 AssessmentCompleted A-1",
        "2019-03-25 AssessmentReopened A-1",
        "2019-03-28 AssessmentCompleted A-1",
    )
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-03-20", "stopped")]
    assert flags(facts, "2019-03-26")["CORRECTION_AFTER_COMPLETION"] == 1
    assert flags(facts, "2019-05-01")["CORRECTION_AFTER_COMPLETION"] == 3


def test_5_cancelling_takes_the_completion_back() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentCompleted A-1", "2019-04-01 AssessmentCancelled A-1")
    assert periods(facts, "2019-03-31") == [("R-1", "2019-03-05", "2019-03-20", "stopped")]
    assert periods(facts, "2019-04-01") == OPEN


def test_5_deleting_it_afterwards_does_not() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentCompleted A-1", "2019-04-01 RecordDeleted A-1")
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-03-20", "stopped")]


def test_5_a_start_of_the_same_id_after_its_completion_is_a_new_record() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-20 AssessmentCompleted A-1",
        "2019-04-01 AssessmentStarted A-1",
        "2019-04-08 AssessmentCancelled A-1",
    )
    assert periods(facts, "2019-05-01") == [
        ("R-1", "2019-03-05", "2019-03-20", "stopped"),
        ("A-1", "2019-04-01", None, "open"),
    ]


def test_a_completion_of_a_cancelled_or_deleted_record_stops_nothing() -> None:
    for end in ("AssessmentCancelled", "RecordDeleted"):
        facts = given(REFERRAL, START, f"2019-03-20 {end} A-1", "2019-03-25 AssessmentCompleted A-1")
        assert periods(facts, "2019-05-01") == OPEN


def test_a_completion_of_a_cancelled_record_reopened_first_stops_it() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-20 AssessmentCancelled A-1",
        "2019-03-22 AssessmentReopened A-1",
        "2019-03-25 AssessmentCompleted A-1",
    )
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-03-25", "stopped")]


# -- rule 6 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("2019-03-20", "2019-03-27"), ("2019-03-27", "2019-03-20")])
def test_6_an_end_came_on_the_latest_day_reported(first: str, second: str) -> None:
    facts = given(REFERRAL, START, f"{first} AssessmentCompleted A-1", f"{second} AssessmentCompleted A-1")
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-03-27", "stopped")]
    # "only reports dated up to `as_at` count"
    assert periods(facts, "2019-03-26") == [("R-1", "2019-03-05", "2019-03-20", "stopped")]


def test_6_a_closing_reported_twice_was_on_the_later_day() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentClosed A-1", "2019-03-27 AssessmentClosed A-1")
    spans = assessments(facts, "2019-04-01")["assessment:R-1"]["spans"]
    assert [(s["state"], s["to"]) for s in spans][1] == ("open", "2019-03-27")


def test_6_a_thing_began_on_the_earliest_day_reported() -> None:
    facts = given("2019-03-20 AssessmentStarted A-1", START)
    assert periods(facts, "2019-05-01") == [("A-1", "2019-03-06", None, "open")]


def test_6_a_referral_moved_later_is_held() -> None:
    facts = given(REFERRAL, START, "2019-04-01 FactCorrected 1 occurred_on=2019-03-20")
    assert periods(facts, "2019-05-01") == OPEN
    assert "REFERRAL_DATE_MOVED_LATER" in flags(facts, "2019-05-01")


def test_6_a_referral_moved_earlier_is_applied() -> None:
    facts = given(REFERRAL, START, "2019-04-01 FactCorrected 1 occurred_on=2019-03-01")
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-01", None, "open")]


def test_6_a_start_that_moved_later_is_held_where_it_started_the_clock() -> None:
    facts = given(START, "2019-04-01 FactCorrected 1 occurred_on=2019-03-20")
    clock = assessments(facts, "2019-04-30")["assessment:A-1"]
    assert clock["started_on"] == "2019-03-06"
    assert clock["recorded"]["from"] == "2019-03-20"
    assert "START_DATE_MOVED_LATER" in [f["code"] for f in clock["flags"]]


def test_6_a_record_changed_is_treated_alike() -> None:
    changed = "2019-04-01 RecordChanged A-1 field=started_on was=2019-03-06 now=2019-03-20"
    assert periods(given(START, changed), "2019-05-01") == [("A-1", "2019-03-06", None, "open")]
    assert "START_DATE_MOVED_LATER" in flags(given(START, changed), "2019-05-01", "assessment:A-1")
    assert flags(given(START, changed), "2019-03-31", "assessment:A-1") == {"NO_OPEN_REFERRAL": None}


def test_6_a_start_that_moved_later_within_its_clock_harms_nothing_and_is_applied() -> None:
    facts = given(REFERRAL, START, "2019-04-01 FactCorrected 2 occurred_on=2019-03-20")
    spans = assessments(facts, "2019-04-01")["assessment:R-1"]["spans"]
    assert spans[0]["to"] == "2019-03-20"
    assert flags(facts, "2019-04-01") == {}


def test_6_a_completion_moved_earlier_is_held_and_shown_in_recorded() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-05-20 AssessmentCompleted A-1",
        "2019-06-01 FactCorrected 3 occurred_on=2019-05-03",
    )
    clock = assessments(facts, "2019-07-01")["assessment:R-1"]
    assert clock["stopped_on"] == "2019-05-20"
    assert clock["recorded"]["to"] == "2019-05-03"
    assert "STOP_DATE_MOVED_EARLIER" in [f["code"] for f in clock["flags"]]
    assert sum(s["working_days"] for s in clock["spans"]) == clock["elapsed"]["working_days"]


def test_6_a_withdrawn_referral_is_held() -> None:
    facts = given(REFERRAL, "2019-03-20 FactWithdrawn 1")
    assert periods(facts, "2019-05-01") == OPEN
    assert "DELETED_WITH_OPEN_CLOCK" in flags(facts, "2019-05-01")


def test_6_a_withdrawn_completion_is_applied() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentCompleted A-1", "2019-04-01 FactWithdrawn 3")
    assert periods(facts, "2019-05-01") == OPEN


def test_6_withdrawing_that_withdrawal_is_held() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-20 AssessmentCompleted A-1",
        "2019-04-01 FactWithdrawn 3",
        "2019-04-02 FactWithdrawn 4",
    )
    assert periods(facts, "2019-05-01") == OPEN


def test_6_a_ruling_that_accepts_a_correction_applies_it() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-04-01 FactCorrected 1 occurred_on=2019-03-06",
        "2019-04-02 ClockRuled",
    )
    facts[-1]["data"] = {
        "ruling": "accept_correction",
        "facts": [{"source": facts[2]["source"], "id": "e3"}],
    }
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-06", None, "open")]


def test_6_what_is_known_later_does_not_count_before() -> None:
    facts = given(REFERRAL, "2019-04-01 FactCorrected 1 occurred_on=2019-03-01")
    known = assessments(facts, "2019-04-30", known_at="2019-03-31")
    assert [c["started_on"] for c in known.values()] == ["2019-03-05"]
    known = assessments(facts, "2019-04-30", known_at="2019-04-01")
    assert [c["started_on"] for c in known.values()] == ["2019-03-01"]


# -- rule 7 -----------------------------------------------------------------------------------------


def test_7_a_completion_of_a_record_never_started_stops_nothing() -> None:
    assert periods(given(REFERRAL, "2019-03-20 AssessmentCompleted A-1"), "2019-05-01") == OPEN


def test_7_nor_one_dated_before_the_start() -> None:
    facts = given(REFERRAL, START, "2019-03-05 AssessmentCompleted A-1")
    assert periods(facts, "2019-05-01") == OPEN


def test_7_until_a_start_arrives() -> None:
    facts = given(REFERRAL, "2019-03-20 AssessmentCompleted A-1", START)
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-03-20", "stopped")]


def test_7_one_of_the_day_of_the_start_counts() -> None:
    facts = given(REFERRAL, START, "2019-03-06 AssessmentCompleted A-1")
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-03-06", "stopped")]


# -- other flags ------------------------------------------------------------------------------------

DONE = [REFERRAL, START, "2019-03-20 AssessmentCompleted A-1"]


@pytest.mark.parametrize(
    ("visit", "flagged"),
    [
        ("2019-03-05 VisitMade V-1 purpose=child_in_need seen=true", False),
        ("2019-03-20 VisitMade V-1 purpose=assessment seen=true", False),
        ("2019-03-10 VisitMade V-1 purpose=assessment seen=false", True),
        ("2019-03-04 VisitMade V-1 purpose=assessment seen=true", True),
        ("2019-03-21 VisitMade V-1 purpose=assessment seen=true", True),
        ("2019-03-06 ChildRegistered expected_birth_on=2019-06-01", False),
        ("2019-03-06 ChildRegistered date_of_birth=2010-06-01", True),
    ],
)
def test_a_completion_without_the_child_seen(visit: str, flagged: bool) -> None:
    found = flags(given(*DONE, visit), "2019-05-01")
    assert ("COMPLETED_CHILD_NOT_SEEN" in found) is flagged


def test_a_completion_that_nobody_authorised() -> None:
    assert "COMPLETED_WITHOUT_AUTHORISATION" in flags(given(*DONE), "2019-05-01")
    authorised = [*DONE[:2], DONE[2] + " authorised_by=M-1"]
    assert "COMPLETED_WITHOUT_AUTHORISATION" not in flags(given(*authorised), "2019-05-01")


@pytest.mark.parametrize(("completed", "value"), [("2019-03-25", 0), ("2019-03-27", 2), ("2019-03-28", None)])
def test_a_record_not_the_first_open_two_days_or_fewer(completed: str, value: int | None) -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-20 AssessmentClosed A-1",
        "2019-03-25 AssessmentStarted A-2",
        f"{completed} AssessmentCompleted A-2",
    )
    assert flags(facts, "2019-05-01").get("BRIEF_COMPLETION") == value


def test_the_first_record_may_be_brief() -> None:
    facts = given(REFERRAL, START, "2019-03-07 AssessmentCompleted A-1")
    assert "BRIEF_COMPLETION" not in flags(facts, "2019-05-01")


def test_a_pause_is_flagged_counted_and_left_out_of_recorded() -> None:
    facts = given(
        REFERRAL,
        START,
        "2019-03-11 AssessmentPaused A-1",
        "2019-03-18 AssessmentResumed A-1",
        "2019-03-20 AssessmentCompleted A-1",
    )
    clock = assessments(facts, "2019-05-01")["assessment:R-1"]
    assert "PAUSED_STATUTORY_CLOCK" in [f["code"] for f in clock["flags"]]
    assert clock["elapsed"]["working_days"] == 11
    assert clock["recorded"]["working_days"] == 5  # 7, 8, 11 and 19, 20 March
    assert [(s["state"], s["working_days"], s["shown"]) for s in clock["spans"]] == [
        ("waiting", 1, False),
        ("open", 3, True),
        ("paused", 5, False),
        ("open", 2, True),
    ]


def test_worker_and_team_changes_while_it_ran() -> None:
    facts = given(
        "2019-03-01 WorkerAllocated W-1 team_id=T-1",
        REFERRAL,
        "2019-03-11 WorkerAllocated W-2 team_id=T-1",
        "2019-03-12 CaseTransferred T-2",
        "2019-03-13 WorkerAllocated W-3 team_id=T-2",
        START,
        "2019-03-20 AssessmentCompleted A-1",
        "2019-03-25 WorkerAllocated W-1 team_id=T-1",
    )
    found = flags(facts, "2019-05-01")
    assert (found["WORKER_CHANGES"], found["TEAM_CHANGES"]) == (2, 1)


def test_a_first_allocation_is_no_change() -> None:
    facts = given(REFERRAL, "2019-03-11 WorkerAllocated W-1 team_id=T-1")
    assert flags(facts, "2019-05-01") == {}


@pytest.mark.parametrize(("entered", "value"), [("2019-03-06", None), ("2019-03-07", 2)])
def test_backdated_recording_from_two_days_up(entered: str, value: int | None) -> None:
    facts = given(REFERRAL + f" entered={entered}T09:00:00+00:00")
    assert flags(facts, "2019-03-10").get("BACKDATED_RECORDING") == value


def test_a_fact_of_an_imported_history_is_not_backdated() -> None:
    facts = given(REFERRAL + " entered=2019-05-01T09:00:00+00:00")
    facts[0]["historic"] = True
    assert flags(facts, "2019-05-03") == {}


def test_a_record_that_vanished_is_flagged_and_not_shown() -> None:
    facts = given(REFERRAL, START, "2019-03-20 RecordDisappeared A-1")
    clock = assessments(facts, "2019-03-25")["assessment:R-1"]
    assert {"DISAPPEARED_FROM_SNAPSHOT", "DELETED_WITH_OPEN_CLOCK"} <= {f["code"] for f in clock["flags"]}
    assert clock["recorded"] is None
    assert clock["hidden"] == clock["elapsed"]


def test_a_fact_entered_before_it_occurred_is_of_the_day_it_was_entered() -> None:
    facts = given("2019-03-05 ReferralReceived R-1 entered=2019-03-01T09:00:00+00:00")
    assert periods(facts, "2019-03-20") == [("R-1", "2019-03-01", None, "open")]


# -- one day's facts -------------------------------------------------------------------------------


def test_a_completion_and_a_new_start_of_one_day_are_two_clocks() -> None:
    facts = given(REFERRAL, START, "2019-03-20 AssessmentStarted A-2", "2019-03-20 AssessmentCompleted A-1")
    assert [p[:3] for p in periods(facts, "2019-04-01")] == [
        ("R-1", "2019-03-05", "2019-03-20"),
        ("A-2", "2019-03-20", None),
    ]


def test_a_completion_and_the_referrals_closing_of_one_day_stop_it() -> None:
    facts = given(*ENDED, "2019-04-01 AssessmentCompleted A-1")
    assert periods(facts, "2019-05-01") == [("R-1", "2019-03-05", "2019-04-01", "stopped")]
    assert "COMPLETED_AFTER_CLOSING" not in flags(facts, "2019-05-01")


def test_a_referral_received_and_closed_on_one_day_is_over() -> None:
    facts = given("2019-03-05 ReferralClosed R-1", REFERRAL)
    assert periods(facts, "2019-05-01") == []


def test_a_referral_closed_and_received_again_on_one_day_is_open() -> None:
    facts = given(REFERRAL, START, "2019-04-01 ReferralReceived R-1", "2019-04-01 ReferralClosed R-1")
    assert periods(facts, "2019-05-01") == OPEN


# -- the smaller clocks -----------------------------------------------------------------------------


def small(facts: list[dict[str, Any]], timescale: str, as_at: str) -> list[tuple[Any, ...]]:
    return [
        (c["id"], c["started_on"], c["stopped_on"], c["status"], c["over_by"]["working_days"])
        for c in clocks(facts, as_at)
        if c["timescale"] == timescale
    ]


def test_a_contact_is_decided_within_one_working_day() -> None:
    contact = "2019-03-01 ContactReceived C-1"
    decided = "2019-03-05 ContactDecided C-1 outcome=referral"
    assert small(given(contact, decided), "contact_decision", "2019-04-01") == [
        ("contact_decision:C-1", "2019-03-01", "2019-03-05", "stopped", 1)
    ]
    assert small(given(contact), "contact_decision", "2019-03-04")[0][2:] == (None, "open", 0)


def test_a_referral_decision_ends_with_its_referral() -> None:
    facts = given(REFERRAL, "2019-03-08 ReferralClosed R-1")
    assert small(facts, "referral_decision", "2019-04-01") == [
        ("referral_decision:R-1", "2019-03-05", "2019-03-08", "ended_without_completion", 2)
    ]
    facts = given(REFERRAL, FOR_ASSESSMENT)
    assert small(facts, "referral_decision", "2019-04-01")[0][2:] == ("2019-03-05", "stopped", 0)


def test_a_child_is_seen_or_the_need_ends() -> None:
    seen = "2019-03-08 VisitMade V-1 purpose=assessment seen=true"
    facts = given(REFERRAL, START, seen)
    assert small(facts, "assessment_child_seen", "2019-04-01") == [
        ("assessment_child_seen:R-1", "2019-03-05", "2019-03-08", "stopped", 0)
    ]
    assert small(given(*ENDED), "assessment_child_seen", "2019-05-01") == [
        ("assessment_child_seen:R-1", "2019-03-05", "2019-04-01", "ended_without_completion", 9)
    ]
    [clock] = [c for c in clocks(facts, "2019-04-01") if c["timescale"] == "assessment_child_seen"]
    assert (clock["recorded"], clock["hidden"], len(clock["spans"])) == (None, None, 1)


# -- the properties, of the reference itself ---------------------------------------------

SLOWLY = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@SLOWLY
@drawn(history_and_insertion())
def test_no_fact_shortens_a_clock_ends_it_sooner_or_makes_it_vanish(
    drawing: tuple[list[Fact], list[Fact], Fact],
) -> None:
    history, longer, inserted = drawing
    before, after = Reading(history), Reading(longer)
    if is_held_from_now_on(before.held_ones(), after.held_ones(), inserted):
        return
    readings = [before.facts_as_read(), after.facts_as_read()]
    for day in days_of(longer):
        if not any(is_excepted(as_read, inserted, day) for as_read in readings):
            assert uncovered(before.at(day), after.at(day)) == []


@SLOWLY
@drawn(histories())
def test_spans_lie_end_to_end_and_add_up(history: list[Fact]) -> None:
    reading = Reading(history)
    for day in days_of(history):
        for clock in reading.at(day):
            assert_spans_add_up(clock, day)


def assert_spans_add_up(clock: dict[str, Any], as_at: date) -> None:
    spans = clock["spans"]
    edges = [clock["started_on"], *(s["to"] for s in spans)]
    assert [s["from"] for s in spans] == edges[:-1]
    assert edges[-1] == (clock["stopped_on"] or str(as_at))
    for unit in ("working_days", "calendar_days"):
        assert sum(s[unit] for s in spans) == clock["elapsed"][unit]
        if clock["recorded"]:
            assert sum(s[unit] for s in spans if s["shown"]) == clock["recorded"][unit]
            assert clock["hidden"][unit] == clock["elapsed"][unit] - clock["recorded"][unit]


@SLOWLY
@drawn(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(history: list[Fact], random: Any) -> None:
    # facts of one day without times keep log order where that order leaves them equal: one a day here
    plain = [f for f in history if f["type"] not in AMENDING]
    one_a_day = list({day_of(f["occurred_on"]): f for f in plain if not f["entered_at"]}.values())
    amendments = [f for f in history if f["type"] == "FactCorrected"]
    shuffled = list(one_a_day)
    random.shuffle(shuffled)
    first = Reading(numbered([dict(f) for f in one_a_day + amendments]))
    second = Reading(numbered([dict(f) for f in shuffled + amendments]))
    for day in days_of(history):
        assert [_core(c) for c in first.at(day)] == [_core(c) for c in second.at(day)]


def _core(clock: dict[str, Any]) -> dict[str, Any]:
    # delays run to the moment of recording, which arrival does change
    return {**clock, "flags": {f["code"] for f in clock["flags"]} - {"BACKDATED_RECORDING"}}
