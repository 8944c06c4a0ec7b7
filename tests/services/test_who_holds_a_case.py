"""Nobody holds a case that is over, and nobody who has left holds one: open, it is without a worker."""

from contextlib import ExitStack
from datetime import date

import pytest

from domain.question import Question
from services.asked import Asked
from services.measures.asked import wanted
from tests.authority_of_facts import event
from tests.services.authority_measured import FROM_THE_LOG, measuring

TODAY = "2019-10-22"


def fact(name, day, subject="C1", **data):
    return event(f"{subject}-{name}-{day}", name, day, subject=subject, **data)


def allocated(day, worker="W-1", **data):
    return fact("WorkerAllocated", day, worker_id=worker, **data)


def received(day, referral="R-1"):
    return fact("ReferralReceived", day, referral_id=referral)


def closed(day, referral="R-1"):
    return fact("ReferralClosed", day, referral_id=referral, reason="RC7")


def joined(day, worker="W-1"):
    return fact("WorkerJoined", day, f"worker:{worker}")


def left(day, worker="W-1"):
    return fact("WorkerLeft", day, f"worker:{worker}")


OPEN = (received("2019-03-01"), allocated("2019-03-04"))


@pytest.fixture
def given(tmp_path):
    with ExitStack() as stack:
        yield lambda *facts: measuring(stack, tmp_path, TODAY, facts)


def held(told, on, worker="W-1"):
    """How many children a worker holds on a day, asked about today and on that day."""
    day = date.fromisoformat(on)
    found = set()
    for as_at in {day, told.today}:
        for known in (None, FROM_THE_LOG):
            asked = wanted(Asked(Question(as_at, known), None), {"from": on, "to": on})
            loads = {
                one["worker_id"]: one["children"] for one in told.measures.caseloads(asked, "worker").items
            }
            found.add(loads.get(worker, 0))
    (children,) = found
    return children


def without(told, as_at=None):
    """Days since which children have had no worker."""
    return [thing for _, thing, _ in told.cases("children_without_worker", as_at)]


def test_a_child_whose_worker_left_is_held_by_nobody_from_that_day(given):
    told = given(joined("2019-01-02"), *OPEN, left("2019-08-05"))
    assert (held(told, "2019-08-04"), held(told, "2019-08-05"), held(told, TODAY)) == (1, 0, 0)
    assert (without(told, "2019-08-04"), without(told, "2019-08-05")) == ([], ["2019-08-05"])
    assert without(told) == ["2019-08-05"]
    assert told.lengths("children_without_worker", "2019-08-12") == [5]


def test_nothing_need_be_told_of_the_joining_of_who_left(given):
    assert without(given(*OPEN, left("2019-08-05"))) == ["2019-08-05"]


def test_a_child_allocated_anew_is_held_again_and_the_time_between_has_ended(given):
    told = given(*OPEN, left("2019-08-05"), allocated("2019-08-12", "W-2"))
    assert (held(told, "2019-08-12", "W-2"), without(told)) == (1, [])
    assert told.cases("times_without_worker", from_="2019-08-01") == [("C1", "2019-08-05", False)]
    assert told.lengths("times_without_worker", from_="2019-08-01") == [5]


def test_who_comes_back_holds_only_what_is_allocated_since(given):
    told = given(joined("2019-01-02"), *OPEN, left("2019-08-05"), joined("2019-09-02"))
    assert (held(told, "2019-09-03"), without(told)) == (0, ["2019-08-05"])


def test_what_is_allocated_to_who_came_back_is_held(given):
    back = (joined("2019-09-02"), allocated("2019-09-09"))
    told = given(joined("2019-01-02"), *OPEN, left("2019-08-05"), *back)
    assert (held(told, "2019-09-08"), held(told, "2019-09-09"), without(told)) == (0, 1, [])
    assert told.count("worker_changes") == (0, None)


def test_a_transfer_of_the_case_is_no_allocation_to_who_left(given):
    transferred = fact("CaseTransferred", "2019-09-02", to_team_id="B")
    told = given(*OPEN, left("2019-08-05"), transferred)
    assert (held(told, "2019-09-03"), without(told)) == (0, ["2019-08-05"])
    assert told.count("children_without_worker", team_id="B") == (1, None)


def test_a_time_without_a_worker_goes_on_when_the_allocation_is_ended_too(given):
    ended = fact("WorkerUnallocated", "2019-08-20", worker_id="W-1")
    assert without(given(*OPEN, left("2019-08-05"), ended)) == ["2019-08-05"]


def test_the_leaving_of_another_worker_changes_nothing(given):
    told = given(*OPEN, left("2019-08-05", "W-2"))
    assert (held(told, TODAY), without(told)) == (1, [])


def test_who_is_told_to_leave_and_to_join_on_a_day_holds_on(given):
    told = given(joined("2019-01-02"), *OPEN, left("2019-08-05"), joined("2019-08-05"))
    assert (held(told, TODAY), without(told)) == (1, [])


def test_a_case_that_is_over_is_held_by_nobody_and_lacks_nobody(given):
    told = given(*OPEN, closed("2019-08-05"))
    assert (held(told, "2019-08-04"), held(told, "2019-08-05"), without(told)) == (1, 0, [])


def test_a_case_that_is_over_is_not_missed_when_its_worker_leaves(given):
    assert without(given(*OPEN, closed("2019-08-05"), left("2019-09-02"))) == []


def test_a_case_that_opens_again_is_held_by_who_was_never_taken_off_it(given):
    told = given(*OPEN, closed("2019-08-05"), received("2019-09-02", "R-2"))
    assert (held(told, "2019-09-01"), held(told, "2019-09-02"), without(told)) == (0, 1, [])


def test_a_case_that_goes_on_for_another_reason_is_not_over(given):
    plan = fact("PlanStarted", "2019-07-01", plan_id="P-1", kind="child_in_need")
    assert held(given(*OPEN, plan, closed("2019-08-05")), TODAY) == 1


def test_what_is_allocated_after_the_end_or_was_never_open_counts(given):
    assert held(given(*OPEN, closed("2019-08-05"), allocated("2019-08-20", "W-2")), TODAY, "W-2") == 1


def test_what_was_never_open_counts_while_the_worker_is_there(given):
    told = given(allocated("2019-03-04"), left("2019-08-05"))
    assert (held(told, "2019-08-04"), held(told, "2019-08-05"), without(told)) == (1, 0, [])
