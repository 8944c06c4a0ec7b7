"""Assessments: how long they took, truly and by their records, and what was done to the records meanwhile."""

import pytest

from domain.question import Question
from infra.holidays import england
from projections.measure_catalogue import BY_NAME
from projections.measured.rows import rows_of
from projections.projection import Case
from tests.invented import (
    cancelled,
    closed,
    completed,
    decided,
    history,
    moved,
    received,
    recorded,
    referral_closed,
    reopened,
    seen,
    started,
    withdrawn,
)  # fmt: skip
from tests.projections.counting import DAY, Examples, counted, days, each, said, told, told_by_records


def begun(on):
    return (received(on), started(on, referral_id="R-1"))


BEGUN = begun("2019-06-03")
"""Referred on a Monday, and assessed from that day: 45 working days later is Monday 5 August."""

DECEMBER = begun("2018-12-03")
LATER = (received("2019-05-01"), started("2019-06-03", referral_id="R-1"))
"""The same record of a referral that had waited a month."""


def paused(on, assessment="A-1"):
    return ("AssessmentPaused", on, {"assessment_id": assessment})


def resumed(on, assessment="A-1"):
    return ("AssessmentResumed", on, {"assessment_id": assessment})


def deleted(on, kind="referral", record="R-1"):
    return ("RecordDeleted", on, {"record_kind": kind, "record_id": record})


def flagged(*counting, near):
    """Facts that count, and near ones that do not; what nothing is done to does not, and no other need is."""
    return {
        **{rule: ("1 of 1", *BEGUN, *facts) for rule, *facts in counting},
        **{rule: ("0 of 1", *BEGUN, *facts) for rule, *facts in near},
        "left alone": ("0 of 1", *BEGUN),
        "met before the period": (
            "0 of 0",
            *begun("2018-06-04"), completed("2018-07-02"),
        ),
    }  # fmt: skip


MET_BEFORE = (*BEGUN, completed("2019-06-10"))
AGAIN = started("2019-06-12", "A-2", referral_id="R-1")

