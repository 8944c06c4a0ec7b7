"""The slow reference of the other timescales against the rules: examples worked out by hand."""

from datetime import date
from typing import Any

import pytest

from tests.reference.days import due, is_late, months_after
from tests.reference.told_in_lines import given
from tests.reference.true_clock import Reading


def clocks(facts: list[dict[str, Any]], as_at: str, **more: Any) -> dict[str, dict[str, Any]]:
    found = Reading(facts, **more).at(date.fromisoformat(as_at))
    return {clock["id"]: clock for clock in found}


def periods(
    facts: list[dict[str, Any]], as_at: str, timescale: str, **more: Any
) -> list[tuple[str, str, str | None, str]]:
    """Each clock of a timescale in short: id, start, end, status."""
    return [
        (c["id"], c["started_on"], c["stopped_on"], c["status"])
        for c in clocks(facts, as_at, **more).values()
        if c["timescale"] == timescale
    ]


def flags(facts: list[dict[str, Any]], as_at: str, id: str, **more: Any) -> dict[str, Any]:
    return {flag["code"]: flag["value"] for flag in clocks(facts, as_at, **more)[id]["flags"]}


PROTECTED = "2019-03-05 PlanStarted P-1 kind=child_protection"
IN_NEED = "2019-03-05 PlanStarted P-1 kind=child_in_need"
SEEN = "VisitMade V-1 purpose=child_protection seen=true"


# -- months, weeks and working days -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2019-11-30", 3, "2020-02-29"),
        ("2018-11-30", 3, "2019-02-28"),
        ("2019-12-31", 6, "2020-06-30"),
        ("2020-02-29", 12, "2021-02-28"),
        ("2019-10-15", 3, "2020-01-15"),
    ],
)
def test_months_are_calendar_months_and_end_with_a_shorter_one(start: str, months: int, end: str) -> None:
    assert months_after(date.fromisoformat(start), months) == date.fromisoformat(end)


def test_a_weekend_after_the_due_day_is_in_time_for_working_days_alone() -> None:
    friday, sunday, monday = date(2019, 5, 10), date(2019, 5, 12), date(2019, 5, 13)
    start = date(2019, 3, 5)
    assert due(start, 45, "working_days") == friday
    assert not is_late(start, sunday, 45, "working_days")
    assert is_late(start, monday, 45, "working_days")
    assert due(date(2019, 5, 3), 1, "weeks") == friday
    assert is_late(date(2019, 5, 3), date(2019, 5, 11), 1, "weeks")
    assert not is_late(date(2019, 5, 3), friday, 1, "weeks")


# -- intervals --------------------------------------------------------------------------------------


def test_each_core_group_stops_an_interval_and_starts_the_next() -> None:
    facts = given(
        PROTECTED,
        "2019-03-14 MeetingHeld M-1 kind=core_group",
        "2019-04-30 MeetingHeld M-2 kind=core_group plan_id=P-1",
    )
    found = clocks(facts, "2019-05-01")
    assert periods(facts, "2019-05-01", "core_group_first") == [
        ("core_group_first:P-1", "2019-03-05", "2019-03-14", "stopped")
    ]
    assert periods(facts, "2019-05-01", "core_group") == [
        ("core_group:P-1", "2019-03-14", "2019-04-30", "stopped"),
        ("core_group:P-1:2", "2019-04-30", None, "open"),
    ]
    assert found["core_group_first:P-1"]["due_on"] == "2019-03-19"
    assert found["core_group:P-1"]["due_on"] == "2019-04-25"
    assert found["core_group:P-1"]["over_by"] == {"working_days": 3, "calendar_days": 5}
    assert found["core_group:P-1"]["recorded"] is None
    assert [span["state"] for span in found["core_group:P-1"]["spans"]] == ["waiting"]


def test_a_core_group_of_another_plan_stops_nothing() -> None:
    facts = given(PROTECTED, "2019-03-14 MeetingHeld M-1 kind=core_group plan_id=P-2")
    assert periods(facts, "2019-05-01", "core_group_first") == [
        ("core_group_first:P-1", "2019-03-05", None, "open")
    ]


