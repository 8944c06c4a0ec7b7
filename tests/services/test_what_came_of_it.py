"""Audits and conferences are judged by what came of them once the time for it is over, and not before."""

from contextlib import ExitStack

import pytest

from tests.authority_of_facts import event
from tests.services.authority_measured import measuring

TODAY = "2019-10-22"


def audit(child, day, grade="inadequate", **data):
    return event(
        f"audit-{child}-{day}", "AuditCompleted", day, subject=child, audit_id=day, grade=grade, **data
    )


def action(child, day):
    told = {"action_id": day, "origin": "audit", "due_on": "2020-01-31"}
    return event(f"action-{child}-{day}", "ActionSet", day, subject=child, **told)


def conference(child, day):
    told = {"meeting_id": day, "kind": "initial_conference", "quorate": True}
    return event(f"conference-{child}-{day}", "MeetingHeld", day, subject=child, **told)


def plan(child, day):
    told = {"plan_id": day, "kind": "child_protection"}
    return event(f"plan-{child}-{day}", "PlanStarted", day, subject=child, **told)


@pytest.fixture
def given(tmp_path):
    with ExitStack() as stack:
        yield lambda *facts: measuring(stack, tmp_path, TODAY, facts)


def test_an_audit_is_judged_on_the_day_after_the_last_on_which_an_action_could_be_set(given):
    told = given(audit("C1", "2019-09-01"))
    assert told.count("audits_without_action", "2019-09-02") == (0, 0)
    assert told.count("audits_without_action", "2019-09-29") == (0, 0)
    assert told.count("audits_without_action", "2019-09-30") == (1, 1)
    assert told.count("audits_without_action", from_="2019-09-01", to="2019-09-29") == (0, 0)
    assert told.count("audits_without_action", from_="2019-09-30", to="2019-09-30") == (1, 1)


def test_an_action_set_on_the_last_day_came_of_it_and_one_set_later_did_not(given):
    in_time, late = audit("C1", "2019-09-01"), audit("C2", "2019-09-01")
    told = given(in_time, action("C1", "2019-09-29"), late, action("C2", "2019-09-30"))
    assert told.cases("audits_without_action") == [
        ("C1", "2019-09-01", False), ("C2", "2019-09-01", True),
    ]  # fmt: skip


def test_an_audit_that_found_the_work_good_is_never_asked_for_actions(given):
    assert given(audit("C1", "2019-06-01", "good")).count("audits_without_action") == (0, 0)


def test_a_conference_is_judged_on_the_day_after_the_last_on_which_a_plan_could_begin(given):
    told = given(conference("C1", "2019-10-01"))
    assert told.count("conferences_without_plan", "2019-10-02") == (0, 0)
    assert told.count("conferences_without_plan", "2019-10-11") == (0, 0)
    assert told.count("conferences_without_plan", "2019-10-12") == (1, 1)


def test_a_plan_begun_on_the_last_day_came_of_the_conference_and_one_begun_later_did_not(given):
    in_time, late = conference("C1", "2019-10-01"), conference("C2", "2019-10-01")
    told = given(in_time, plan("C1", "2019-10-11"), late, plan("C2", "2019-10-12"))
    assert told.cases("conferences_without_plan") == [
        ("C1", "2019-10-01", False), ("C2", "2019-10-01", True),
    ]  # fmt: skip


def test_whoever_held_the_case_on_the_day_of_a_conference_has_it(given):
    held = [
        event(f"W{day}", "WorkerAllocated", day, subject="C1", worker_id=f"W-{day}")
        for day in ("2019-09-01", "2019-10-05")
    ]
    told = given(conference("C1", "2019-10-01"), *held)
    assert told.count("conferences_without_plan", worker_id="W-2019-09-01") == (1, 1)


def test_a_theme_found_in_audits_of_two_children_is_repeated(given):
    told = given(
        audit("C1", "2019-09-01", theme="supervision"), audit("C2", "2019-09-10", theme="supervision")
    )
    assert told.cases("audits_repeating_a_theme") == [
        ("C1", "2019-09-01", False), ("C2", "2019-09-10", True),
    ]  # fmt: skip


def test_a_theme_found_before_the_period_is_repeated_in_it(given):
    told = given(audit("C1", "2019-09-01", theme="visits"), audit("C2", "2019-10-10", theme="visits"))
    assert told.count("audits_repeating_a_theme", from_="2019-10-01") == (1, 1)
    assert told.count("audits_repeating_a_theme", "2019-09-30") == (0, 1)


def test_no_theme_another_theme_one_found_good_and_one_of_the_same_day_repeat_nothing(given):
    told = given(
        audit("C1", "2019-09-01"),
        audit("C2", "2019-09-02"),
        audit("C3", "2019-09-03", "good", theme="minutes"),
        audit("C4", "2019-09-04", theme="minutes"),
        audit("C5", "2019-09-04", theme="minutes"),
        audit("C6", "2019-09-05", theme="visits"),
    )
    assert told.count("audits_repeating_a_theme") == (0, 5)


def test_a_team_is_told_of_themes_that_were_found_in_another(given):
    allocated = event("W", "WorkerAllocated", "2019-08-01", subject="C2", worker_id="W-1", team_id="B")
    found = (audit("C1", "2019-09-01", theme="visits"), audit("C2", "2019-10-10", theme="visits"))
    assert given(allocated, *found).count("audits_repeating_a_theme", team_id="B") == (1, 1)
