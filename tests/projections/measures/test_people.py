"""Workers: how many children each holds, how often they change, and who has none."""

import pytest

from domain.policy import AS_REVIEWED
from projections.across.caseloads import Held, caseload_policy, caseloads, measured_caseloads
from projections.across.changes import Change, changes_by_child
from projections.measure import Quartiles
from projections.measure_catalogue import BY_NAME
from projections.measured.rows import rows_of
from projections.worker_rows import worker_rows
from tests.invented import received, referral_closed
from tests.projections.counting import (
    DAY,
    YEAR,
    Examples,
    case_of,
    counted,
    days,
    each,
    rows_from,
    said,
    told,
)


def allocated(on, worker="W-1", team=None):
    return ("WorkerAllocated", on, {"worker_id": worker, "team_id": team})


def unallocated(on, worker="W-1"):
    return ("WorkerUnallocated", on, {"worker_id": worker})


def transferred(on, team="T-2"):
    return ("CaseTransferred", on, {"to_team_id": team})


def joined(on, **data):
    return ("WorkerJoined", on, data)


def left(on):
    return ("WorkerLeft", on, {})


def care(on):
    return ("CareStarted", on, {"episode_id": "E-1"})


def out_of_care(on):
    return ("CareEnded", on, {"episode_id": "E-1"})


def plan(on):
    return ("PlanStarted", on, {"plan_id": "P-1", "kind": "child_in_need"})


def plan_ended(on):
    return ("PlanEnded", on, {"plan_id": "P-1"})


OPEN = received("2019-03-05")

EXAMPLES: Examples = {
    "worker_changes": {
        "to another worker": ("1", allocated("2019-03-05"), allocated("2019-04-05", "W-2")),
        "there and back": (
            "2", allocated("2019-03-05"), allocated("2019-04-05", "W-2"), allocated("2019-05-07"),
        ),
        "with nobody between": (
            "1", allocated("2019-03-05"), unallocated("2019-04-05"), allocated("2019-05-07", "W-2"),
        ),
        "the first of all": ("0", allocated("2019-03-05")),
        "the same worker again": (
            "0", allocated("2019-03-05"), unallocated("2019-04-05"), allocated("2019-05-07"),
        ),
        "another team": ("0", allocated("2019-03-05", team="T-1"), transferred("2019-04-05")),
        "before the period": ("0", allocated("2018-03-05"), allocated("2018-12-31", "W-2")),
        "on its first day": ("1", allocated("2018-03-05"), allocated("2019-01-01", "W-2")),
    },
    "children_without_worker": {
        "a referral is open": ("1", OPEN),
        "a plan runs": ("1", plan("2019-03-05")),
        "in care": ("1", care("2019-03-05")),
        "who has left": ("1", OPEN, allocated("2019-03-06"), unallocated("2019-04-05")),
        "another than the one told to leave": (
            "0", OPEN, allocated("2019-03-06", "W-2"), unallocated("2019-04-05"),
        ),
        "held since today": ("0", OPEN, allocated("2019-12-31")),
        "nothing is open": ("0", OPEN, referral_closed("2019-12-31")),
        "the plan has ended": ("0", plan("2019-03-05"), plan_ended("2019-12-31")),
        "out of care": ("0", care("2019-03-05"), out_of_care("2019-12-31")),
        "out of care, under a plan": ("1", care("2019-03-05"), plan("2019-06-03"), out_of_care("2019-12-31")),
    },
    "times_without_worker": {
        "until one was found": ("1", OPEN, allocated("2019-03-06")),
        "until it was closed": ("1", OPEN, referral_closed("2019-04-05")),
        "twice": ("2", OPEN, allocated("2019-03-06"), unallocated("2019-04-05"), allocated("2019-04-08")),
        "never": ("0", OPEN, allocated("2019-03-05")),
        "it goes on": ("0", OPEN),
        "of two referrals that follow each other it is one": (
            "1", OPEN, referral_closed("2019-04-05"), received("2019-04-05", "R-2"), allocated("2019-05-07"),
        ),
        "until a day before the period": ("0", received("2018-12-03"), allocated("2018-12-31")),
    },
}  # fmt: skip