def test_an_inquorate_review_stops_nothing() -> None:
    facts = given(PROTECTED, "2019-06-03 MeetingHeld M-1 kind=review_conference quorate=false")
    clock = clocks(facts, "2019-06-06")["review_conference_first:P-1"]
    assert (clock["status"], clock["due_on"], clock["over_by"]["calendar_days"]) == ("open", "2019-06-05", 1)


def test_the_reviews_of_a_child_looked_after_are_due_in_20_days_then_3_then_6_months() -> None:
    facts = given(
        "2019-11-01 CareStarted EP-1",
        "2019-11-29 MeetingHeld M-1 kind=looked_after_review",
        "2020-02-29 MeetingHeld M-2 kind=looked_after_review",
    )
    found = clocks(facts, "2020-03-01")
    assert [found[f"looked_after_review:EP-1{n}"]["due_on"] for n in ("", ":2", ":3")] == [
        "2019-11-29",
        "2020-02-29",
        "2020-08-29",
    ]


def test_a_visit_at_which_the_child_was_not_seen_stops_nothing() -> None:
    facts = given(PROTECTED, "2019-03-14 VisitMade V-1 purpose=child_protection seen=false")
    assert len(periods(facts, "2019-04-01", "child_protection_visit")) == 1


def test_a_visit_with_another_purpose_stops_nothing() -> None:
    facts = given(PROTECTED, "2019-03-14 VisitMade V-1 purpose=child_in_need seen=true")
    assert len(periods(facts, "2019-04-01", "child_protection_visit")) == 1


def test_a_visit_on_the_day_of_the_plan_stops_its_first_interval() -> None:
    facts = given(PROTECTED, f"2019-03-05 {SEEN}")
    assert periods(facts, "2019-04-01", "child_protection_visit") == [
        ("child_protection_visit:P-1", "2019-03-05", "2019-03-05", "stopped"),
        ("child_protection_visit:P-1:2", "2019-03-05", None, "open"),
    ]


def test_of_a_visit_reported_twice_the_later_day_stops_an_interval_and_the_earlier_begins_the_next() -> None:
    facts = given(PROTECTED, f"2019-03-14 {SEEN}", f"2019-03-20 {SEEN}")
    assert periods(facts, "2019-04-01", "child_protection_visit") == [
        ("child_protection_visit:P-1", "2019-03-05", "2019-03-20", "stopped"),
        ("child_protection_visit:P-1:2", "2019-03-14", None, "open"),
    ]
    assert periods(facts, "2019-03-19", "child_protection_visit")[0][2] == "2019-03-14"


def test_a_frequency_counts_for_the_intervals_that_start_after_it() -> None:
    facts = given(
        PROTECTED,
        "2019-03-05 VisitFrequencySet P-1 every=4 unit=weeks",
        f"2019-03-19 {SEEN}",
    )
    found = clocks(facts, "2019-04-01")
    first, second = (found[f"child_protection_visit:P-1{n}"] for n in ("", ":2"))
    assert first["limit"] == {"value": 10, "unit": "working_days"}
    assert second["limit"] == {"value": 4, "unit": "weeks"}
    assert second["due_on"] == "2019-04-16"
    assert "FREQUENCY_WIDENED" in flags(facts, "2019-04-01", "child_protection_visit:P-1:2")
    assert "FREQUENCY_WIDENED" not in flags(facts, "2019-04-01", "child_protection_visit:P-1")


def test_a_narrower_frequency_is_not_flagged() -> None:
    facts = given(
        "2019-03-04 VisitFrequencySet P-1 every=5 unit=calendar_days",
        IN_NEED,
    )
    clock = clocks(facts, "2019-03-11")["child_in_need_visit:P-1"]
    assert (clock["due_on"], clock["over_by"]["calendar_days"]) == ("2019-03-10", 1)
    assert "FREQUENCY_WIDENED" not in flags(facts, "2019-03-11", "child_in_need_visit:P-1")


def test_the_end_of_the_plan_ends_its_running_interval_and_no_other() -> None:
    facts = given(
        PROTECTED,
        f"2019-03-14 {SEEN}",
        "2019-03-20 PlanEnded P-1 reason=moved",
        "2019-03-21 VisitMade V-2 purpose=child_protection seen=true",
    )
    assert periods(facts, "2019-06-01", "child_protection_visit") == [
        ("child_protection_visit:P-1", "2019-03-05", "2019-03-14", "stopped"),
        ("child_protection_visit:P-1:2", "2019-03-14", "2019-03-20", "ended_without_completion"),
    ]