EXAMPLES: Examples = {
    "assessment_in_time": {
        "on the last day": ("1 of 1", *BEGUN, completed("2019-08-05")),
        "the day after": ("0 of 1", *BEGUN, completed("2019-08-06")),
        "not completed": ("0 of 1", *BEGUN),
        "ended with nothing completed": ("0 of 1", *BEGUN, referral_closed("2019-06-10")),
        "due in the period, met before it": (
            "1 of 1", *DECEMBER, completed("2018-12-31"),
        ),
        "due after it, met in it": (
            "0 of 0", *begun("2019-12-02"), completed("2019-12-03"),
        ),
        "met, and another on the same referral": ("1 of 1", *MET_BEFORE, AGAIN),
        "without a referral": ("0 of 0", started("2019-06-03")),
    },
    "assessment_in_time_apart": {
        "another on a referral already met": ("1 of 1", *MET_BEFORE, AGAIN, completed("2019-06-20", "A-2")),
        "that is not met": ("0 of 1", *MET_BEFORE, AGAIN),
        "one without a referral": ("1 of 1", started("2019-06-03"), completed("2019-06-10")),
        "that is not met either": ("0 of 1", started("2019-06-03")),
        "the first of a referral is not apart": ("0 of 0", *BEGUN, completed("2019-06-10")),
    },
    "assessment_open_past_limit": {
        "since yesterday": ("1 of 1", *begun("2019-10-24")),
        "not yet": ("0 of 1", *begun("2019-12-02")),
        "completed late": ("0 of 0", *BEGUN, completed("2019-12-31")),
    },
    "looked_after_visit_open_past_limit": {
        "its last day was yesterday": (
            "1 of 1", ("PlacementStarted", "2019-12-23", {"placement_id": "PL-1"}),
        ),
        "its last day is today": ("0 of 1", ("PlacementStarted", "2019-12-24", {"placement_id": "PL-1"})),
    },
    "assessments_by_duration": {
        "that day": ("1 of 1 in 0", *BEGUN, completed("2019-06-03")),
        "1": ("1 of 1 in 1-10", *BEGUN, completed("2019-06-04")),
        "10": ("1 of 1 in 1-10", *BEGUN, completed("2019-06-17")),
        "11": ("1 of 1 in 11-20", *BEGUN, completed("2019-06-18")),
        "20": ("1 of 1 in 11-20", *BEGUN, completed("2019-07-01")),
        "21": ("1 of 1 in 21-30", *BEGUN, completed("2019-07-02")),
        "30": ("1 of 1 in 21-30", *BEGUN, completed("2019-07-15")),
        "31": ("1 of 1 in 31-40", *BEGUN, completed("2019-07-16")),
        "40": ("1 of 1 in 31-40", *BEGUN, completed("2019-07-29")),
        "41": ("1 of 1 in 41-45", *BEGUN, completed("2019-07-30")),
        "45": ("1 of 1 in 41-45", *BEGUN, completed("2019-08-05")),
        "46": ("0 of 1 in 46-50", *BEGUN, completed("2019-08-06")),
        "50": ("0 of 1 in 46-50", *BEGUN, completed("2019-08-12")),
        "51": ("0 of 1 in 51-60", *BEGUN, completed("2019-08-13")),
        "60, a bank holiday between": ("0 of 1 in 51-60", *BEGUN, completed("2019-08-27")),
        "61": ("0 of 1 in 61+", *BEGUN, completed("2019-08-28")),
        "from the referral": ("0 of 1 in 61+", *LATER, completed("2019-08-05")),
        "after its need had ended": (
            "0 of 1 in 1-10", *BEGUN, referral_closed("2019-06-05"), completed("2019-06-10"),
        ),
        "ended with nothing completed": ("0 of 0", *BEGUN, referral_closed("2019-06-10")),
        "not completed": ("0 of 0", *BEGUN),
        "completed before the period": (
            "0 of 0", *DECEMBER, completed("2018-12-31"),
        ),
    },
    "assessments_hidden": {
        "its record began lately": (
            "1 of 1", *BEGUN, closed("2019-07-01"), started("2019-12-02", "A-2", referral_id="R-1"),
        ),
        "it has no record": ("1 of 1", received("2019-06-03"), decided("2019-06-04")),
        "its record is late too": ("0 of 1", *BEGUN),
        "not late": ("0 of 0", *begun("2019-12-02")),
        "completed late": ("0 of 0", *BEGUN, completed("2019-12-31")),
    },
    "assessments_by_annex_a": {
        # Monday to Friday for nine weeks, up to the day before Monday 5 August.
        "45 weekdays": ("1 of 1", *BEGUN, completed("2019-08-05")),
        "45 weekdays, completed on the Sunday after": ("1 of 1", *BEGUN, completed("2019-08-04")),
        "46 weekdays": ("0 of 1", *BEGUN, completed("2019-08-06")),
        # With them it were no more than 42: between were Good Friday, Easter Monday and two in May.
        "bank holidays counted as working days": (
            "0 of 1", *begun("2019-04-01"), completed("2019-06-04"),
        ),
        "from the start of the need": ("0 of 1", *LATER, completed("2019-08-05")),
        "open, up to today": ("1 of 1", *begun("2019-10-29")),
        "open, up to a day more": ("0 of 1", *begun("2019-10-28")),
        "ended with nothing completed": ("0 of 0", *BEGUN, referral_closed("2019-06-10")),
        "completed on the first day of the period": (
            "1 of 1", *DECEMBER, completed("2019-01-01"),
        ),
        "completed before it": (
            "0 of 0", *DECEMBER, completed("2018-12-31"),
        ),
    },
    "assessments_child_not_seen": {
        "by nobody": ("1 of 1", *BEGUN, completed("2019-06-10")),
        "before it began": ("1 of 1", seen("2019-06-02"), *BEGUN, completed("2019-06-10")),
        "after it was completed": ("1 of 1", *BEGUN, completed("2019-06-10"), seen("2019-06-11")),
        "visited and not seen": ("1 of 1", *BEGUN, seen("2019-06-05", seen=False), completed("2019-06-10")),
        "on the first day": ("0 of 1", *BEGUN, seen("2019-06-03"), completed("2019-06-10")),
        "on the last": ("0 of 1", *BEGUN, completed("2019-06-10"), seen("2019-06-10")),
        "unborn": (
            "0 of 1",
            ("ChildRegistered", "2019-06-03", {"expected_birth_on": "2019-08-01"}), *BEGUN,
            completed("2019-06-10"),
        ),
        "not completed": ("0 of 0", *BEGUN),
        "ended with nothing completed": ("0 of 0", *BEGUN, referral_closed("2019-06-10")),
    },
    "assessments_ended_without_completion": {
        "the referral was closed": ("1 of 1", *BEGUN, referral_closed("2019-07-10")),
        "completed first": ("0 of 1", *BEGUN, completed("2019-07-09"), referral_closed("2019-07-10")),
        "completed late": ("0 of 1", *BEGUN, completed("2019-12-09")),
        "open": ("0 of 0", *BEGUN),
        "closed before the period": (
            "0 of 0",
            *begun("2018-06-04"), referral_closed("2018-12-31"),
        ),
    },
    "assessments_reopened": flagged(
        ("the same record", closed("2019-07-01"), reopened("2019-07-03")),
        ("the same record, called a start", closed("2019-07-01"), started("2019-07-03", referral_id="R-1")),
        near=(("another record", closed("2019-07-01"), started("2019-07-03", "A-2", referral_id="R-1")),),
    ),
    "assessments_restarted": flagged(
        ("another record", closed("2019-07-01"), started("2019-07-03", "A-2", referral_id="R-1")),
        near=(
            ("the same record", closed("2019-07-01"), reopened("2019-07-03")),
            ("after a cancelling", cancelled("2019-07-01"), started("2019-07-03", "A-2", referral_id="R-1")),
            ("beside the first", started("2019-07-03", "A-2", referral_id="R-1")),
        ),
    ),
    "assessments_cancelled_then_restarted": flagged(
        ("another record", cancelled("2019-07-01"), started("2019-07-03", "A-2", referral_id="R-1")),
        (
            "after it was deleted",
            deleted("2019-07-01", "assessment", "A-1"), started("2019-07-03", "A-2", referral_id="R-1"),
        ),
        near=(
            ("after a closing", closed("2019-07-01"), started("2019-07-03", "A-2", referral_id="R-1")),
            ("cancelled and no more", cancelled("2019-07-01")),
        ),
    ),
    "assessments_continued": flagged(
        ("on the 28th day", referral_closed("2019-07-01"), received("2019-07-29", "R-2")),
        near=(
            ("not taken up", referral_closed("2019-07-01")),
            ("a second referral while it runs", received("2019-07-29", "R-2")),
        ),
    ),
    "assessments_start_moved": {
        "later": ("1 of 1", started("2019-06-03"), moved("f1", "2019-06-17")),
        "earlier": ("0 of 1", started("2019-06-03"), moved("f1", "2019-06-02")),
        "to the same day": ("0 of 1", started("2019-06-03"), moved("f1", "2019-06-03")),
        "the referral was": ("0 of 1", *BEGUN, moved("f1", "2019-06-17")),
        "met before the period": (
            "0 of 0", started("2018-06-04"), completed("2018-07-02"), moved("f1", "2018-06-11"),
        ),
    },
    "assessments_referral_moved": flagged(
        ("later", moved("f1", "2019-06-17")),
        near=(("earlier", moved("f1", "2019-05-02")), ("the start was", moved("f2", "2019-06-17"))),
    ),
    "assessments_deleted": flagged(
        ("the referral", deleted("2019-07-01")),
        ("the referral vanished", ("RecordDisappeared", "2019-07-01",
                                   {"record_kind": "referral", "record_id": "R-1"})),
        ("it was withdrawn", withdrawn("f1")),
        near=(
            ("once it was met", completed("2019-06-28"), deleted("2019-07-01")),
            ("another referral", deleted("2019-07-01", record="R-9")),
        ),
    ),
    "assessments_paused": flagged(
        ("for good", paused("2019-06-17")),
        ("and resumed", paused("2019-06-17"), resumed("2019-06-24")),
        near=(
            ("another record", paused("2019-06-17", "A-9")),
            ("once it was completed", completed("2019-06-10"), paused("2019-06-17")),
            ("resumed and never paused", resumed("2019-06-17")),
        ),
    ),
}  # fmt: skip

