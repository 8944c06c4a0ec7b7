"""Referrals: which of them follow another, what became of them, and how long it took to a plan or to care."""

import pytest

from tests.invented import decided, received, referral_closed
from tests.projections.counting import Examples, days, each, told

AGAIN = "R-2"


def stepped_up(on, referral="R-1"):
    return ("SteppedUp", on, {"referral_id": referral, "from": "early_help"})


def plan(on, plan="P-1", kind="child_protection"):
    return ("PlanStarted", on, {"plan_id": plan, "kind": kind})


def ended(on, plan="P-1"):
    return ("PlanEnded", on, {"plan_id": plan})


def care(on):
    return ("CareStarted", on, {"episode_id": "E-1"})


EXAMPLES: Examples = {
    "re_referrals": {
        "on the day twelve months later": ("1 of 1", received("2018-03-05"), received("2019-03-05", AGAIN)),
        "on the day after that": ("0 of 1", received("2018-03-05"), received("2019-03-06", AGAIN)),
        "counted from the last before it": (
            "1 of 1",
            received("2017-03-05"), received("2018-03-05", AGAIN), received("2019-03-01", "R-3"),
        ),
        "while the first is still open": ("1 of 2", received("2019-03-05"), received("2019-03-06", AGAIN)),
        "the first of all is none": ("0 of 1", received("2019-03-05")),
        "of another is none": ("0 of 1", stepped_up("2018-12-05"), received("2019-03-05", AGAIN)),
        "a step up is no referral": ("0 of 0", received("2018-12-05"), stepped_up("2019-03-05", AGAIN)),
        "received before the period": ("0 of 0", received("2018-03-05"), received("2018-12-31", AGAIN)),
    },
    "re_referred_children": {
        "once, however often": (
            "1 of 1", received("2018-12-03"), received("2019-03-05", AGAIN), received("2019-06-03", "R-3"),
        ),
        "by the second of two": ("1 of 1", received("2019-01-07"), received("2019-03-05", AGAIN)),
        "a day more than twelve months": ("0 of 1", received("2018-03-05"), received("2019-03-06", AGAIN)),
        "the first of all is none": ("0 of 1", received("2019-03-05")),
        "a step up is no referral": ("0 of 0", received("2018-12-05"), stepped_up("2019-03-05", AGAIN)),
        "a step up is not the last of them": (
            "0 of 1", received("2019-03-05"), stepped_up("2019-06-03", AGAIN),
        ),
        "received before the period": ("0 of 0", received("2018-03-05"), received("2018-12-31", AGAIN)),
    },
    "referrals_no_further_action": {
        "decided so": ("1 of 1", received("2019-03-05"), decided("2019-03-06", "no_further_action")),
        "decided so, and closed": (
            "1 of 1",
            received("2019-03-05"), decided("2019-03-06", "no_further_action"),
            referral_closed("2019-03-07", reason="RC5"),
        ),
        "decided otherwise since": (
            "0 of 1",
            received("2019-03-05"), decided("2019-03-06", "no_further_action"), decided("2019-03-07"),
        ),
        "decided so at last": (
            "1 of 1",
            received("2019-03-05"), decided("2019-03-06", "early_help"),
            decided("2019-03-07", "no_further_action"),
        ),
        "early help at last": (
            "0 of 1",
            received("2019-03-05"), decided("2019-03-06", "no_further_action"),
            decided("2019-03-07", "early_help"),
        ),
        "early help is some": ("0 of 1", received("2019-03-05"), decided("2019-03-06", "early_help")),
        "not decided": ("0 of 1", received("2019-03-05")),
        "a step up is no referral": (
            "0 of 0", stepped_up("2019-03-05"), decided("2019-03-06", "no_further_action"),
        ),
        "received before the period": (
            "0 of 0", received("2018-12-31"), decided("2019-01-02", "no_further_action"),
        ),
    },
    "referrals_not_in_need": {
        **{f"closed for {reason}": (
               "1 of 1",
               received("2019-03-05"), decided("2019-03-06"), referral_closed("2019-04-05", reason=reason),
           ) for reason in ("RC8", "RC9")},
        **{f"closed for {reason} is not": (
               "0 of 1",
               received("2019-03-05"), decided("2019-03-06"), referral_closed("2019-04-05", reason=reason),
           ) for reason in ("RC1", "RC7")},
        "not closed": ("0 of 1", received("2019-03-05"), decided("2019-03-06")),
        "received before the period": (
            "0 of 0", received("2018-12-31"), referral_closed("2019-04-05", reason="RC8"),
        ),
    },
    "children_in_need_by_duration": {
        "since today": ("1 in 0-2", received("2019-12-31")),
        "the day before three months": ("1 in 0-2", received("2019-10-01")),
        "three months": ("1 in 3-5", received("2019-09-30")),
        "the day before six months": ("1 in 3-5", received("2019-07-01")),
        "six months": ("1 in 6-11", received("2019-06-30")),
        "the day before a year": ("1 in 6-11", received("2019-01-01")),
        "a year": ("1 in 12-23", received("2018-12-31")),
        "the day before two years": ("1 in 12-23", received("2018-01-01")),
        "two years": ("1 in 24+", received("2017-12-31")),
        "stepped up": ("1 in 0-2", stepped_up("2019-12-02")),
        "closed": ("0", received("2019-03-05"), referral_closed("2019-12-31")),
    },
    "drift_referral_to_protection": {
        "in the period": ("1", received("2018-12-01"), plan("2019-01-01")),
        "before it": ("0", received("2018-12-01"), plan("2018-12-31")),
        "another kind of plan": ("0", received("2019-03-05"), plan("2019-04-01", kind="child_in_need")),
        "a referral that came later": ("0", received("2019-03-05"), plan("2019-03-04")),
        "reported twice": ("1", received("2018-12-01"), plan("2019-03-01"), plan("2019-03-05")),
        "the same plan again": (
            "2", received("2018-12-01"), plan("2019-03-01"), ended("2019-04-01"), plan("2019-06-03"),
        ),
    },
    "drift_protection_to_care": {
        "in the period": ("1", plan("2018-12-01"), care("2019-01-01")),
        "before it": ("0", plan("2018-12-01"), care("2018-12-31")),
        "another kind of plan": ("0", plan("2019-03-05", kind="child_in_need"), care("2019-04-01")),
        "a referral alone": ("0", received("2019-03-05"), care("2019-04-01")),
    },
    "drift_referral_to_care": {
        "in the period": ("1", received("2018-12-01"), care("2019-01-01")),
        "before it": ("0", received("2018-12-01"), care("2018-12-31")),
        "a plan alone": ("0", plan("2019-03-05"), care("2019-04-01")),
        "reported twice": ("1", received("2018-12-01"), care("2019-03-01"), care("2019-03-05")),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_referrals_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


LENGTHS = {
    "drift_referral_to_protection": {
        "that day": (0, received("2019-03-05"), plan("2019-03-05")),
        "in calendar days": (31, received("2019-03-05"), plan("2019-04-05")),
        "from the last referral of two": (
            28, received("2019-01-02"), received("2019-02-01", AGAIN), plan("2019-03-01"),
        ),
        "not from one that came since": (
            58, received("2019-01-02"), received("2019-03-02", AGAIN), plan("2019-03-01"),
        ),
    },
    "drift_protection_to_care": {
        "in calendar days": (31, plan("2019-03-05"), care("2019-04-05")),
        "from the last plan of two": (5, plan("2019-01-02"), plan("2019-03-31", "P-2"), care("2019-04-05")),
        "not from one of another kind": (
            31, plan("2019-03-05"), plan("2019-03-31", "P-2", "child_in_need"), care("2019-04-05"),
        ),
    },
    "drift_referral_to_care": {
        "in calendar days": (31, received("2019-03-05"), care("2019-04-05")),
        "from the last referral of two": (
            5, received("2019-01-02"), received("2019-03-31", AGAIN), care("2019-04-05"),
        ),
        "however long under a plan": (31, received("2019-03-05"), plan("2019-03-31"), care("2019-04-05")),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(LENGTHS))
def test_how_long_it_took_counts_from_the_last_before(measure, expected, facts):
    assert days(measure, facts) == expected