def test_what_happens_on_the_day_the_plan_ends_comes_before_its_end() -> None:
    facts = given(PROTECTED, "2019-03-20 PlanEnded P-1", f"2019-03-20 {SEEN}")
    assert periods(facts, "2019-06-01", "child_protection_visit") == [
        ("child_protection_visit:P-1", "2019-03-05", "2019-03-20", "stopped"),
        ("child_protection_visit:P-1:2", "2019-03-20", "2019-03-20", "ended_without_completion"),
    ]


def test_a_plan_ended_twice_ended_on_the_later_day() -> None:
    facts = given(PROTECTED, "2019-03-20 PlanEnded P-1", "2019-03-27 PlanEnded P-1")
    assert periods(facts, "2019-03-26", "child_protection_visit")[0][2] == "2019-03-20"
    assert periods(facts, "2019-03-27", "child_protection_visit")[0][2] == "2019-03-27"


@pytest.mark.parametrize(("again", "end"), [("2019-04-17", None), ("2019-04-18", "2019-03-20")])
def test_an_interval_runs_on_where_a_plan_of_its_kind_starts_within_28_days(
    again: str, end: str | None
) -> None:
    facts = given(PROTECTED, "2019-03-20 PlanEnded P-1", f"{again} PlanStarted P-2 kind=child_protection")
    first = clocks(facts, "2019-06-01")["review_conference_first:P-1"]
    assert first["stopped_on"] == end
    found = flags(facts, "2019-06-01", "review_conference_first:P-1")
    assert ("CONTINUATION_WITHIN_WINDOW" in found) is (end is None)
    assert clocks(facts, "2019-06-01")["review_conference_first:P-2"]["started_on"] == again
    assert clocks(facts, "2019-04-16")["review_conference_first:P-1"]["stopped_on"] == "2019-03-20"


def test_what_runs_on_stops_with_the_next_and_starts_no_further_interval_of_the_ended_plan() -> None:
    facts = given(
        PROTECTED,
        "2019-03-20 PlanEnded P-1",
        "2019-04-02 PlanStarted P-2 kind=child_protection",
        f"2019-04-09 {SEEN}",
    )
    assert periods(facts, "2019-06-01", "child_protection_visit") == [
        ("child_protection_visit:P-1", "2019-03-05", "2019-04-09", "stopped"),
        ("child_protection_visit:P-2", "2019-04-02", "2019-04-09", "stopped"),
        ("child_protection_visit:P-2:2", "2019-04-09", None, "open"),
    ]


def test_a_plan_of_another_kind_continues_nothing() -> None:
    facts = given(PROTECTED, "2019-03-20 PlanEnded P-1", "2019-03-20 PlanStarted P-2 kind=child_in_need")
    assert periods(facts, "2019-06-01", "core_group_first")[0][3] == "ended_without_completion"


def test_a_second_protection_plan_is_flagged_with_its_gap() -> None:
    facts = given(
        PROTECTED,
        "2019-05-01 PlanEnded P-1",
        "2019-07-30 PlanStarted P-2 kind=child_protection",
    )
    found = flags(facts, "2019-08-01", "core_group_first:P-2")
    assert (found["PLAN_GAP"], found["REPEAT_PLAN_WITHIN_2_YEARS"]) == (90, None)
    later = given(PROTECTED, "2019-05-01 PlanEnded P-1", "2021-05-01 PlanStarted P-2 kind=child_protection")
    found = flags(later, "2021-05-02", "core_group_first:P-2")
    assert "PLAN_GAP" not in found
    assert "REPEAT_PLAN_WITHIN_2_YEARS" in found


