"""Visits, and the children of a household who were not seen when another was visited."""

import pytest

from projections.across.siblings import Spell, Visit, siblings
from projections.measure_catalogue import BY_NAME
from projections.measured.visits import household_things, visit_things
from tests.projections.counting import Examples, case_of, counted, each, rows_from, said, told


def visit(on, visit="V-1", purpose="child_in_need", **data):
    return ("VisitMade", on, {"visit_id": visit, "purpose": purpose, "seen": True, **data})


def joined(on, household="H-1"):
    return ("HouseholdJoined", on, {"household_id": household})


def left(on, household="H-1"):
    return ("HouseholdLeft", on, {"household_id": household})


ALONE, NOT_ALONE, UNSEEN = {"seen_alone": True}, {"seen_alone": False}, {"seen": False}

EXAMPLES: Examples = {
    "visits_not_seen": {
        "not seen": ("1 of 1", visit("2019-03-05", **UNSEEN)),
        "seen": ("0 of 1", visit("2019-03-05")),
        "as last reported": ("0 of 1", visit("2019-03-05", **UNSEEN), visit("2019-03-05")),
        "an attempt is no visit": (
            "0 of 0", ("VisitAttempted", "2019-03-05", {"visit_id": "V-1", "purpose": "child_in_need"}),
        ),
        "before the period": ("0 of 0", visit("2018-12-31", **UNSEEN)),
    },
    "visits_not_seen_alone": {
        "not alone": ("1 of 1", visit("2019-03-05", **NOT_ALONE)),
        "nobody said": ("1 of 1", visit("2019-03-05")),
        "alone": ("0 of 1", visit("2019-03-05", **ALONE)),
        "not seen at all": ("0 of 0", visit("2019-03-05", **UNSEEN)),
        "before the period": ("0 of 0", visit("2018-12-31", **NOT_ALONE)),
    },
    "child_protection_visits_not_seen_alone": {
        "not alone": ("1 of 1", visit("2019-03-05", purpose="child_protection", **NOT_ALONE)),
        "nobody said": ("1 of 1", visit("2019-03-05", purpose="child_protection")),
        "alone": ("0 of 1", visit("2019-03-05", purpose="child_protection", **ALONE)),
        "not seen at all": ("0 of 0", visit("2019-03-05", purpose="child_protection", **UNSEEN)),
        "another visit": ("0 of 0", visit("2019-03-05", purpose="section_47", **NOT_ALONE)),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_visits_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


def test_a_visit_of_which_nobody_said_whether_the_child_was_alone_is_told_apart():
    for told_alone, outcome in (
        (None, "seen_not_told_whether_alone"), (False, "seen_not_alone"), (True, "seen_alone"),
    ):  # fmt: skip
        (row,) = rows_from("visits_not_seen_alone", [visit("2019-03-05", seen_alone=told_alone)])
        assert row.outcome == outcome


HOME = joined("2019-01-02")
VISITED = [HOME, visit("2019-03-05", **ALONE)]
"""A child seen alone, of which another is a sibling below."""

OF_SIBLINGS: Examples = {
    "siblings_not_seen": {
        "not visited": ("1 of 1", HOME),
        "visited, not seen": ("1 of 2", HOME, visit("2019-03-05", **UNSEEN)),
        "seen": ("0 of 2", HOME, visit("2019-03-05")),
        "seen at another visit that day": (
            "0 of 2", HOME, visit("2019-03-05", **UNSEEN), visit("2019-03-05", "V-2"),
        ),
        "seen the day after": ("2 of 2", HOME, visit("2019-03-06")),
        "joined that day": ("1 of 1", joined("2019-03-05")),
        "joined the day after": ("0 of 0", joined("2019-03-06")),
        "left the day after": ("1 of 1", HOME, left("2019-03-06")),
        "left that day": ("0 of 0", HOME, left("2019-03-05")),
        "of another household": ("0 of 0", joined("2019-01-02", "H-2")),
    },
    "siblings_not_seen_alone": {
        "not visited": ("1 of 1", HOME),
        "visited, not seen": ("1 of 2", HOME, visit("2019-03-05", **UNSEEN)),
        "seen, not alone": ("1 of 2", HOME, visit("2019-03-05", **NOT_ALONE)),
        "nobody said": ("1 of 2", HOME, visit("2019-03-05")),
        "seen alone": ("0 of 2", HOME, visit("2019-03-05", **ALONE)),
        "of another household": ("0 of 0", joined("2019-01-02", "H-2")),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(OF_SIBLINGS))
def test_what_is_among_the_children_of_a_household_and_what_counts_of_these(measure, expected, facts):
    cases = [case_of(VISITED, "C1001"), case_of(facts, "C1002")]
    visits = [
        Visit(row.child, row.day, row.outcome, row.worker_id, row.team_id)
        for case in cases
        for row in visit_things(case)
    ]
    spells = [
        Spell(row.child, row.kind or "", row.since, row.until)
        for case in cases
        for row in household_things(case)
    ]
    assert said(counted(measure, siblings(visits, spells)).figure(BY_NAME[measure])) == expected