LENGTHS = {
    "children_without_worker": {
        "since it was opened": (19, received("2019-12-02")),
        "not since it was held before it was opened": (
            19, allocated("2019-06-03"), unallocated("2019-07-01"), received("2019-12-02"),
        ),
        "since the last left": (
            4, received("2019-12-02"), allocated("2019-12-02"), unallocated("2019-12-23"),
        ),
    },
    "times_without_worker": {
        "over Easter": (3, received("2019-04-17"), allocated("2019-04-24")),
        "over a weekend": (
            0, OPEN, allocated("2019-03-05"), unallocated("2019-04-06"), allocated("2019-04-07"),
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_counts_of_who_held_a_case(measure, expected, facts):
    assert told(measure, facts) == expected


@pytest.mark.parametrize(("measure", "expected", "facts"), each(LENGTHS))
def test_how_long_nobody_held_it_is_in_working_days(measure, expected, facts):
    assert days(measure, facts) == expected


CHANGES = {
    0: "0 of 0",
    1: "0 of 1 in 1",
    2: "1 of 1 in 2",
    3: "1 of 1 in 3",
    4: "1 of 1 in 4+",
    5: "1 of 1 in 4+",
}


@pytest.mark.parametrize(("number", "expected"), CHANGES.items())
def test_a_child_counts_from_the_second_change_of_worker_in_the_period(number, expected):
    before = [allocated("2018-11-05", "W-8"), allocated("2018-12-31", "W-9")]
    changes = [allocated(f"2019-03-0{1 + n}", f"W-{n}") for n in range(number)]
    rows = rows_from("worker_changes", [*before, *changes])
    found = (Change(row.child, row.day, row.worker_id, row.team_id) for row in rows)
    told_of = counted("worker_changes_by_child", changes_by_child(found, YEAR))
    assert said(told_of.figure(BY_NAME["worker_changes_by_child"])) == expected


def over(number, *of_worker):
    """The figure of one worker who holds a number of children, and of whom some facts are told."""
    cases = [case_of([allocated("2019-03-05")], f"C{child}") for child in range(number)]
    held = [
        Held(row.child, row.worker_id or "", row.team_id, row.since, row.until, row.day, is_open=True)
        for case in cases
        for row in rows_of(case, {"held"})
    ]
    workers = worker_rows.rows(case_of(of_worker, "worker:W-1"))
    loads = caseloads(held, workers, DAY, caseload_policy(AS_REVIEWED, DAY))
    figure = counted("caseloads_over_threshold", measured_caseloads(loads)).figure(
        BY_NAME["caseloads_over_threshold"]
    )
    return said(figure)


NEW = joined("2019-03-05", newly_qualified_until="2019-12-31")
HALF = joined("2019-03-05", full_time_equivalent=0.5)

CASELOADS = {
    "one who left holds none": (0, [joined("2019-03-05"), left("2019-12-31")], "0 of 0"),
    "one who is there holds none": (0, [joined("2019-12-31")], "0 of 1 in 0"),
    "one": (1, [], "0 of 1 in 1-10"),
    "ten": (10, [], "0 of 1 in 1-10"),
    "eleven": (11, [], "0 of 1 in 11-14"),
    "fourteen": (14, [], "0 of 1 in 11-14"),
    "fifteen": (15, [], "0 of 1 in 15-18"),
    "eighteen": (18, [], "0 of 1 in 15-18"),
    "nineteen": (19, [], "1 of 1 in 19-22"),
    "twenty-two": (22, [], "1 of 1 in 19-22"),
    "twenty-three": (23, [], "1 of 1 in 23+"),
    "sixteen, newly qualified until today": (16, [NEW], "0 of 1 in 15-18"),
    "seventeen, newly qualified until today": (17, [NEW], "1 of 1 in 15-18"),
    "seventeen, newly qualified until yesterday": (
        17, [joined("2019-03-05", newly_qualified_until="2019-12-30")], "0 of 1 in 15-18",
    ),
    "nine for half the week": (9, [HALF], "0 of 1 in 1-10"),
    "ten for half the week": (10, [HALF], "1 of 1 in 1-10"),
}  # fmt: skip


@pytest.mark.parametrize(("number", "of_worker", "expected"), CASELOADS.values(), ids=CASELOADS)
def test_a_worker_is_over_the_threshold_with_more_than_eighteen_children_or_a_tenth_fewer_while_new(
    number, of_worker, expected
):
    assert over(number, *of_worker) == expected


def test_quartiles_are_the_least_lengths_within_which_so_many_lie():
    opened = ["2019-12-30", "2019-12-27", "2019-12-23", "2019-12-02"]
    rows = [
        row
        for number, on in enumerate(opened)
        for row in rows_of(case_of([received(on)], f"C{number}"), {"unallocated"})
    ]
    figure = counted("children_without_worker", rows).figure(BY_NAME["children_without_worker"])
    assert figure.quartiles == Quartiles(1, 2, 4)
