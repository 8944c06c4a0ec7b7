"""Children in care: when each was last seen and reviewed, and in how many places it was."""

import pytest

from tests.projections.counting import Examples, each, told


def care(on, episode="E-1"):
    return ("CareStarted", on, {"episode_id": episode})


def care_ended(on, episode="E-1"):
    return ("CareEnded", on, {"episode_id": episode})


def placed(on, placement="PL-1"):
    return ("PlacementStarted", on, {"placement_id": placement})


def left(on, placement="PL-1"):
    return ("PlacementEnded", on, {"placement_id": placement})


def visit(on, visit="V-1", **data):
    return ("VisitMade", on, {"visit_id": visit, "purpose": "looked_after", "seen": True, **data})


def review(on, kind="looked_after_review", meeting="M-1"):
    return ("MeetingHeld", on, {"meeting_id": meeting, "kind": kind})


BEGUN = care("2018-01-02")
LONG = care("2017-06-30")
"""In care for thirty months on 31 December 2019."""

EXAMPLES: Examples = {
    "looked_after_last_seen": {
        "today": ("1 in 0-5", BEGUN, visit("2019-12-31")),
        "the day before six weeks": ("1 in 0-5", BEGUN, visit("2019-11-20")),
        "six weeks": ("1 in 6-11", BEGUN, visit("2019-11-19")),
        "the day before twelve weeks": ("1 in 6-11", BEGUN, visit("2019-10-09")),
        "twelve weeks": ("1 in 12-17", BEGUN, visit("2019-10-08")),
        "the day before eighteen weeks": ("1 in 12-17", BEGUN, visit("2019-08-28")),
        "eighteen weeks": ("1 in 18+", BEGUN, visit("2019-08-27")),
        "not at a visit at which it was not seen": (
            "1 in 18+", BEGUN, visit("2019-03-05"), visit("2019-12-30", "V-2", seen=False),
        ),
        "never since care began": ("1 in 0-5", visit("2019-03-05"), care("2019-12-02")),
        "placed, and in no episode": ("1 in 0-5", placed("2019-12-02")),
        "out of care": ("0", BEGUN, visit("2019-12-30"), care_ended("2019-12-31")),
        "never in care": ("0", visit("2019-12-30")),
    },
    "looked_after_last_reviewed": {
        "91 days": ("1 in 0-91", BEGUN, review("2019-10-01")),
        "92 days": ("1 in 92-182", BEGUN, review("2019-09-30")),
        "182 days": ("1 in 92-182", BEGUN, review("2019-07-02")),
        "183 days": ("1 in 183-273", BEGUN, review("2019-07-01")),
        "273 days": ("1 in 183-273", BEGUN, review("2019-04-02")),
        "274 days": ("1 in 274-365", BEGUN, review("2019-04-01")),
        "365 days": ("1 in 274-365", BEGUN, review("2018-12-31")),
        "366 days": ("1 in 366+", BEGUN, review("2018-12-30")),
        "of two the last": ("1 in 0-91", BEGUN, review("2019-03-05"), review("2019-12-02", meeting="M-2")),
        "not at a review of another plan": ("1 in 366+", BEGUN, review("2019-12-02", "review_conference")),
        "never since care began": ("1 in 0-91", review("2019-03-05"), care("2019-12-02")),
        "in care twice over, once": (
            "1 in 0-91", BEGUN, care("2019-12-16", "E-2"), review("2019-12-02"),
        ),
        "out of care": ("0", BEGUN, review("2019-12-02"), care_ended("2019-12-31")),
    },
    "care_three_placements": {
        "none": ("0 of 1 in 0", BEGUN),
        "one": ("0 of 1 in 1", BEGUN, placed("2018-01-02")),
        "two": ("0 of 1 in 2", BEGUN, placed("2018-01-02"), left("2019-03-05"), placed("2019-03-05", "PL-2")),
        "the first left on the first day of the period": (
            "1 of 1 in 3+",
            BEGUN, placed("2018-01-02"), left("2019-01-01"), placed("2019-01-01", "PL-2"),
            placed("2019-12-31", "PL-3"),
        ),
        "the first left the day before": (
            "0 of 1 in 2",
            BEGUN, placed("2018-01-02"), left("2018-12-31"), placed("2019-01-01", "PL-2"),
            placed("2019-12-31", "PL-3"),
        ),
        "the same place again": (
            "1 of 1 in 3+",
            BEGUN, placed("2018-01-02"), left("2019-03-05"), placed("2019-03-05", "PL-2"),
            left("2019-06-03", "PL-2"), placed("2019-06-03"),
        ),
        "out of care": (
            "0 of 0",
            BEGUN, placed("2019-01-02"), placed("2019-03-05", "PL-2"), placed("2019-06-03", "PL-3"),
            care_ended("2019-12-31"),
        ),
    },
    "care_same_placement": {
        "two years": ("1 of 1 in 24+", LONG, placed("2017-12-31")),
        "the day before two years": ("0 of 1 in 12-23", LONG, placed("2018-01-01")),
        "a year": ("0 of 1 in 12-23", LONG, placed("2018-12-31")),
        "the day before a year": ("0 of 1 in 0-11", LONG, placed("2019-01-01")),
        "moved since": (
            "0 of 1 in 0-11", LONG, placed("2017-07-03"), left("2019-12-02"), placed("2019-12-02", "PL-2"),
        ),
        "placed nowhere": ("0 of 1 in 0-11", LONG),
        "not thirty months in care": ("0 of 0", care("2017-07-01"), placed("2017-07-01")),
        "out of care": ("0 of 0", LONG, placed("2017-06-30"), care_ended("2019-12-31")),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_children_in_care_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected
