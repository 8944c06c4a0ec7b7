"""Completions that one manager authorised in bulk: five children within ten minutes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.question import Question
from services.measures.past import cases_as_at
from tests.authority_of_facts import event, put, service_in

DAY = date(2019, 10, 22)
TEN = datetime(2019, 3, 20, 10, tzinfo=UTC)


def by(manager, *seconds):
    return [(second, manager) for second in seconds]


ALL = dict.fromkeys(range(5), 5)

HELD = {
    # When each child's was completed: seconds after ten o'clock, and by whom.
    "five within ten minutes": (by("M-1", 0, 120, 300, 420, 600), ALL),
    "the fifth a second later": (by("M-1", 0, 120, 300, 420, 601), {}),
    "four at once": (by("M-1", 0, 0, 0, 0), {}),
    "the fifth by another manager": ([*by("M-1", 0, 120, 300, 420), *by("M-2", 480)], {}),
    "the fifth by nobody": ([*by("M-1", 0, 120, 300, 420), *by(None, 480)], {}),
    "the fifth of which only the day is told": (by("M-1", 0, 120, 300, 420, None), {}),
    "six, the last too late for the first": (by("M-1", 0, 180, 300, 420, 540, 720), {**ALL, 5: 5}),
}


def flagged(folder, completions):
    """By child, how many were authorised with it."""
    with service_in(folder, DAY.isoformat()) as service:
        for number, (second, manager) in enumerate(completions):
            child = f"C{number}"
            done = "2019-03-20" if second is None else (TEN + timedelta(seconds=second)).isoformat()
            put(service, [
                event(f"{child}r", "ReferralReceived", "2019-03-05", subject=child, referral_id="R-1"),
                event(f"{child}s", "AssessmentStarted", "2019-03-06", subject=child, assessment_id="A-1"),
                event(
                    f"{child}c", "AssessmentCompleted", done, subject=child, assessment_id="A-1",
                    **({"authorised_by": manager} if manager else {}),
                ),
            ])  # fmt: skip
        return {
            int(case.child[1:]): flag.value
            for case in cases_as_at(service.log, service.histories, Question(DAY))
            for clock in case.figures.clocks
            for flag in clock.flags
            if flag.code == "BULK_COMPLETION" and clock.timescale.id == "assessment"
        }


@pytest.mark.parametrize(("completions", "expected"), HELD.values(), ids=HELD)
def test_five_children_whom_one_manager_authorised_within_ten_minutes_are_flagged(
    tmp_path, completions, expected
):
    assert flagged(tmp_path, completions) == expected
