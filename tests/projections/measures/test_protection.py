"""Strategy discussions, enquiries and conferences: what each led to, and after how long."""

import pytest

from tests.projections.counting import Examples, each, told, told_by_records


def discussed(on, outcome="section_47", meeting="SD-1"):
    return ("StrategyDiscussionHeld", on, {"meeting_id": meeting, "outcome": outcome})


def enquiry(on):
    return ("Section47Started", on, {"enquiry_id": "E-1"})


def enquired(on, outcome="no_conference"):
    return ("Section47Completed", on, {"enquiry_id": "E-1", "outcome": outcome})


def conference(on, kind="initial_conference", **data):
    return ("MeetingHeld", on, {"meeting_id": "M-1", "kind": kind, **data})


def plan(on, kind="child_protection"):
    return ("PlanStarted", on, {"plan_id": "P-1", "kind": kind})


def track(on, track="T-1"):
    return ("PreProceedingsDecided", on, {"track_id": track})


def track_ended(on):
    return ("PreProceedingsEnded", on, {"track_id": "T-1", "outcome": "step_down"})


DECIDED = track("2019-03-05")

EXAMPLES: Examples = {
    "strategy_discussions_without_enquiry": {
        "none": ("1 of 1", discussed("2019-03-05", "no_section_47")),
        "one": ("0 of 1", discussed("2019-03-05")),
        "as last reported": (
            "1 of 1", discussed("2019-03-05"), discussed("2019-03-06", "no_section_47"),
        ),
        "the last day of the period counts": ("1 of 1", discussed("2019-12-31", "no_section_47")),
        "the day before it does not": ("0 of 0", discussed("2018-12-31", "no_section_47")),
    },
    "enquiries_without_conference": {
        "none needed": ("1 of 1", enquiry("2019-03-05"), enquired("2019-03-20")),
        "one needed": ("0 of 1", enquiry("2019-03-05"), enquired("2019-03-20", "conference")),
        "completed in the period, begun before it": (
            "1 of 1", enquiry("2018-12-20"), enquired("2019-01-01"),
        ),
        "completed before it": ("0 of 0", enquiry("2018-12-20"), enquired("2018-12-31")),
        "not completed": ("0 of 0", enquiry("2019-03-05")),
        "never begun": ("0 of 0", enquired("2019-03-20")),
    },
    "conferences_without_plan": {
        "none": ("1 of 1", conference("2019-03-05")),
        "one that day": ("0 of 1", conference("2019-03-05"), plan("2019-03-05")),
        "one on the tenth day": ("0 of 1", conference("2019-03-05"), plan("2019-03-15")),
        "one on the eleventh day": ("1 of 1", conference("2019-03-05"), plan("2019-03-16")),
        "one that began before": ("1 of 1", conference("2019-03-05"), plan("2019-03-04")),
        "one of another kind": ("1 of 1", conference("2019-03-05"), plan("2019-03-05", "child_in_need")),
        "an inquorate one is none": ("0 of 0", conference("2019-03-05", quorate=False)),
        "a review is none": ("0 of 0", conference("2019-03-05", "review_conference")),
        "its ten days over today": ("1 of 1", conference("2019-12-20")),
        "its ten days not over": ("0 of 0", conference("2019-12-21")),
        "its ten days over in the period": ("1 of 1", conference("2018-12-21")),
        "its ten days over before the period": ("0 of 0", conference("2018-12-20")),
    },
    "pre_proceedings_restarted": {
        "ended and begun again": ("1 of 1", DECIDED, track_ended("2019-06-03"), track("2019-06-17", "T-2")),
        "ended": ("0 of 1", DECIDED, track_ended("2019-06-03")),
        "going on": ("0 of 1", DECIDED),
        "ended before the period": ("0 of 0", track("2018-06-04"), track_ended("2018-12-31")),
    },
    "conferences_by_duration": {
        "on the tenth working day": (
            "1 of 1 in 0-10", discussed("2019-06-07"), conference("2019-06-21"),
        ),
        "on the eleventh": ("1 of 1 in 11-15", discussed("2019-06-07"), conference("2019-06-24")),
        "on the fifteenth": ("1 of 1 in 11-15", discussed("2019-06-07"), conference("2019-06-28")),
        "on the sixteenth": ("0 of 1 in 16-20", discussed("2019-06-07"), conference("2019-07-01")),
        "on the twentieth": ("0 of 1 in 16-20", discussed("2019-06-07"), conference("2019-07-05")),
        "on the twenty-first": ("0 of 1 in 21+", discussed("2019-06-07"), conference("2019-07-08")),
        "from the first of two discussions": (
            "0 of 1 in 16-20",
            discussed("2019-06-07"), discussed("2019-06-20", meeting="SD-2"), conference("2019-07-01"),
        ),
        "where none was needed there is none": (
            "0 of 0", discussed("2019-06-07"), enquiry("2019-06-07"), enquired("2019-06-14"),
        ),
        "held before the period": ("0 of 0", discussed("2018-12-20"), conference("2018-12-31")),
        "not held": ("0 of 0", discussed("2019-06-07")),
    },
}  # fmt: skip

BY_RECORDS = {
    "conferences_by_duration": {
        "from the last of two discussions": (
            "1 of 1 in 0-10",
            discussed("2019-06-07"), discussed("2019-06-20", meeting="SD-2"), conference("2019-07-01"),
        ),
        "as late as it is": ("0 of 1 in 16-20", discussed("2019-06-07"), conference("2019-07-01")),
        "where none was needed there is none": (
            "0 of 0", discussed("2019-06-07"), enquiry("2019-06-07"), enquired("2019-06-14"),
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_those_held_and_what_came_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


@pytest.mark.parametrize(("measure", "expected", "facts"), each(BY_RECORDS))
def test_what_the_records_show(measure, expected, facts):
    assert told_by_records(measure, facts) == expected
