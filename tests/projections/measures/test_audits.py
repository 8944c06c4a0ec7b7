"""Audits, challenges and actions: which count, and what came of them."""

import pytest

from projections.measure_catalogue import BY_NAME
from tests.projections.counting import Examples, counted, each, rows_from, said, told


def audited(on, grade="inadequate", theme=None, audit="AU-1"):
    return ("AuditCompleted", on, {"audit_id": audit, "grade": grade, "theme": theme})


def action(on, due="2019-12-30", origin="audit", theme=None, action="X-1"):
    return ("ActionSet", on, {"action_id": action, "origin": origin, "due_on": due, "theme": theme})


def done(on, evidence="seen on the file", action="X-1"):
    return ("ActionDone", on, {"action_id": action, "evidence": evidence})


def reopened(on, action="X-1"):
    return ("ActionReopened", on, {"action_id": action})


SET = action("2019-03-04", "2019-06-28")

EXAMPLES: Examples = {
    "audits_below_good": {
        "inadequate is": ("1 of 1", audited("2019-03-01")),
        "what requires improvement is": ("1 of 1", audited("2019-03-01", "requires_improvement")),
        "good is not": ("0 of 1", audited("2019-03-01", "good")),
        "outstanding is not": ("0 of 1", audited("2019-03-01", "outstanding")),
        "the first day of the period counts": ("1 of 1", audited("2019-01-01")),
        "the day before it does not": ("0 of 0", audited("2018-12-31")),
    },
    "audits_without_action": {
        "none was set": ("1 of 1", audited("2019-03-01")),
        "none was set where it requires improvement": (
            "1 of 1", audited("2019-03-01", "requires_improvement"),
        ),
        "one was set that day": ("0 of 1", audited("2019-03-01"), action("2019-03-01")),
        "one was set on the 28th day": ("0 of 1", audited("2019-03-01"), action("2019-03-29")),
        "one was set on the 29th day": ("1 of 1", audited("2019-03-01"), action("2019-03-30")),
        "one had been set before": ("1 of 1", audited("2019-03-01"), action("2019-02-28")),
        "one of its theme was set": (
            "0 of 1", audited("2019-03-01", theme="voice"), action("2019-03-04", theme="voice"),
        ),
        "one of another theme was set": (
            "1 of 1", audited("2019-03-01", theme="voice"), action("2019-03-04", theme="drift"),
        ),
        "one of no theme was set": (
            "0 of 1", audited("2019-03-01", theme="voice"), action("2019-03-04"),
        ),
        "one of no audit was set": (
            "1 of 1", audited("2019-03-01"), action("2019-03-04", origin="supervision"),
        ),
        "its 28 days over today": ("1 of 1", audited("2019-12-02")),
        "its 28 days not over": ("0 of 0", audited("2019-12-03")),
        "its 28 days not over, and one was set": ("0 of 0", audited("2019-12-03"), action("2019-12-04")),
        "its 28 days over before the period": ("0 of 0", audited("2018-12-02")),
        "good work needs none": ("0 of 0", audited("2019-03-01", "good")),
    },
    "audits_actions_done": {
        "all are": ("1 of 1", audited("2019-03-01"), SET, done("2019-04-01")),
        "one of two is not": (
            "0 of 1", audited("2019-03-01"), SET, done("2019-04-01"), action("2019-03-05", action="X-2"),
        ),
        "one was reopened": (
            "0 of 1", audited("2019-03-01"), SET, done("2019-04-01"), reopened("2019-05-01"),
        ),
        "none was set": ("0 of 1", audited("2019-03-01")),
        "good work has none to do": ("0 of 0", audited("2019-03-01", "good"), SET, done("2019-04-01")),
    },
    "audits_repeating_a_theme": {
        "found below good before": (
            "1 of 2",
            audited("2019-03-01", theme="voice"), audited("2019-05-01", theme="voice", audit="AU-2"),
        ),
        "found to require improvement before": (
            "1 of 2",
            audited("2019-03-01", "requires_improvement", "voice"),
            audited("2019-05-01", "requires_improvement", "voice", audit="AU-2"),
        ),
        "found good before": (
            "0 of 1",
            audited("2019-03-01", "good", "voice"), audited("2019-05-01", theme="voice", audit="AU-2"),
        ),
        "found good since": (
            "0 of 1",
            audited("2019-03-01", theme="voice"), audited("2019-05-01", "good", "voice", audit="AU-2"),
        ),
        "another theme": (
            "0 of 2",
            audited("2019-03-01", theme="voice"), audited("2019-05-01", theme="drift", audit="AU-2"),
        ),
        "no theme": ("0 of 2", audited("2019-03-01"), audited("2019-05-01", audit="AU-2")),
        "good work repeats nothing": ("0 of 0", audited("2019-03-01", "good", "voice")),
    },
    "actions_open_past_due": {
        "due yesterday": ("1 of 1", action("2019-03-04", "2019-12-30")),
        "due today": ("0 of 1", action("2019-03-04", "2019-12-31")),
        "whoever set it": ("1 of 1", action("2019-03-04", origin="reviewing_officer")),
        "reopened": ("1 of 1", SET, done("2019-04-01"), reopened("2019-05-01")),
        "done late": ("0 of 0", SET, done("2019-12-31")),
    },
    "chair_challenges_unanswered": {
        "a chair's": ("1 of 1", action("2019-03-04", origin="conference_chair")),
        "a reviewing officer's": ("1 of 1", action("2019-03-04", origin="reviewing_officer")),
        "due today": ("0 of 1", action("2019-03-04", "2019-12-31", "conference_chair")),
        "answered": ("0 of 0", action("2019-03-04", origin="conference_chair"), done("2019-12-31")),
        **{f"one of {origin} is none": ("0 of 0", action("2019-03-04", origin=origin))
           for origin in ("audit", "supervision", "inspection")},
    },
    "priority_actions_open_past_due": {
        "due yesterday": ("1 of 1", action("2019-03-04", origin="inspection")),
        "due today": ("0 of 1", action("2019-03-04", "2019-12-31", "inspection")),
        "done": ("0 of 0", action("2019-03-04", origin="inspection"), done("2019-12-31")),
        "an audit's is none": ("0 of 0", action("2019-03-04")),
    },
    "actions_done_in_time": {
        "on the day": ("1 of 1", SET, done("2019-06-28")),
        "the day after": ("0 of 1", SET, done("2019-06-29")),
        "reopened since": ("0 of 1", SET, done("2019-06-28"), reopened("2019-07-01")),
        "not done": ("0 of 1", SET),
        "done in the period and due after it": (
            "0 of 0", action("2019-03-04", "2020-01-01"), done("2019-06-28"),
        ),
    },
    "actions_done_without_evidence": {
        "none": ("1 of 1", SET, done("2019-06-28", None)),
        "some": ("0 of 1", SET, done("2019-06-28")),
        "some the second time": (
            "0 of 1", SET, done("2019-06-03", None), reopened("2019-06-04"), done("2019-06-28"),
        ),
        "not done any more": ("0 of 0", SET, done("2019-06-28", None), reopened("2019-07-01")),
    },
    "actions_reopened": {
        "and open": ("1 of 1", SET, done("2019-06-28"), reopened("2019-07-01")),
        "and done again": (
            "1 of 1", SET, done("2019-06-28"), reopened("2019-07-01"), done("2019-07-02"),
        ),
        "done once": ("0 of 1", SET, done("2019-06-28")),
        "before it was done": ("0 of 1", SET, reopened("2019-07-01")),
        "done on the first day of the period": (
            "1 of 1", action("2018-06-01"), done("2018-07-02"), reopened("2018-07-03"), done("2019-01-01"),
        ),
        "done before the period": (
            "0 of 0", action("2018-06-01"), done("2018-07-02"), reopened("2018-07-03"), done("2018-12-31"),
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_actions_and_audits_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


def test_an_action_set_again_once_done_is_another_and_before_that_is_the_same():
    again = [SET, action("2019-04-01", "2019-12-31"), done("2019-05-01"), action("2019-06-03", "2019-12-31")]
    rows = rows_from("actions_done_in_time", again)
    assert [(row.thing, row.day.isoformat(), row.outcome) for row in rows] == [
        ("X-1", "2019-06-28", "done_in_time"), ("X-1:2", "2019-12-31", "open"),
    ]  # fmt: skip


def test_the_priority_actions_of_the_authority_itself_count_too():
    name = "priority_actions_open_past_due"
    rows = rows_from(name, [action("2019-03-04", origin="inspection")], stream="authority")
    assert said(counted(name, rows).figure(BY_NAME[name])) == "1 of 1"
