"""A child whose rows cannot be made is set aside; nobody else is, and nothing is skipped."""

import sqlite3
from contextlib import closing

import pytest

from infra.log.commit import LogUnavailable
from projections.catalogue import PROJECTIONS
from projections.child_rows import child_rows
from projections.clock_rows import clock_rows
from services.compose import Parts
from tests.authority_of_facts import event, put, service_in
from tests.failing import SECRET, failing
from tests.rows import rows_of

TODAY = "2019-10-22"
NAMES = {projection.name for projection in PROJECTIONS}


@pytest.fixture
def service(tmp_path, views):
    with service_in(tmp_path, TODAY, views) as service:
        yield service


def referral(child, number="1", on="2019-03-05", **data):
    return event(
        f"{child}-{number}", "ReferralReceived", on, subject=child, referral_id=f"R-{number}", **data
    )


def clocks_of(service: Parts) -> set[tuple[str, str]]:
    return {(row.child, row.clock.id) for row in service.views.rows(clock_rows)}


def check_that_nothing_is_skipped(service: Parts) -> None:
    """Every event that was read is in the rows, or waits where it is listed."""
    waiting = dict.fromkeys(NAMES, 0)
    for one in service.set_asides.page(0, None, with_dropped=True):
        waiting[one.projection] += one.events
    for position in service.views.positions():
        assert position.number(0) == position.applied.get(0, 0) + waiting[position.projection]
        assert position.set_aside.get(0, 0) == waiting[position.projection]


def test_a_child_whose_fold_fails_is_set_aside_and_every_other_goes_on(service):
    put(service, [referral("C1"), referral("C2"), referral("C3")])
    with failing(clock_rows, ["C2"]):
        service.projector.catch_up()
    assert {child for child, _ in clocks_of(service)} == {"C1", "C3"}
    assert {row.child for row in service.views.rows(child_rows)} == {"C1", "C2", "C3"}
    (one,) = service.set_asides.page(0, None)
    assert (one.projection, one.stream, one.events, one.number) == ("clocks", "C2", 1, 2)
    assert {position.number(0) for position in service.views.positions()} == {3}
    check_that_nothing_is_skipped(service)


def test_what_is_told_of_a_failure_holds_nothing_of_the_facts(service):
    put(service, [referral("C1")])
    with failing(clock_rows, ["C1"]):
        service.projector.catch_up()
    (one,) = service.set_asides.page(0, None)
    assert one.failure.error == "ValueError"
    assert one.failure.place.startswith("failing.py:")
    assert SECRET not in repr(one)


def test_later_facts_of_a_child_wait_behind_and_come_in_with_a_retry(service):
    put(service, [referral("C1")])
    service.projector.catch_up()
    before = clocks_of(service)
    with failing(clock_rows, ["C1"]):
        put(service, [event("s", "AssessmentStarted", "2019-03-06", subject="C1", assessment_id="A-1")])
        service.projector.catch_up()
    put(service, [referral("C1", "2", "2019-09-05"), referral("C2")])
    service.projector.catch_up()
    assert {pair for pair in clocks_of(service) if pair[0] == "C1"} == before
    (one,) = service.set_asides.of("C1")
    assert one.events == 2
    check_that_nothing_is_skipped(service)
    (tried,) = service.set_asides.retry("C1")
    assert tried.failure is None
    assert service.set_asides.page(0, None) == []
    check_that_nothing_is_skipped(service)
    live = rows_of(service.views)
    service.rebuild.run(NAMES, lambda step: None)
    assert rows_of(service.views) == live


def test_a_retry_that_fails_again_is_counted_and_nothing_is_let_in(service):
    put(service, [referral("C1")])
    with failing(clock_rows, ["C1"]):
        service.projector.catch_up()
        (tried,) = service.set_asides.retry()
    assert tried.failure is not None
    (one,) = service.set_asides.page(0, None)
    assert (one.tries, one.events) == (1, 1)
    check_that_nothing_is_skipped(service)


def test_what_is_let_go_is_no_longer_listed_but_still_counted_and_can_come_in(service):
    put(service, [referral("C1")])
    with failing(clock_rows, ["C1"]):
        service.projector.catch_up()
    assert service.set_asides.drop("C1") == 1
    assert service.set_asides.page(0, None) == []
    assert [one.is_dropped for one in service.set_asides.page(0, None, with_dropped=True)] == [True]
    check_that_nothing_is_skipped(service)
    service.set_asides.retry("C1")
    assert {child for child, _ in clocks_of(service)} == {"C1"}
    check_that_nothing_is_skipped(service)


def test_children_merged_with_one_that_is_set_aside_wait_with_it(service):
    put(service, [referral("C1"), referral("C9")])
    with failing(clock_rows, ["C9"]):
        service.projector.catch_up()
    put(service, [event("m", "ChildMerged", "2019-05-01", subject="C9", into="C1"), referral("C1", "2")])
    service.projector.catch_up()
    assert {one.stream: one.events for one in service.set_asides.page(0, None)} == {"C9": 2, "C1": 1}
    check_that_nothing_is_skipped(service)
    service.set_asides.retry("C1")
    assert {child for child, _ in clocks_of(service)} == {"C1"}
    check_that_nothing_is_skipped(service)


def test_a_record_that_cannot_be_read_sets_its_child_aside_everywhere(tmp_path, service):
    put(service, [referral("C1"), referral("C2")])
    with closing(sqlite3.connect(tmp_path / "log.sqlite3")) as log:
        for (trigger,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            log.execute(f"DROP TRIGGER {trigger}")
        (state,) = log.execute("SELECT state FROM stored_events WHERE notification_id = 1").fetchone()
        log.execute("UPDATE stored_events SET state = substr(state, 1, 9) WHERE notification_id = 1")
        log.commit()
        service.projector.catch_up()
        aside = service.set_asides.of("C1")
        assert {one.projection for one in aside} == NAMES
        assert {one.failure.error for one in aside} == {"Unreadable"}
        assert {child for child, _ in clocks_of(service)} == {"C2"}
        check_that_nothing_is_skipped(service)
        log.execute("UPDATE stored_events SET state = ? WHERE notification_id = 1", (state,))
        log.commit()
    assert {one.failure for one in service.set_asides.retry("C1")} == {None}
    assert {child for child, _ in clocks_of(service)} == {"C1", "C2"}
    check_that_nothing_is_skipped(service)


def test_what_fails_when_the_day_turns_is_set_aside_too(tmp_path, views):
    with service_in(tmp_path, "2019-03-10", views) as service:
        put(service, [referral("C1", on="2019-03-20")])
        service.projector.catch_up()
    with service_in(tmp_path, "2019-03-20", views) as service:
        with failing(clock_rows, ["C1"]):
            service.projector.catch_up()
        (one,) = service.set_asides.page(0, None)
        assert (one.stream, one.events, one.number) == ("C1", 0, None)
        check_that_nothing_is_skipped(service)
        service.set_asides.retry()
        assert clocks_of(service)


def test_nobody_is_set_aside_for_a_log_that_does_not_answer(service, monkeypatch):
    put(service, [referral("C1")])

    def unreachable(streams):
        raise LogUnavailable

    monkeypatch.setattr(service.log, "select_all", unreachable)
    with pytest.raises(LogUnavailable):
        service.projector.catch_up()
    assert service.set_asides.page(0, None) == []
    assert {position.number(0) for position in service.views.positions()} == {0}
