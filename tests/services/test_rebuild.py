"""A projection is built beside the one that serves, compared with it, and takes over, or does not."""

import threading

import pytest
from sqlalchemy import update

from infra.views.builds import State
from infra.views.tables import CLOCKS
from projections.catalogue import PROJECTIONS
from projections.clock_rows import clock_rows
from services.rebuild import Progress, SetAsideMeanwhile, Stopped
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in
from tests.failing import another_version, failing
from tests.rows import rows_of

TODAY = "2019-10-22"
NAMES = tuple(projection.name for projection in PROJECTIONS)


@pytest.fixture(scope="module")
def authority():
    return list(simulate(7, 11, showcase=True))


@pytest.fixture
def service(tmp_path, views):
    with service_in(tmp_path, TODAY, views) as service:
        yield service


def quietly(step):
    """Nobody looks."""


def builds_of(service, *states):
    return [(one.projection, one.build.number) for one in service.views.positions(*states)]


def test_the_old_rows_serve_and_move_on_until_the_new_take_over(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    service.rebuild.build(NAMES, quietly)
    assert {number for _, number in builds_of(service)} == {1}
    put(service, authority[1::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    compared = service.rebuild.run(NAMES, quietly)
    assert all(one.is_equal for one in compared)
    assert {number for _, number in builds_of(service)} == {2}
    assert rows_of(service.views) == live
    assert [one.lag(service.log.heads()) for one in service.views.positions()] == [0] * len(NAMES)


def test_a_difference_is_found_told_and_gone_once_the_new_rows_serve(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    right = rows_of(service.views)
    with service.views.engine.begin() as connection:
        table = service.views.serving(clock_rows).table
        connection.execute(update(table).where(table.c.timescale == "assessment").values(status="stopped"))
    compared = {one.projection: one.is_equal for one in service.rebuild.run(NAMES, quietly)}
    assert compared == {name: name != "clocks" for name in NAMES}
    assert rows_of(service.views) == right


def test_one_projection_is_built_alone(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    service.rebuild.run(["discrepancies"], quietly)
    assert dict(builds_of(service)) == {name: 2 if name == "discrepancies" else 1 for name in NAMES}
    put(service, authority[1::2])
    service.projector.catch_up()
    grown = rows_of(service.views)
    assert grown != live
    assert {position.number(0) for position in service.views.positions()} == {len(authority)}
    assert all(one.is_equal for one in service.rebuild.run(NAMES, quietly))
    assert rows_of(service.views) == grown


def test_the_rows_of_one_child_are_made_afresh(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    right = rows_of(service.views)
    table = service.views.serving(clock_rows).table
    with service.views.engine.begin() as connection:
        connection.execute(table.delete().where(table.c.child == "C1001"))
    assert rows_of(service.views) != right
    service.projector.refold(["C1001"])
    assert rows_of(service.views) == right


def test_a_rebuild_that_was_stopped_goes_on_from_there(service, authority, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 100)
    put(service, authority)
    service.projector.catch_up()
    live = rows_of(service.views)
    stop = threading.Event()
    told: list[Progress] = []

    def tell(step):
        told.append(step)
        if len(told) == 3:
            stop.set()

    with pytest.raises(Stopped):
        service.rebuild.run(NAMES, tell, stop)
    begun = builds_of(service, State.FILLING)
    assert len(begun) == len(NAMES)
    assert rows_of(service.views) == live
    again: list[Progress] = []
    service.rebuild.run(NAMES, again.append)
    assert again[0].children > told[-1].children
    assert again[-1].children == again[-1].all_children
    assert builds_of(service) == begun
    assert rows_of(service.views) == live


def test_a_build_begun_in_other_shares_is_begun_afresh_and_lacks_nobody(service, authority, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 60)
    put(service, authority)
    service.projector.catch_up()
    live = rows_of(service.views)
    stop = threading.Event()
    with pytest.raises(Stopped):
        service.rebuild.run(NAMES, lambda step: stop.set(), stop)
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 10_000)
    assert all(one.is_equal for one in service.rebuild.run(NAMES, quietly))
    assert rows_of(service.views) == live


def test_nothing_takes_over_that_lacks_a_child_unless_told_so_by_name(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    with failing(clock_rows, ["C1001"]):
        with pytest.raises(SetAsideMeanwhile) as refused:
            service.rebuild.run(NAMES, quietly)
        assert {(one.projection, one.stream) for one in refused.value.found} == {("clocks", "C1001")}
        with pytest.raises(SetAsideMeanwhile):
            service.rebuild.run(NAMES, quietly, in_spite_of=["children"])
        assert rows_of(service.views) == live
        service.rebuild.run(NAMES, quietly, in_spite_of=["clocks"])
    assert {row.child for row in service.views.rows(clock_rows, CLOCKS.c.child == "C1001")} == set()
    assert [one.stream for one in service.set_asides.page(0, None)] == ["C1001"]


def test_what_was_set_aside_in_the_new_build_is_tried_again_by_the_next_run(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    with failing(clock_rows, ["C1001"]), pytest.raises(SetAsideMeanwhile):
        service.rebuild.run(NAMES, quietly)
    service.rebuild.run(NAMES, quietly, retry=lambda state: service.set_asides.retry(state=state))
    assert rows_of(service.views) == live
    assert service.set_asides.page(0, None) == []


def test_the_build_before_can_serve_again_and_catches_up(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    service.rebuild.run(NAMES, quietly)
    put(service, authority[1::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    for name in NAMES:
        assert service.rebuild.roll_back(name).number == 1
    assert rows_of(service.views) != live
    service.projector.catch_up()
    assert rows_of(service.views) == live
    assert {number for _, number in builds_of(service, State.BEFORE)} == {2}


def test_only_one_build_before_is_kept(service, authority):
    put(service, authority[::4])
    service.projector.catch_up()
    assert service.rebuild.roll_back("clocks") is None
    for _ in range(3):
        service.rebuild.run(["clocks"], quietly)
    assert builds_of(service, State.BEFORE) == [("clocks", 3)]


def test_rows_of_another_version_serve_as_they_are_until_a_rebuild(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    with another_version(clock_rows):
        put(service, [event("new", "ReferralReceived", "2019-10-01", subject="C-new", referral_id="R-new")])
        service.projector.catch_up()
        assert [build.projection for build in service.projector.outdated()] == ["clocks"]
        assert rows_of(service.views)["clocks"] == live["clocks"]
        assert rows_of(service.views)["children"] != live["children"]
        (compared,) = service.rebuild.run(["clocks"], quietly)
        assert compared.served is None
        assert service.projector.outdated() == []
        assert service.views.rows(clock_rows, CLOCKS.c.child == "C-new")


def test_a_build_of_code_that_has_changed_meanwhile_is_not_gone_on_with(service, authority):
    put(service, authority[::4])
    service.projector.catch_up()
    service.rebuild.build(NAMES, quietly)
    with another_version(clock_rows):
        service.rebuild.run(NAMES, quietly)
        assert {one.build.version for one in service.views.positions() if one.projection == "clocks"} == {
            clock_rows.version + 1
        }


def test_what_is_built_only_to_compare_never_serves_and_is_dropped(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    service.rebuild.build(NAMES, quietly, beside=True)
    assert all(one.is_equal for one in service.rebuild.compare(NAMES, State.BESIDE))
    service.rebuild.abandon(NAMES, State.BESIDE)
    assert {number for _, number in builds_of(service)} == {1}
    assert builds_of(service, *State) == builds_of(service)


def test_a_projection_that_is_new_gets_its_rows_from_the_beginning(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    service.rebuild.abandon(["recording_delays"], State.SERVING)
    service.views.prepare()
    service.projector.catch_up()
    assert rows_of(service.views) == live
