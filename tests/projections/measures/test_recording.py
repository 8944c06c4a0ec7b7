"""The record itself: how late facts were entered, what does not follow, what came too late for figures."""

import pytest

from domain.question import Question
from infra.holidays import england
from projections.across.delays import measured_delays
from projections.delay_rows import delay_rows
from projections.measure_catalogue import BY_NAME
from projections.projection import Case
from tests.invented import decided, received, recorded
from tests.projections.counting import DAY, Examples, counted, days, each, rows_from, said, told

IN_TIME = ("recorded_late_1", "recorded_late_2", "recorded_late_5")

# Entered from Monday 3 June 2019; the Saturday before counts as that Monday does.
DELAYS = {
    "that day": ("2019-06-03", "1 in 0", ("0 of 1", "0 of 1", "0 of 1")),
    "a working day": ("2019-06-04", "1 in 1", ("0 of 1", "0 of 1", "0 of 1")),
    "two": ("2019-06-05", "1 in 2", ("1 of 1", "0 of 1", "0 of 1")),
    "three": ("2019-06-06", "1 in 3-5", ("1 of 1", "1 of 1", "0 of 1")),
    "five, a weekend between": ("2019-06-10", "1 in 3-5", ("1 of 1", "1 of 1", "0 of 1")),
    "six": ("2019-06-11", "1 in 6-10", ("1 of 1", "1 of 1", "1 of 1")),
    "ten": ("2019-06-17", "1 in 6-10", ("1 of 1", "1 of 1", "1 of 1")),
    "eleven": ("2019-06-18", "1 in 11+", ("1 of 1", "1 of 1", "1 of 1")),
    "after the period": ("2020-01-01", "0", ("0 of 0", "0 of 0", "0 of 0")),
}


def delay_told(measure, *facts):
    """By every fact, as many times as it stands for."""
    case = Case("C1001", facts, Question(DAY), england())
    rows = [row for row, number in measured_delays(delay_rows.rows(case)) for _ in range(number)]
    return said(counted(measure, rows).figure(BY_NAME[measure]))


def referred(entered_on, number=1, **data):
    at = entered_on and f"{entered_on}T09:00:00Z"
    return recorded(number, "ReferralReceived", "2019-06-03", referral_id="R-1", entered_at=at, **data)


@pytest.mark.parametrize(("entered_on", "band", "shares"), DELAYS.values(), ids=DELAYS)
def test_a_fact_is_late_by_the_working_days_until_it_was_entered(entered_on, band, shares):
    fact = referred(entered_on)
    assert delay_told("recording_delays", fact) == band
    assert tuple(delay_told(measure, fact) for measure in IN_TIME) == shares


def test_a_fact_of_which_nobody_says_when_it_was_entered_counts_from_when_it_was_recorded():
    assert delay_told("recorded_late_5", referred(None, recorded_at="2019-06-11T09:00:00Z")) == "1 of 1"
    assert delay_told("recorded_late_5", referred(None, recorded_at="2019-06-10T09:00:00Z")) == "0 of 1"


def test_what_came_with_a_first_snapshot_is_left_out_of_delays():
    assert delay_told("recording_delays", referred("2019-06-18", historic=True)) == "0"


def test_every_fact_counts_in_delays_and_not_each_day():
    assert delay_told("recorded_late_2", referred("2019-06-18"), referred("2019-06-18", 2)) == "2 of 2"


def test_a_fact_is_of_who_held_the_case_on_the_day_it_was_entered():
    facts = [
        recorded(1, "WorkerAllocated", "2019-06-03", worker_id="W-1", team_id="T-1",
                 entered_at="2019-06-03T09:00:00Z"),
        recorded(2, "CaseTransferred", "2019-06-10", to_team_id="T-2", entered_at="2019-06-12T09:00:00Z"),
        *(referred(day, number) for number, day in enumerate(("2019-06-07", "2019-06-10"), 3)),
    ]  # fmt: skip
    rows = delay_rows.rows(Case("C1001", facts, Question(DAY), england()))
    assert [(row.entered_on.day, row.worker_id, row.team_id) for row in rows] == [
        (3, "W-1", "T-1"), (7, "W-1", "T-1"), (10, "W-1", "T-2"), (12, "W-1", "T-2"),
    ]  # fmt: skip


AFTER_PUBLICATION = {
    # June's figures are of 12 July 2019, its tenth working day after.
    "on the tenth working day after its month": ("2019-07-12", "0"),
    "on the eleventh": ("2019-07-15", "1"),
    "after the period": ("2020-01-01", "0"),
}


@pytest.mark.parametrize(("entered_on", "expected"), AFTER_PUBLICATION.values(), ids=AFTER_PUBLICATION)
def test_a_fact_came_too_late_for_the_figures_of_its_month_from_the_eleventh_working_day(
    entered_on, expected
):
    entered = {"entered_at": f"{entered_on}T09:00:00Z"}
    assert told("facts_after_publication", [received("2019-06-03", **entered)]) == expected


LATE = {"entered_at": "2019-07-15T09:00:00Z"}
COUNTED: Examples = {
    "facts_after_publication": {
        "what stops a clock": (
            "1", received("2019-06-03"), ("ReferralDecided", "2019-06-04",
                                          {"referral_id": "R-1", "outcome": "assessment", **LATE}),
        ),
        "what starts and stops none": (
            "0", received("2019-06-03"), ("RiskAssessed", "2019-06-04", {"level": "high", **LATE}),
        ),
        "history that was brought in": ("0", received("2019-06-03", historic=True, **LATE)),
    },
    "discrepancies": {
        "of what was never begun": ("1", decided("2019-06-03")),
        "of what was": ("0", received("2019-06-03"), decided("2019-06-03")),
        "recorded before the period": ("0", decided("2018-12-31")),
        "recorded in it of a day before": (
            "1",
            ("ReferralDecided", "2018-12-31",
             {"referral_id": "R-1", "outcome": "assessment", "recorded_at": "2019-01-01T09:00:00Z"}),
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(COUNTED))
def test_what_counts_of_what_was_recorded(measure, expected, facts):
    assert told(measure, facts) == expected


def test_what_came_too_late_tells_by_how_many_working_days():
    assert days("facts_after_publication", [received("2019-06-03", **LATE)]) == 30


def test_discrepancies_are_told_apart_by_code():
    assert [row.kind for row in rows_from("discrepancies", [decided("2019-06-03")])] == ["REFERRAL_NOT_BEGUN"]
