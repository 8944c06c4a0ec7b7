"""Clocks of a range of days are drawn once where that tells of every day."""

from datetime import date

from domain.amended import Amended
from domain.clocks_over_time import Ran, Terms, clocks_over_time
from domain.pieces import Piece, pieces
from domain.policy import AS_REVIEWED
from domain.true_clock import follow
from infra.holidays import england
from tests.invented import history

FIRST, LAST = date(2017, 6, 1), date(2019, 10, 22)


def ran(*told) -> list[Ran]:
    known = Amended(history(*told))
    (piece,) = pieces_of(known)
    return list(clocks_over_time(piece.followed, FIRST, LAST, Terms((), (), england(), AS_REVIEWED)))


def pieces_of(known) -> list[Piece]:
    upheld = follow("C1001", known, england())
    return list(pieces("C1001", known, upheld, FIRST, LAST, england(), AS_REVIEWED))


def test_a_conference_due_from_a_later_day_runs_from_that_day_on():
    (one,) = ran(
        ("TransferredIn", "2019-03-01", {"from_authority": "E", "conference_due_from": "2019-03-20"})
    )
    assert (one.clock.started_on, one.since, one.until) == (date(2019, 3, 20), date(2019, 3, 20), None)


def test_what_stops_for_good_ran_until_then_and_is_stopped_from_then_on():
    running, stopped = ran(
        ("ContactReceived", "2019-03-01", {"contact_id": "K-1"}),
        ("ContactDecided", "2019-03-05", {"contact_id": "K-1", "outcome": "advice"}),
    )
    assert (running.clock.status, running.since, running.until) == (
        "open", date(2019, 3, 1), date(2019, 3, 5),
    )  # fmt: skip
    assert (stopped.clock.status, stopped.since, stopped.until) == ("stopped", date(2019, 3, 5), None)


def test_what_ran_on_under_another_plan_had_ended_until_that_began():
    of_visits = [
        (one.clock.status, one.since, one.until)
        for one in ran(
            ("PlanStarted", "2019-03-01", {"plan_id": "P-1", "kind": "child_in_need"}),
            ("PlanEnded", "2019-04-01", {"plan_id": "P-1"}),
            ("PlanStarted", "2019-04-10", {"plan_id": "P-2", "kind": "child_in_need"}),
        )
        if (one.clock.timescale.id, one.clock.subject) == ("child_in_need_visit", "P-1")
    ]
    assert of_visits == [
        ("open", date(2019, 3, 1), date(2019, 4, 1)),
        ("ended_without_completion", date(2019, 4, 1), date(2019, 4, 10)),
        ("open", date(2019, 4, 10), None),
    ]


def test_a_merger_and_a_change_seen_in_a_snapshot_each_begin_a_piece():
    known = Amended(
        history(
            ("AssessmentStarted", "2019-03-01", {"assessment_id": "A-1"}),
            (
                "RecordChanged",
                "2019-04-01",
                {
                    "record_kind": "assessment", "record_id": "A-1", "field": "started_on",
                    "was": "2019-03-01", "now": "2019-02-20",
                },
            ),
            ("ChildMerged", "2019-05-01", {"into": "C2002"}),
        )
    )  # fmt: skip
    assert [(piece.since, piece.until) for piece in pieces_of(known)] == [
        (FIRST, date(2019, 3, 31)),
        (date(2019, 4, 1), date(2019, 4, 30)),
    ]
