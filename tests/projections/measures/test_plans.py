"""Plans: how many are not the first, how long they run, whether reviewed in time, when the child was seen."""

import pytest

from tests.projections.counting import Examples, days, each, told


def plan(on, plan="P-1", kind="child_protection"):
    return ("PlanStarted", on, {"plan_id": plan, "kind": kind})


def need(on, plan_id="P-1"):
    return plan(on, plan_id, "child_in_need")


def ended(on, plan="P-1"):
    return ("PlanEnded", on, {"plan_id": plan})


def review(on, meeting="M-1", **data):
    about = {"meeting_id": meeting, "kind": "review_conference", "plan_id": "P-1"}
    return ("MeetingHeld", on, {**about, **data})


def visit(on, visit="V-1", **data):
    return ("VisitMade", on, {"visit_id": visit, "purpose": "child_protection", "seen": True, **data})


def standing(kind):
    """What runs on 31 December 2019, on both sides of the edge of each band."""
    return {
        "since today": ("1 in 0-2", plan("2019-12-31", kind=kind)),
        "the day before three months": ("1 in 0-2", plan("2019-10-01", kind=kind)),
        "three months": ("1 in 3-5", plan("2019-09-30", kind=kind)),
        "the day before six months": ("1 in 3-5", plan("2019-07-01", kind=kind)),
        "six months": ("1 in 6-11", plan("2019-06-30", kind=kind)),
        "the day before a year": ("1 in 6-11", plan("2019-01-01", kind=kind)),
        "a year": ("1 in 12-23", plan("2018-12-31", kind=kind)),
        "the day before two years": ("1 in 12-23", plan("2018-01-01", kind=kind)),
        "two years": ("1 in 24+", plan("2017-12-31", kind=kind)),
        "ended today": ("0", plan("2019-03-05", kind=kind), ended("2019-12-31")),
    }  # fmt: skip


def last_seen(kind):
    """The child was seen on days on both sides of the edge of each band, before 31 December 2019."""
    begun = plan("2019-01-02", kind=kind)
    return {
        "today": ("1 in 0-5", begun, visit("2019-12-31")),
        "the day before six weeks": ("1 in 0-5", begun, visit("2019-11-20")),
        "six weeks": ("1 in 6-11", begun, visit("2019-11-19")),
        "the day before twelve weeks": ("1 in 6-11", begun, visit("2019-10-09")),
        "twelve weeks": ("1 in 12-17", begun, visit("2019-10-08")),
        "the day before eighteen weeks": ("1 in 12-17", begun, visit("2019-08-28")),
        "eighteen weeks": ("1 in 18+", begun, visit("2019-08-27")),
        "of two visits the last": (
            "1 in 0-5", begun, visit("2019-03-05"), visit("2019-12-30", "V-2"),
        ),
        "a visit at which it was not seen does not": (
            "1 in 18+", begun, visit("2019-03-05"), visit("2019-12-30", "V-2", seen=False),
        ),
        "whatever the visit was for": ("1 in 0-5", begun, visit("2019-12-30", purpose="assessment")),
        "never since it began": ("1 in 0-5", visit("2019-03-05"), plan("2019-12-02", kind=kind)),
        "ended": ("0", begun, visit("2019-12-30"), ended("2019-12-31")),
        "another kind of plan": ("0", plan("2019-01-02", kind="pathway"), visit("2019-12-30")),
    }  # fmt: skip


def run_for(months, last, before):
    """Plans open for some months or more: ``last`` is the last day to begin, ``before`` the one after."""
    return {
        f"{months} months": ("1 of 1", plan(last)),
        f"the day before {months} months": ("0 of 1", plan(before)),
        "ended": ("0 of 0", plan("2016-01-01"), ended("2019-12-31")),
        "another kind of plan": ("0 of 0", need("2016-01-01")),
    }