def test_each_placement_is_visited_in_a_week_and_its_end_is_the_end_of_its_interval() -> None:
    facts = given(
        "2019-03-05 PlacementStarted PL-1",
        "2019-03-12 VisitMade V-1 purpose=looked_after seen=true",
        "2019-03-20 PlacementEnded PL-1",
        "2019-03-20 PlacementStarted PL-2",
    )
    found = clocks(facts, "2019-03-28")
    assert found["looked_after_visit:PL-1"]["due_on"] == "2019-03-12"
    assert found["looked_after_visit:PL-1:2"]["due_on"] == "2019-04-23"
    assert found["looked_after_visit:PL-1:2"]["status"] == "ended_without_completion"
    assert found["looked_after_visit:PL-2"]["over_by"]["calendar_days"] == 1


# -- supervision --------------------------------------------------------------------------------------


def test_a_change_of_worker_never_restarts_case_supervision() -> None:
    facts = given("2019-03-05 WorkerAllocated W-1", "2019-04-01 WorkerAllocated W-2")
    held = given(
        "2019-04-23 SupervisionHeld S-1 children=C1001", "2019-04-10 SupervisionHeld S-2 children=C2"
    )
    assert periods(facts, "2019-06-01", "case_supervision", held=held) == [
        ("case_supervision:W-1", "2019-03-05", "2019-04-23", "stopped"),
        ("case_supervision:W-1:2", "2019-04-23", None, "open"),
    ]
    first = clocks(facts, "2019-06-01", held=held)["case_supervision:W-1"]
    assert (first["due_on"], first["over_by"]["calendar_days"]) == ("2019-04-16", 7)


def test_a_newly_qualified_worker_is_supervised_weekly_then_fortnightly_then_monthly() -> None:
    facts = given(
        "2019-03-04 WorkerJoined W-1 newly_qualified_until=2020-03-03",
        "2019-03-11 SupervisionHeld S-1",
        "2019-04-15 SupervisionHeld S-2",
        "2019-09-03 SupervisionHeld S-3",
        "2019-09-04 SupervisionHeld S-4",
    )
    found = clocks(facts, "2019-09-05", stream="worker:W-1")
    assert [clock["limit"] for clock in found.values()] == [
        {"value": 1, "unit": "weeks"},
        {"value": 1, "unit": "weeks"},
        {"value": 2, "unit": "weeks"},
        {"value": 2, "unit": "weeks"},
        {"value": 1, "unit": "months"},
    ]
    assert next(iter(found)) == "supervision:W-1"


# -- from one fact to another ----------------------------------------------------------------------


def test_minutes_are_due_in_10_days_and_those_of_a_conference_in_15() -> None:
    facts = given(
        "2019-03-05 MeetingHeld M-1 kind=core_group",
        "2019-03-05 MeetingHeld M-2 kind=review_conference quorate=false",
        "2019-03-19 MinutesWritten M-1",
        "2019-03-20 MinutesDistributed M-1",
        "2019-03-06 DecisionsSent M-2",
    )
    found = clocks(facts, "2019-03-27")
    assert found["minutes:M-1"]["over_by"] == {"working_days": 1, "calendar_days": 1}
    assert found["minutes:M-2"]["due_on"] == "2019-03-26"
    assert "OPEN_PAST_LIMIT" in flags(facts, "2019-03-27", "minutes:M-2")
    assert "conference_decisions:M-1" not in found
    assert found["conference_decisions:M-2"]["status"] == "stopped"


def test_pre_proceedings_restarted_within_90_days_run_on() -> None:
    lines = [
        "2019-03-05 PreProceedingsDecided T-1",
        "2019-04-01 PreProceedingsEnded T-1 outcome=step_down",
    ]
    assert periods(given(*lines), "2019-06-01", "pre_proceedings") == [
        ("pre_proceedings:T-1", "2019-03-05", "2019-04-01", "stopped")
    ]
    again = given(*lines, "2019-06-30 PreProceedingsDecided T-2")
    clock = clocks(again, "2019-07-10")["pre_proceedings:T-1"]
    assert clock["status"] == "open"
    assert "PRE_PROCEEDINGS_RESTARTED" in flags(again, "2019-07-10", "pre_proceedings:T-1")
    assert [(s["state"], s["record"], s["calendar_days"]) for s in clock["spans"]] == [
        ("open", "T-1", 27),
        ("closed", None, 90),
        ("open", "T-2", 10),
    ]
    assert clock["recorded"]["record"] == "T-2"
    assert clock["hidden"]["calendar_days"] == 117
    later = given(*lines, "2019-07-01 PreProceedingsDecided T-2")
    assert [period[0] for period in periods(later, "2019-07-10", "pre_proceedings")] == [
        "pre_proceedings:T-1",
        "pre_proceedings:T-2",
    ]


