"""A child's timeline: each fact as it was recorded, and what became of it."""

from datetime import date
from typing import Any

from domain.field import FactReference
from domain.history import Recorded
from domain.question import Question, end_of
from infra.holidays import england
from projections.child_rows import child_rows
from projections.clock_rows import clock_rows
from projections.delay_rows import delay_rows
from projections.discrepancy_rows import discrepancy_rows
from projections.projection import Case
from projections.timeline import Entry, entries
from tests.invented import (
    SOURCE,
    WORKED_EXAMPLE,
    closed,
    completed,
    history,
    moved,
    received,
    recorded,
    seen,
    started,
    withdrawn,
)

AS_AT = date(2019, 12, 31)


def case(facts: list[Recorded], as_at: date = AS_AT, **asked: Any) -> Case:
    return Case("C1001", facts, Question(as_at, **asked), england())


def by_id(facts: list[Recorded], as_at: date = AS_AT) -> dict[str, Entry]:
    return {entry.recorded.id: entry for entry in entries(case(facts, as_at))}


def test_entries_are_in_order_of_when_they_occurred_and_then_of_the_log():
    facts = history(seen("2019-03-20"), received("2019-03-05"), started("2019-03-20"))
    assert [entry.recorded.id for entry in entries(case(facts))] == ["f2", "f1", "f3"]


def test_a_corrected_fact_stands_as_recorded_beside_what_it_has_become():
    entry = by_id(history(received("2019-03-05"), moved("f1", "2019-03-01")))["f1"]
    assert entry.recorded.data["occurred_on"] == "2019-03-05"
    assert entry.effective is not None
    assert entry.effective["occurred_on"] == "2019-03-01"
    assert entry.corrected_by == (FactReference(SOURCE, "f2"),)


def test_a_withdrawn_fact_stays_and_has_no_effect():
    entry = by_id(history(received("2019-03-05"), seen("2019-03-06"), withdrawn("f2")))["f2"]
    assert entry.effective is None
    assert entry.withdrawn_by == (FactReference(SOURCE, "f3"),)


def test_a_correction_held_back_from_the_clock_is_shown_with_why():
    entry = by_id(history(*WORKED_EXAMPLE, moved("f1", "2019-06-30")))["f1"]
    (held,) = entry.held
    assert (held.by.id, held.code) == ("f8", "REFERRAL_DATE_MOVED_LATER")
    assert "ruling" in held.why
    assert entry.effective is not None
    assert entry.effective["occurred_on"] == "2019-06-30"


def test_a_fact_that_does_not_follow_is_kept_with_its_discrepancy():
    (discrepancy,) = by_id(history(closed("2019-03-05")))["f1"].discrepancies
    assert discrepancy.code == "ASSESSMENT_NOT_BEGUN"


def test_a_correction_of_what_is_not_known_is_a_discrepancy():
    (discrepancy,) = by_id(history(received("2019-03-05"), moved("f9", "2019-03-01")))["f2"].discrepancies
    assert discrepancy.code == "AMENDS_UNKNOWN_FACT"


def test_a_correction_that_would_make_no_fact_leaves_it_as_it_was():
    wrong = ("FactCorrected", "2019-11-01", {
        "corrects": {"source": SOURCE, "id": "f1"}, "changes": {"referral_id": ""},
    })  # fmt: skip
    facts = history(received("2019-03-05"), wrong)
    assert [d.code for d in by_id(facts)["f2"].discrepancies] == ["CORRECTION_DOES_NOT_FIT"]
    assert by_id(facts)["f1"].effective == facts[0].data


def test_facts_after_the_day_asked_about_are_left_out():
    assert list(by_id(history(*WORKED_EXAMPLE), date(2019, 4, 28))) == ["f1", "f2", "f3"]


def test_a_delay_runs_to_when_a_fact_was_entered_in_working_days():
    one = recorded(1, "ReferralReceived", "2019-03-08", referral_id="R-1", entered_at="2019-03-12T09:00:00Z")
    assert by_id([one])["f1"].recording_delay_working_days == 2


def test_what_was_not_known_yet_is_left_out():
    late = recorded(
        1, "ReferralReceived", "2019-03-05", referral_id="R-1", recorded_at="2019-04-05T09:00:00Z"
    )
    assert entries(case([late], known_before=end_of(date(2019, 4, 4)))) == []
    assert len(entries(case([late], known_before=end_of(date(2019, 4, 5))))) == 1


def test_by_when_it_was_entered_history_that_was_brought_in_late_is_known_early():
    late = recorded(
        1, "ReferralReceived", "2019-03-05", referral_id="R-1",
        entered_at="2019-03-06T09:00:00Z", recorded_at="2026-01-01T09:00:00Z",
    )  # fmt: skip
    on = end_of(date(2019, 3, 6))
    assert entries(case([late], known_before=on)) == []
    assert len(entries(case([late], known_before=on, basis="entered"))) == 1


def test_a_clock_has_the_worker_and_team_that_held_the_case_when_it_stopped():
    def to(on, worker, team):
        return ("WorkerAllocated", on, {"worker_id": worker, "team_id": team})

    facts = history(
        to("2019-03-05", "W-1", "T-1"), received("2019-03-05"), started("2019-03-06"),
        completed("2019-04-01"), to("2019-05-01", "W-2", "T-2"),
    )  # fmt: skip
    row = next(row for row in clock_rows.rows(case(facts)) if row.clock.id == "assessment:R-1")
    assert (row.worker_id, row.team_id) == ("W-1", "T-1")


def test_a_child_stands_under_the_weightiest_plan_that_is_open():
    def plan(on, plan_id, kind):
        return ("PlanStarted", on, {"plan_id": plan_id, "kind": kind})

    facts = history(
        plan("2019-03-05", "P-1", "child_in_need"),
        plan("2019-04-05", "P-2", "child_protection"),
        ("PlanEnded", "2019-06-01", {"plan_id": "P-2"}),
    )
    statuses = [child_rows.rows(case(facts, day))[0].status for day in (date(2019, 5, 1), date(2019, 7, 1))]
    assert statuses == ["child_protection", "child_in_need"]


def test_delays_leave_out_what_came_as_history():
    told = [
        recorded(n, "ReferralReceived", "2019-03-05", referral_id=f"R-{n}", historic=n == 1,
                 entered_at="2019-03-08T09:00:00Z")
        for n in (1, 2)
    ]  # fmt: skip
    assert [(row.working_days, row.facts) for row in delay_rows.rows(case(told))] == [(3, 1)]


def test_discrepancies_are_rows_of_the_child_they_are_about():
    (row,) = discrepancy_rows.rows(case(history(closed("2019-03-05"))))
    assert (row.child, row.code, row.id) == ("C1001", "ASSESSMENT_NOT_BEGUN", "f1")
