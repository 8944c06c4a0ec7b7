"""Meetings: held as planned or not, quorate or not, and whether anybody was told what they decided."""

from datetime import date

import pytest

from tests.projections.counting import Examples, each, rows_from, told


def planned(scheduled_for, on="2019-01-02", kind="core_group", meeting="M-1"):
    return ("MeetingScheduled", on, {"meeting_id": meeting, "kind": kind, "scheduled_for": scheduled_for})


def cancelled(on, meeting="M-1"):
    return ("MeetingCancelled", on, {"meeting_id": meeting})


def held(on, kind="core_group", **data):
    return ("MeetingHeld", on, {"meeting_id": "M-1", "kind": kind, **data})


def written(on, meeting="M-1"):
    return ("MinutesWritten", on, {"meeting_id": meeting})


def shared(on, meeting="M-1"):
    return ("MinutesDistributed", on, {"meeting_id": meeting})


EXAMPLES: Examples = {
    "meetings_cancelled": {
        "and no more": ("1 of 1", planned("2019-03-05"), cancelled("2019-03-01")),
        "and held after all": ("0 of 1", planned("2019-03-05"), cancelled("2019-03-01"), held("2019-03-06")),
        "and planned again": (
            "0 of 1", planned("2019-03-05"), cancelled("2019-03-01"), planned("2019-03-12", "2019-03-02"),
        ),
        "held": ("0 of 1", planned("2019-03-05"), held("2019-03-05")),
        "first planned for the period, cancelled whenever": (
            "1 of 1", planned("2019-01-01", "2018-12-01"), cancelled("2018-12-31"),
        ),
        "first planned for a day before it": (
            "0 of 0", planned("2018-12-31", "2018-12-01"), cancelled("2019-01-02"),
        ),
        "never planned": ("0 of 0", cancelled("2019-03-01")),
    },
    "meetings_rearranged": {
        "to another day": ("1 of 1", planned("2019-03-05"), planned("2019-03-06", "2019-03-01")),
        "and held on that": (
            "1 of 1", planned("2019-03-05"), planned("2019-03-06", "2019-03-01"), held("2019-03-06"),
        ),
        "and back to the first": (
            "1 of 1", planned("2019-03-05"), planned("2019-03-06", "2019-03-01"),
            planned("2019-03-05", "2019-03-02"),
        ),
        "for the same day again": ("0 of 1", planned("2019-03-05"), planned("2019-03-05", "2019-03-01")),
        "another meeting is no other day": (
            "0 of 2", planned("2019-03-05"), planned("2019-03-06", "2019-03-01", meeting="M-2"),
        ),
        "first planned for a day before the period": (
            "0 of 0", planned("2018-12-31", "2018-12-01"), planned("2019-03-06", "2018-12-02"),
        ),
    },
    "meetings_without_outcome": {
        "since yesterday": ("1 of 1", planned("2019-12-30")),
        "today is not over": ("0 of 1", planned("2019-12-31")),
        "moved to a day to come": ("0 of 1", planned("2019-03-05"), planned("2020-01-07", "2019-03-01")),
        "moved to a day that has passed": (
            "1 of 1", planned("2019-03-05"), planned("2019-12-30", "2019-03-01"),
        ),
        "held": ("0 of 1", planned("2019-03-05"), held("2019-03-05")),
        "cancelled": ("0 of 1", planned("2019-03-05"), cancelled("2019-03-01")),
        "held as a strategy discussion": (
            "0 of 1",
            planned("2019-03-05", kind="strategy_discussion"),
            ("StrategyDiscussionHeld", "2019-03-05", {"meeting_id": "M-1", "outcome": "section_47"}),
        ),
        "held as a meeting before proceedings": (
            "0 of 1",
            planned("2019-03-05", kind="pre_proceedings"),
            ("PreProceedingsMeetingHeld", "2019-03-05", {"meeting_id": "M-1", "track_id": "T-1"}),
        ),
        "planned for after the period": ("0 of 0", planned("2020-01-01")),
    },
    "meetings_without_minutes": {
        "none": ("1 of 1", held("2019-03-05")),
        "of another meeting": ("1 of 1", held("2019-03-05"), written("2019-03-06", "M-2")),
        "written": ("0 of 1", held("2019-03-05"), written("2019-03-06")),
        "shared": ("0 of 1", held("2019-03-05"), shared("2019-03-06")),
        "held before the period": ("0 of 0", held("2018-12-31")),
        "not held": ("0 of 0", planned("2019-03-05")),
    },
    "meetings_minutes_not_shared": {
        "none": ("1 of 1", held("2019-03-05")),
        "written only": ("1 of 1", held("2019-03-05"), written("2019-03-06")),
        "shared": ("0 of 1", held("2019-03-05"), written("2019-03-06"), shared("2019-03-07")),
        "held before the period": ("0 of 0", held("2018-12-31"), written("2019-03-06")),
    },
    "conferences_inquorate": {
        **{f"{kind} that was not": ("1 of 1", held("2019-03-05", kind, quorate=False))
           for kind in ("initial_conference", "review_conference", "transfer_in_conference")},
        "one that was": ("0 of 1", held("2019-03-05", "initial_conference", quorate=True)),
        "one of which nobody said so": ("0 of 1", held("2019-03-05", "initial_conference")),
        "a core group is no conference": ("0 of 0", held("2019-03-05", quorate=False)),
        "a review in care is no conference": (
            "0 of 0", held("2019-03-05", "looked_after_review", quorate=False),
        ),
    },
    "meetings_with_absences": {
        "fewer came": ("1 of 1", held("2019-03-05", agencies_invited=3, agencies_attended=2)),
        "all came": ("0 of 1", held("2019-03-05", agencies_invited=3, agencies_attended=3)),
        "more came": ("0 of 1", held("2019-03-05", agencies_invited=3, agencies_attended=4)),
        "fewer came by name": (
            "1 of 1",
            held("2019-03-05", agencies_invited=["health", "school"], agencies_attended=["school"]),
        ),
        "nobody is said to have come": ("1 of 1", held("2019-03-05", agencies_invited=1)),
        "nobody is said to have been invited": ("0 of 1", held("2019-03-05", agencies_attended=1)),
        "held before the period": (
            "0 of 0", held("2018-12-31", agencies_invited=3, agencies_attended=2),
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize(("measure", "expected", "facts"), each(EXAMPLES))
def test_what_is_among_the_meetings_and_what_counts_of_these(measure, expected, facts):
    assert told(measure, facts) == expected


def test_minutes_count_from_the_meeting_to_the_last_report_of_their_being_shared():
    facts = [held("2019-04-17"), shared("2019-04-24"), shared("2019-05-01")]
    (row,) = rows_from("meetings_minutes_not_shared", facts)
    # Good Friday and Easter Monday lie between.
    assert (row.until, row.length) == (date(2019, 5, 1), 8)