OLD = plan("2018-01-02")
FIRST = (plan("2016-03-05"), ended("2017-03-05"))
BEGUN = plan("2019-03-05")
EXAMPLES: Examples = {
    "repeat_plans": {
        "however long after": ("1 of 1", plan("2001-03-05"), ended("2002-03-05"), plan("2019-03-05", "P-2")),
        "while the first runs": ("1 of 2", BEGUN, plan("2019-03-06", "P-2")),
        "the same plan again": ("1 of 1", *FIRST, BEGUN),
        "the first": ("0 of 1", BEGUN),
        "reported twice": ("0 of 1", BEGUN, plan("2019-04-05")),
        "after one of another kind": ("0 of 1", need("2018-03-05", "P-0"), BEGUN),
        "of another kind": (
            "0 of 0", need("2018-03-05", "P-0"), ended("2018-06-05", "P-0"), need("2019-03-05"),
        ),
        "begun before the period": ("0 of 0", *FIRST, plan("2018-12-31", "P-2")),
    },
    "repeat_plans_within_2_years": {
        "on the day two years later": ("1 of 1", *FIRST, plan("2019-03-05", "P-2")),
        "on the day after that": ("0 of 1", *FIRST, plan("2019-03-06", "P-2")),
        "while the first runs": ("1 of 1", plan("2001-03-05"), plan("2019-03-06", "P-2")),
        "of several the latest to end": (
            "1 of 1",
            plan("2001-03-05", "P-0"), ended("2002-03-05", "P-0"), *FIRST, plan("2019-03-05", "P-2"),
        ),
        "after one of another kind": ("0 of 1", need("2018-03-05", "P-0"), BEGUN),
        "of another kind": ("0 of 0", *FIRST, need("2019-03-05", "P-2")),
    },
    "plans_reviewed_in_time": {
        "on the last day of the first three months": ("1 of 1", plan("2019-07-05"), review("2019-10-05")),
        "the day after": ("0 of 1", plan("2019-07-05"), review("2019-10-06")),
        "never": ("0 of 1", plan("2019-03-05")),
        "the second was due yesterday": ("0 of 1", plan("2019-03-30"), review("2019-06-30")),
        "the second is due tomorrow": ("1 of 1", plan("2019-04-01"), review("2019-07-01")),
        "the second was late": (
            "0 of 1", plan("2018-09-05"), review("2018-12-05"), review("2019-06-06", "M-2"),
            review("2019-12-05", "M-3"),
        ),
        "the first of three was late": (
            "0 of 1", plan("2018-09-05"), review("2018-12-06"), review("2019-06-05", "M-2"),
            review("2019-12-05", "M-3"),
        ),
        "three months old today": ("1 of 1", plan("2019-09-30"), review("2019-12-30")),
        "the same plan was late in an earlier life": (
            "1 of 1", plan("2017-01-05"), ended("2017-12-05"), plan("2019-08-05"), review("2019-11-05"),
        ),
        "the same plan is late now": (
            "0 of 1", plan("2017-01-05"), review("2017-04-05"), ended("2017-05-05"), plan("2019-08-05"),
            review("2019-11-06", "M-2"),
        ),
        "late in a life that this one goes on from": (
            "0 of 1", plan("2019-05-01"), ended("2019-07-31"), plan("2019-08-05"), review("2019-10-01"),
        ),
        "not three months old": ("0 of 0", plan("2019-10-01")),
        "ended": ("0 of 0", plan("2019-03-05"), ended("2019-12-31")),
        "of another kind": ("0 of 0", need("2019-03-05")),
    },
    "protection_plans_by_duration": {
        **standing("child_protection"), "of another kind": ("0", need("2019-03-05")),
    },
    "in_need_plans_by_duration": {
        **standing("child_in_need"), "of another kind": ("0", plan("2019-03-05")),
    },
    "protection_plans_ended_by_duration": {
        "that day": ("1 in 0-2", plan("2019-03-05"), ended("2019-03-05")),
        "the day before three months": ("1 in 0-2", plan("2019-03-05"), ended("2019-06-04")),
        "three months": ("1 in 3-5", plan("2019-03-05"), ended("2019-06-05")),
        "the day before six months": ("1 in 3-5", plan("2019-03-05"), ended("2019-09-04")),
        "six months": ("1 in 6-11", plan("2019-03-05"), ended("2019-09-05")),
        "the day before a year": ("1 in 6-11", plan("2018-03-05"), ended("2019-03-04")),
        "a year": ("1 in 12-23", plan("2018-03-05"), ended("2019-03-05")),
        "the day before two years": ("1 in 12-23", plan("2017-03-05"), ended("2019-03-04")),
        "two years": ("1 in 24+", plan("2017-03-05"), ended("2019-03-05")),
        "ended before the period": ("0", plan("2017-03-05"), ended("2018-12-31")),
        "running": ("0", plan("2017-03-05")),
        "of another kind": ("0", need("2018-03-05"), ended("2019-03-05")),
    },
    "protection_plans_over_15_months": run_for(15, "2018-09-30", "2018-10-01"),
    "protection_plans_over_18_months": run_for(18, "2018-06-30", "2018-07-01"),
    "protection_plans_over_24_months": run_for(24, "2017-12-31", "2018-01-01"),
    "child_protection_last_reviewed": {
        "91 days": ("1 in 0-91", OLD, review("2019-10-01")),
        "92 days": ("1 in 92-182", OLD, review("2019-09-30")),
        "182 days": ("1 in 92-182", OLD, review("2019-07-02")),
        "183 days": ("1 in 183-273", OLD, review("2019-07-01")),
        "273 days": ("1 in 183-273", OLD, review("2019-04-02")),
        "274 days": ("1 in 274-365", OLD, review("2019-04-01")),
        "365 days": ("1 in 274-365", OLD, review("2018-12-31")),
        "366 days": ("1 in 366+", OLD, review("2018-12-30")),
        "of two the last": ("1 in 0-91", OLD, review("2019-03-05"), review("2019-12-02", "M-2")),
        "an inquorate one does not": ("1 in 366+", OLD, review("2019-12-02", quorate=False)),
        "never since it began": ("1 in 0-91", review("2019-03-05"), plan("2019-12-02")),
        "ended": ("0", OLD, review("2019-12-02"), ended("2019-12-31")),
        "of another kind": ("0", need("2019-03-05"), review("2019-12-02")),
    },
    "longest_visit_gaps": {
        "14 days since": ("0 of 1 in 0-14", plan("2019-12-17")),
        "15 days": ("0 of 1 in 15-28", plan("2019-12-16")),
        "28 days": ("0 of 1 in 15-28", plan("2019-12-03")),
        "29 days": ("0 of 1 in 29-42", plan("2019-12-02")),
        "six weeks": ("0 of 1 in 29-42", plan("2019-11-19")),
        "a day more than six weeks": ("1 of 1 in 43-84", plan("2019-11-18")),
        "twelve weeks": ("1 of 1 in 43-84", plan("2019-10-08")),
        "a day more than twelve weeks": ("1 of 1 in 85+", plan("2019-10-07")),
        "between two visits": (
            "1 of 1 in 43-84", plan("2019-10-07"), visit("2019-10-08"), visit("2019-12-02", "V-2"),
        ),
        "from the start to the first": ("1 of 1 in 43-84", plan("2019-10-07"), visit("2019-12-02")),
        "a visit at which it was not seen fills none": (
            "1 of 1 in 43-84", plan("2019-11-18"), visit("2019-12-02", seen=False),
        ),
        "a visit before the plan began counts for nothing": (
            "0 of 1 in 0-14", visit("2019-10-01"), plan("2019-12-17"),
        ),
        "a visit fills one": ("0 of 1 in 29-42", plan("2019-11-18"), visit("2019-12-02")),
        "in need": ("1 of 1 in 43-84", need("2019-11-18")),
        "ended": ("0 of 0", plan("2019-11-18"), ended("2019-12-31")),
        "of another kind": ("0 of 0", plan("2019-11-18", kind="pathway")),
    },
    "child_protection_last_seen": last_seen("child_protection"),
    "child_in_need_last_seen": last_seen("child_in_need"),
    "child_protection_last_seen_alone": {
        "alone": ("1 of 1", BEGUN, visit("2019-12-02", seen_alone=True)),
        "not alone": ("0 of 1", BEGUN, visit("2019-12-02", seen_alone=False)),
        "nobody said": ("0 of 1", BEGUN, visit("2019-12-02")),
        "alone the time before": (
            "0 of 1",
            BEGUN, visit("2019-12-02", seen_alone=True), visit("2019-12-09", "V-2", seen_alone=False),
        ),
        "not seen since": (
            "1 of 1", BEGUN, visit("2019-12-02", seen_alone=True), visit("2019-12-09", "V-2", seen=False),
        ),
        "before the plan began": ("0 of 1", visit("2019-03-04", seen_alone=True), BEGUN),
        "ended": ("0 of 0", BEGUN, visit("2019-12-02", seen_alone=True), ended("2019-12-31")),
        "of another kind": ("0 of 0", need("2019-03-05"), visit("2019-12-02", seen_alone=True)),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_plans_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


def test_the_weeks_since_a_child_was_seen_are_complete_ones():
    assert days("child_protection_last_seen", [BEGUN, visit("2019-12-17")]) == 2
    assert days("child_protection_last_seen", [BEGUN, visit("2019-12-18")]) == 1
