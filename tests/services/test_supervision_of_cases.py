"""Supervision stands on a worker's stream, and runs the clocks of the children discussed in it."""

from datetime import date

import pytest

from domain.question import Question
from services.clock_list import Wanted, from_views
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)
SOURCE = "urn:invented:cases"


@pytest.fixture
def service(tmp_path):
    with service_in(tmp_path, TODAY.isoformat()) as service:
        put(service, [event("1", "WorkerAllocated", "2019-09-02", subject="C1", worker_id="W-1")])
        yield service


def supervised(id, on, *children):
    return event(
        id, "SupervisionHeld", on, subject="worker:W-1", supervision_id=f"S-{id}", children=[*children]
    )


def clocks_of(service, child="C1"):
    history = service.histories.of(child)
    found = service.histories.case(history, Question(TODAY)).figures.clocks
    return [(c.id, c.status, str(c.stopped_on)) for c in found if c.timescale.id == "case_supervision"]


def in_views(service):
    service.projector.catch_up()
    page = from_views(service.views, Wanted(timescale="case_supervision"), TODAY)
    return sorted((row.child, row.clock.id, row.clock.status) for row, _ in page.readings)


def test_a_supervision_that_names_the_child_stops_its_clock_and_starts_the_next(service):
    put(service, [supervised("2", "2019-09-20", "C1", "C9")])
    assert clocks_of(service) == [
        ("case_supervision:W-1", "stopped", "2019-09-20"),
        ("case_supervision:W-1:2", "open", "None"),
    ]


def test_a_supervision_recorded_later_is_seen_by_a_history_that_was_kept(service):
    before = service.histories.of("C1")
    assert len(clocks_of(service)) == 1
    put(service, [supervised("2", "2019-09-20", "C1")])
    assert len(clocks_of(service)) == 2
    assert service.histories.of("C1").version != before.version


def test_a_supervision_taken_back_or_corrected_is_read_as_it_now_stands(service):
    put(service, [supervised("2", "2019-09-20", "C1"), supervised("3", "2019-09-27", "C9")])
    named = {"source": event("x", "WorkerLeft", "2019-01-01")["source"], "id": "3"}
    put(
        service,
        [event("4", "FactCorrected", "2019-10-01", subject="worker:W-1", corrects=named,
               changes={"children": ["C9", "C1"]})],
    )  # fmt: skip
    held = service.histories.case(service.histories.of("C1"), Question(TODAY)).figures.held
    assert [one.code for one in held] == ["CHANGE_HELD"]
    put(
        service,
        [event("5", "FactWithdrawn", "2019-10-02", subject="worker:W-1",
               withdraws={"source": named["source"], "id": "2"})],
    )  # fmt: skip
    assert clocks_of(service)[0] == ("case_supervision:W-1", "open", "None")


def test_the_lists_follow_the_children_discussed(service):
    assert in_views(service) == [("C1", "case_supervision:W-1", "open")]
    put(service, [supervised("2", "2019-09-20", "C1")])
    assert in_views(service) == [
        ("C1", "case_supervision:W-1", "stopped"),
        ("C1", "case_supervision:W-1:2", "open"),
    ]


def test_a_worker_has_clocks_of_supervision_in_the_lists(service):
    put(service, [event("2", "WorkerJoined", "2019-09-02", subject="worker:W-1", team_id="T-1")])
    service.projector.catch_up()
    ((row, reading),) = from_views(service.views, Wanted(timescale="supervision"), TODAY).readings
    assert (row.child, row.worker_id, row.team_id) == ("worker:W-1", "W-1", "T-1")
    assert reading.is_over


def test_what_was_known_before_a_supervision_was_recorded_does_not_have_it(service):
    put(service, [supervised("2", "2019-09-20", "C1")])
    history = service.histories.of("C1")
    (_, supervision) = history.in_log_order
    asked = Question(TODAY, supervision.recorded_at)
    found = service.histories.case(history, asked).figures.clocks
    assert [c.status for c in found if c.timescale.id == "case_supervision"] == ["open"]