def test_pre_proceedings_stop_with_the_issue_of_proceedings() -> None:
    facts = given(
        "2019-03-05 PreProceedingsDecided T-1",
        "2019-03-06 LetterBeforeProceedingsSent T-1",
        "2019-03-21 PreProceedingsMeetingHeld T-1",
        "2019-05-01 ProceedingsIssued PC-1 track_id=T-1",
        "2019-10-30 ProceedingsConcluded PC-1",
    )
    found = clocks(facts, "2019-11-01")
    assert found["pre_proceedings:T-1"]["stopped_on"] == "2019-05-01"
    assert found["pre_proceedings_letter:T-1"]["stopped_on"] == "2019-03-06"
    assert found["pre_proceedings_meeting:T-1"]["over_by"]["working_days"] == 1
    assert found["proceedings:PC-1"]["due_on"] == "2019-10-30"
    assert found["proceedings:PC-1"]["over_by"]["calendar_days"] == 0


def test_a_second_strategy_discussion_does_not_restart_the_clock() -> None:
    facts = given(
        "2019-03-05 StrategyDiscussionHeld M-1 outcome=section_47",
        "2019-03-05 Section47Started E-1 meeting_id=M-1",
        "2019-03-12 StrategyDiscussionHeld M-2 outcome=section_47",
        "2019-03-27 MeetingHeld M-3 kind=initial_conference",
    )
    clock = clocks(facts, "2019-04-01")["initial_conference:M-1"]
    assert (clock["stopped_on"], clock["over_by"]["working_days"]) == ("2019-03-27", 1)
    assert clock["recorded"]["record"] == "M-2"
    assert clock["hidden"] == {"working_days": 5, "calendar_days": 7}
    assert "SECOND_STRATEGY_DISCUSSION" in flags(facts, "2019-04-01", "initial_conference:M-1")


def test_an_enquiry_that_came_to_no_conference_runs_on_with_another_within_28_days() -> None:
    lines = [
        "2019-03-05 StrategyDiscussionHeld M-1 outcome=section_47",
        "2019-03-05 Section47Started E-1 meeting_id=M-1",
        "2019-03-12 Section47Completed E-1 outcome=no_conference",
    ]
    assert periods(given(*lines), "2019-06-01", "initial_conference")[0][2:] == ("2019-03-12", "stopped")
    again = given(*lines, "2019-04-09 StrategyDiscussionHeld M-2 outcome=section_47")
    assert periods(again, "2019-06-01", "initial_conference") == [
        ("initial_conference:M-1", "2019-03-05", None, "open")
    ]
    later = given(*lines, "2019-04-10 StrategyDiscussionHeld M-2 outcome=section_47")
    assert len(periods(later, "2019-06-01", "initial_conference")) == 2


def test_a_transfer_in_counts_from_the_day_its_conference_is_due_from() -> None:
    facts = given(
        "2019-03-05 TransferredIn Elsewhere conference_due_from=2019-03-01",
        "2019-03-25 MeetingHeld M-1 kind=transfer_in_conference",
    )
    [clock] = [c for c in clocks(facts, "2019-04-01").values() if c["timescale"] == "transfer_in_conference"]
    assert (clock["started_on"], clock["due_on"], clock["over_by"]["working_days"]) == (
        "2019-03-01",
        "2019-03-22",
        1,
    )


def test_a_placement_plan_is_due_for_each_placement_and_a_care_plan_for_the_first() -> None:
    facts = given(
        "2019-03-05 CareStarted EP-1",
        "2019-03-05 PlacementStarted PL-1",
        "2019-03-12 PlacementPlanPrepared P-1",
        "2019-03-20 PlacementStarted PL-2",
        "2019-03-20 CarePlanPrepared P-2",
    )
    found = clocks(facts, "2019-03-28")
    assert found["care_plan:PL-1"]["over_by"]["working_days"] == 1
    assert "care_plan:PL-2" not in found
    assert found["placement_plan:PL-1"]["over_by"]["working_days"] == 0
    assert found["placement_plan:PL-2"]["over_by"]["working_days"] == 1


