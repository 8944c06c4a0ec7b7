"""One day's facts are read in one order, whatever order they arrived in."""

from itertools import permutations

import pytest

from domain.reading_order import reading_order
from domain.telling import told
from tests.invented import (
    closed,
    completed,
    history,
    received,
    recorded,
    referral_closed,
    reopened,
    started,
)  # fmt: skip

DAY = "2019-04-10"


def read_in_order(*facts):
    return [t.recorded.type for t in reading_order(told(r, r.fact) for r in history(*facts))]


def any_order(before, facts):
    found = {tuple(read_in_order(*before, *order)[len(before) :]) for order in permutations(facts)}
    assert len(found) == 1
    return list(found.pop())


def test_an_assessment_open_that_morning_is_completed_before_the_days_receipts_and_starts():
    before = [received("2019-04-01"), started("2019-04-02")]
    assert any_order(before, [completed(DAY), received(DAY, "R-2"), started(DAY, "A-2")]) == [
        "AssessmentCompleted", "ReferralReceived", "AssessmentStarted",
    ]  # fmt: skip


def test_an_assessment_begun_that_day_is_completed_after_its_start():
    assert any_order([], [completed(DAY), started(DAY), received(DAY)]) == [
        "ReferralReceived", "AssessmentStarted", "AssessmentCompleted",
    ]  # fmt: skip


def test_a_closing_of_what_was_open_comes_before_its_reopening_that_day():
    before = [received("2019-04-01"), started("2019-04-02")]
    assert any_order(before, [reopened(DAY), closed(DAY)]) == ["AssessmentClosed", "AssessmentReopened"]


def test_a_closing_of_what_was_closed_comes_after_its_reopening_that_day():
    before = [received("2019-04-01"), started("2019-04-02"), closed("2019-04-03")]
    assert any_order(before, [closed(DAY), reopened(DAY)]) == ["AssessmentReopened", "AssessmentClosed"]


def test_referrals_end_last():
    before = [received("2019-04-01"), started("2019-04-02")]
    assert any_order(before, [referral_closed(DAY), completed(DAY)]) == [
        "AssessmentCompleted",
        "ReferralClosed",
    ]


def test_a_referral_open_that_morning_that_ended_and_opened_that_day_ends_first():
    assert any_order([received("2019-04-01")], [received(DAY), referral_closed(DAY)]) == [
        "ReferralClosed", "ReferralReceived",
    ]  # fmt: skip


def test_a_day_alone_stands_for_its_start():
    facts = [received(f"{DAY}T00:00:00+01:00", "R-1"), started(DAY)]
    assert read_in_order(*facts) == ["AssessmentStarted", "ReferralReceived"]


def test_instants_are_read_in_their_order_and_not_as_they_arrived():
    facts = [closed(f"{DAY}T15:00:00+00:00"), started(f"{DAY}T15:30:00+01:00")]
    assert read_in_order(*facts) == ["AssessmentStarted", "AssessmentClosed"]


@pytest.mark.parametrize(
    ("entered", "day"), [("2019-04-08T09:00:00Z", 8), ("2019-04-10T09:00:00Z", 10), (None, 10)]
)
def test_a_fact_entered_before_it_occurred_is_read_as_of_the_day_it_was_entered(entered, day):
    one = recorded(1, "ReferralReceived", DAY, referral_id="R-1", entered_at=entered)
    assert told(one, one.fact).day.day == day
