"""When children who are looked after were last seen, whatever tells that they are."""

from contextlib import ExitStack

import pytest

from tests.authority_of_facts import event
from tests.services.authority_measured import measuring

TODAY = "2019-10-22"


def fact(name, day, **data):
    return event(f"{name}-{day}-{'-'.join(map(str, data.values()))}", name, day, subject="C1", **data)


def seen(day):
    return fact("VisitMade", day, visit_id=f"V{day}", purpose="looked_after", seen=True)


CARE = fact("CareStarted", "2019-05-01", episode_id="E-1")
CARE_ENDED = fact("CareEnded", "2019-09-02", episode_id="E-1")
PLACED = fact("PlacementStarted", "2019-05-02", placement_id="PL-1")
PLACEMENT_ENDED = fact("PlacementEnded", "2019-09-02", placement_id="PL-1")
PLAN = fact("PlanStarted", "2019-05-08", plan_id="P-1", kind="looked_after")


@pytest.fixture
def given(tmp_path):
    with ExitStack() as stack:
        yield lambda *facts: measuring(stack, tmp_path, TODAY, facts)


@pytest.mark.parametrize(
    ("facts", "things"),
    [
        ([CARE, PLACED, seen("2019-10-01")], ["E-1"]),
        ([CARE, PLACED, PLAN, seen("2019-10-01")], ["E-1"]),
        ([PLACED, seen("2019-10-01")], ["PL-1"]),
        ([PLAN, seen("2019-10-01")], ["P-1"]),
        ([CARE, CARE_ENDED, PLACED, seen("2019-10-01")], ["PL-1"]),
        ([CARE, CARE_ENDED, PLACED, PLACEMENT_ENDED, PLAN, seen("2019-10-01")], []),
    ],
    ids=[
        "in care and placed", "on a plan too", "placed alone", "on a plan alone", "still placed",
        "no longer in care, the plan left open",
    ],
)  # fmt: skip
def test_a_child_looked_after_counts_once(given, facts, things):
    told = given(*facts)
    assert [thing for _, thing, _ in told.cases("looked_after_last_seen")] == things
    assert told.count("looked_after_last_seen") == (len(things), None)


def test_the_weeks_are_those_since_the_last_visit_that_saw_the_child(given):
    told = given(CARE, seen("2019-06-03"), seen("2019-09-09"))
    assert told.lengths("looked_after_last_seen") == [6]
    assert told.lengths("looked_after_last_seen", "2019-09-08") == [13]


def test_one_never_seen_since_care_began_counts_from_then(given):
    not_seen = fact("VisitMade", "2019-10-01", visit_id="V-1", purpose="looked_after", seen=False)
    assert given(seen("2019-04-30"), CARE, not_seen).lengths("looked_after_last_seen") == [24]