def test_an_action_is_late_after_its_own_day_and_runs_on_when_reopened() -> None:
    lines = ["2019-03-05 ActionSet AC-1 origin=audit due_on=2019-03-19", "2019-03-19 ActionDone AC-1"]
    clock = clocks(given(*lines), "2019-04-01")["action:AC-1"]
    assert (clock["due_on"], clock["status"]) == ("2019-03-19", "stopped")
    assert clock["over_by"]["calendar_days"] == 0
    reopened = given(*lines, "2019-03-25 ActionReopened AC-1")
    clock = clocks(reopened, "2019-04-01")["action:AC-1"]
    assert (clock["status"], clock["over_by"]["calendar_days"]) == ("open", 13)


def test_a_parenting_assessment_closed_and_begun_again_is_one_clock() -> None:
    facts = given(
        "2019-03-05 AssessmentStarted A-1 kind=parenting",
        "2019-04-05 AssessmentClosed A-1",
        "2019-04-15 AssessmentStarted A-1 kind=parenting",
        "2019-05-29 AssessmentCompleted A-1 authorised_by=M-1",
    )
    clock = clocks(facts, "2019-06-01")["parenting_assessment:A-1"]
    assert (clock["stopped_on"], clock["due_on"], clock["over_by"]["calendar_days"]) == (
        "2019-05-29",
        "2019-05-28",
        1,
    )
    assert clock["recorded"]["from"] == "2019-04-15"


def test_closing_a_parenting_assessment_and_beginning_another_does_not_stop_its_clock() -> None:
    facts = given(
        "2019-03-05 AssessmentStarted A-1 kind=parenting",
        "2019-04-05 AssessmentClosed A-1",
        "2019-04-15 AssessmentStarted A-2 kind=parenting",
        "2019-05-29 AssessmentCompleted A-2 authorised_by=M-1",
    )
    assert periods(facts, "2019-06-01", "parenting_assessment") == [
        ("parenting_assessment:A-1", "2019-03-05", None, "open"),
        ("parenting_assessment:A-2", "2019-04-15", "2019-05-29", "stopped"),
    ]


# -- what was once reported is not undone --------------------------------------------------------------


def test_a_visit_moved_or_unseen_is_held_and_one_withdrawn_is_not() -> None:
    lines = [PROTECTED, f"2019-03-14 {SEEN}"]
    for change in ("occurred_on=2019-03-13", "occurred_on=2019-03-15"):
        facts = given(*lines, f"2019-04-01 FactCorrected 2 {change}")
        assert len(Reading(facts).held_ones()) == 1
    assert Reading(given(*lines, "2019-04-01 FactWithdrawn 2")).held_ones() == []
    assert Reading(given(*lines, "2019-04-01 FactCorrected 2 seen=false")).held_ones() == []


def test_a_visit_corrected_to_seen_is_held() -> None:
    facts = given(
        PROTECTED,
        "2019-03-14 VisitMade V-1 purpose=child_protection seen=false",
        "2019-04-01 FactCorrected 2 seen=true",
    )
    assert len(Reading(facts).held_ones()) == 1


def test_an_action_put_off_is_held() -> None:
    facts = given(
        "2019-03-05 ActionSet AC-1 origin=audit due_on=2019-03-19",
        "2019-03-25 ActionDone AC-1",
        "2019-04-01 FactCorrected 1 due_on=2019-03-29",
    )
    assert len(Reading(facts).held_ones()) == 1
    assert clocks(facts, "2019-04-01")["action:AC-1"]["due_on"] == "2019-03-19"


def test_a_plan_deleted_or_vanished_runs_on() -> None:
    facts = given(PROTECTED, "2019-03-14 RecordDeleted P-1", "2019-03-15 RecordDisappeared P-1")
    clock = clocks(facts, "2019-04-01")["core_group_first:P-1"]
    assert clock["status"] == "open"
    found = flags(facts, "2019-04-01", "core_group_first:P-1")
    assert {"DELETED_WITH_OPEN_CLOCK", "DISAPPEARED_FROM_SNAPSHOT"} <= set(found)
