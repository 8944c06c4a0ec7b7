"""What is found by looking at several children or workers at once."""

from datetime import date

from domain.policy import AS_REVIEWED
from projections.across.caseloads import CaseloadPolicy, Held, caseload_policy, caseloads
from projections.across.changes import Change, changes_by_child
from projections.across.siblings import Spell, Visit, siblings
from projections.measure import Period
from projections.worker_rows import WorkerRow

MAY = date(2019, 5, 1)
DAY = date(2019, 5, 14)


def home(child, household="H-1", since=MAY, until=None):
    return Spell(child, household, since, until)


def visit(child, outcome="seen_alone", day=DAY):
    return Visit(child, day, outcome, "SW-1", "T-1")


def outcomes(visits, spells):
    return {(row.child, row.day): row.outcome for row in siblings(visits, spells)}


def test_a_child_nobody_visited_while_another_was_is_listed():
    assert outcomes([visit("C1")], [home("C1"), home("C2")]) == {("C2", DAY): "not_visited"}


def test_each_of_two_visited_is_one_of_the_others():
    visits = [visit("C1"), visit("C2", "not_seen")]
    assert outcomes(visits, [home("C1"), home("C2")]) == {("C1", DAY): "seen_alone", ("C2", DAY): "not_seen"}


def test_of_two_visits_on_a_day_the_better_counts():
    visits = [visit("C1"), visit("C2", "not_seen"), visit("C2", "seen_not_alone")]
    assert outcomes(visits, [home("C1"), home("C2")])[("C2", DAY)] == "seen_not_alone"


def test_a_child_that_had_left_or_had_not_come_is_none_of_the_others():
    left, to_come = home("C2", until=DAY), home("C3", since=date(2019, 5, 15))
    assert outcomes([visit("C1")], [home("C1"), left, to_come]) == {}


def test_other_households_and_children_alone_have_no_others():
    assert outcomes([visit("C1"), visit("C2")], [home("C1"), home("C2", "H-2")]) == {}


def held(child, since=MAY, until=None, worker="SW-1"):
    return Held(child, worker, "T-1", since, until, since, is_open=True)


def worker(equivalent=1.0, newly_qualified_until=None, left_on=None):
    has_left = left_on is not None
    return WorkerRow("worker:SW-1", "SW-1", MAY, left_on, has_left, "T-2", equivalent, newly_qualified_until)


def load(number, *told, policy=CaseloadPolicy(10, 90)):  # noqa: B008 (frozen)
    (found,) = caseloads([held(f"C{n}") for n in range(number)], told, DAY, policy)
    return found


def test_a_worker_may_hold_as_many_as_the_policy_says_and_no_more():
    assert (load(10).is_over, load(11).is_over) == (False, True)


def test_who_works_half_the_week_may_hold_half_as_many():
    assert (load(5, worker(0.5)).is_over, load(6, worker(0.5)).is_over) == (False, True)


def test_who_is_newly_qualified_may_hold_a_tenth_fewer_up_to_that_day():
    new, no_longer = worker(newly_qualified_until=DAY), worker(newly_qualified_until=date(2019, 5, 13))
    assert (load(9, new).is_over, load(10, new).is_over, load(10, no_longer).is_over) == (False, True, False)


def test_a_threshold_that_is_asked_for_stands_in_place_of_the_policy():
    assert caseload_policy(AS_REVIEWED, DAY) == CaseloadPolicy(18, 90)
    assert caseload_policy(AS_REVIEWED, DAY, 12) == CaseloadPolicy(12, 90)


def test_a_case_handed_over_is_held_by_the_next_from_that_day():
    spells = [held("C1", until=DAY), held("C1", since=DAY, worker="SW-2")]
    assert [(one.worker_id, one.children) for one in caseloads(spells, [], DAY, CaseloadPolicy(18, 90))] == [
        ("SW-2", 1)
    ]


def test_who_holds_nobody_counts_while_there():
    assert load(0, worker()).children == 0
    assert caseloads([], [worker(left_on=DAY)], DAY, CaseloadPolicy(18, 90)) == []


def test_changes_count_by_child_within_the_period():
    changes = [Change("C1", date(2019, 5, day), f"SW-{day}", "T-1") for day in (1, 2, 31)]
    (row,) = changes_by_child(changes, Period(date(2019, 5, 2), date(2019, 5, 31)))
    assert (row.child, row.length, row.worker_id) == ("C1", 2, "SW-31")