BY_RECORDS = {
    "assessment_in_time": {
        "the record was in time": ("1 of 1", *LATER, completed("2019-08-05")),
        "the record was late": ("0 of 1", *LATER, completed("2019-08-06")),
        "the record runs, and is late": ("0 of 1", *BEGUN),
        "the record runs, and is not late": (
            "0 of 0", *BEGUN, closed("2019-07-01"), started("2019-12-02", "A-2", referral_id="R-1"),
        ),
        "there is none": ("0 of 0", received("2019-06-03"), decided("2019-06-04")),
        "without a referral": ("0 of 0", started("2019-06-03"), completed("2019-06-10")),
    },
    "assessment_in_time_apart": {
        "in time": ("1 of 1", started("2019-06-03"), completed("2019-08-05")),
        "late": ("0 of 1", started("2019-06-03"), completed("2019-08-06")),
        "of a referral": ("0 of 0", *LATER, completed("2019-08-05")),
    },
    "assessment_open_past_limit": {
        "its record is late": ("1 of 1", *BEGUN),
        "its record began lately": (
            "0 of 1", *BEGUN, closed("2019-07-01"), started("2019-12-02", "A-2", referral_id="R-1"),
        ),
        "there is none": ("0 of 0", received("2019-06-03"), decided("2019-06-04")),
    },
    "assessments_by_duration": {
        "from the start of the record": ("1 of 1 in 41-45", *LATER, completed("2019-08-05")),
        "a day more": ("0 of 1 in 46-50", *LATER, completed("2019-08-06")),
        "pauses left out": (
            "1 of 1 in 41-45", *LATER, paused("2019-06-17"), resumed("2019-06-18"), completed("2019-08-06"),
        ),
        "of two records the last": (
            "1 of 1 in 1-10",
            *LATER, closed("2019-07-01"), started("2019-08-01", "A-2", referral_id="R-1"),
            completed("2019-08-05", "A-2"),
        ),
        "not completed": ("0 of 0", *LATER),
    },
    "assessments_by_annex_a": {
        "45 weekdays of the record": ("1 of 1", *LATER, completed("2019-08-05")),
        "46 weekdays of the record": ("0 of 1", *LATER, completed("2019-08-06")),
        "there is none": ("0 of 0", received("2019-06-03"), decided("2019-06-04")),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_assessments_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


@pytest.mark.parametrize(("measure", "expected", "facts"), each(BY_RECORDS))
def test_what_the_records_show(measure, expected, facts):
    assert told_by_records(measure, facts) == expected


def test_a_need_that_had_begun_when_two_references_turned_out_to_be_one_child_counts_as_merged():
    def share(merged_on):
        merged = recorded(4, "ChildMerged", merged_on, stream="C1002", into="C1001")
        known = [*history(*BEGUN, completed("2019-06-10")), merged]
        rows = rows_of(Case("C1001", known, Question(DAY), england()), {"assessment"})
        return said(counted("assessments_merged", rows).figure(BY_NAME["assessments_merged"]))

    assert share("2019-06-03") == share("2019-06-11") == "1 of 1"
    assert share("2019-06-02") == "0 of 1"
    assert share("2020-01-01") == "0 of 1"


def test_what_is_open_past_its_limit_tells_how_long_it_has_been_open():
    # From 2 to 31 December 2019 there were eight weekend days and two bank holidays.
    assert days("assessment_open_past_limit", begun("2019-12-02")) == 19
