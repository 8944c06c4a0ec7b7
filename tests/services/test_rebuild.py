"""A projection is built beside the one that serves, compared with it, and takes over, or does not."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest
from sqlalchemy import inspect, select, text, update

from infra.views import bulk
from infra.views.builds import State
from infra.views.engine import POSTGRESQL, Overtaken
from infra.views.indexing import indexing
from infra.views.tables import CHILDREN, CLOCKS, FACTS, SET_ASIDE
from projections.catalogue import PROJECTIONS
from projections.clock_rows import clock_rows
from services.rebuild import Progress, SetAsideMeanwhile, Stopped
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in
from tests.failing import another_version, failing
from tests.rows import rows_of

TODAY = "2019-10-22"
NAMES = tuple(projection.name for projection in PROJECTIONS)
MORE_THAN_A_STATEMENT_NAMES = 70_000
READS = 8


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


def test_a_rebuild_that_was_stopped_goes_on_on_another_day(tmp_path, views, authority, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 100)
    told: list[Progress] = []
    stop = threading.Event()

    def tell(step):
        told.append(step)
        stop.set()

    with service_in(tmp_path, "2019-10-21", views) as service:
        put(service, authority)
        service.projector.catch_up()
        with pytest.raises(Stopped):
            service.rebuild.run(NAMES, tell, stop)
        begun = builds_of(service, State.FILLING)
    with service_in(tmp_path, TODAY, views) as service:
        again: list[Progress] = []
        assert all(one.is_equal for one in service.rebuild.run(NAMES, again.append))
        assert again[0].children > told[-1].children
        assert builds_of(service) == begun
        assert {one.build.read_on for one in service.views.positions()} == {date.fromisoformat(TODAY)}


def test_children_merged_while_a_build_is_filled_are_in_it_once(service, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 8)
    children = [f"C{n:02}" for n in range(24)]
    put(service, [event(c, "ReferralReceived", "2019-03-05", subject=c, referral_id="R-1") for c in children])
    service.projector.catch_up()
    later = list(zip(children[::2], children[1::2], strict=True))

    def merge_some(step):
        while later:
            one, other = later.pop()[:: 1 if len(later) % 2 else -1]
            put(service, [event(f"m-{one}", "ChildMerged", "2019-05-01", subject=one, into=other)])

    compared = service.rebuild.run(NAMES, merge_some)
    assert all(one.is_equal for one in compared)
    assert len({row.child for row in service.views.rows(clock_rows)}) == len(children) // 2


def test_a_build_is_filled_without_indexes_and_has_them_all_before_it_serves(service, authority, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 20)
    put(service, authority[:100])
    service.projector.catch_up()
    stop = threading.Event()
    with pytest.raises(Stopped):
        service.rebuild.run(NAMES, lambda step: stop.set(), stop)
    filling = {
        one.projection: indexes_of(service, one.build) for one in service.views.positions(State.FILLING)
    }
    # What SQLite numbers has its key from the start.
    numbered = ("discrepancies", "recording_delays") if service.views.engine.dialect.name == "sqlite" else ()
    assert filling == {name: [("number",)] if name in numbered else [] for name in NAMES}
    service.rebuild.run(NAMES, quietly)
    for position in service.views.positions():
        table = position.build.table
        wanted = [tuple(index.columns.keys()) for index in table.indexes]
        assert indexes_of(service, position.build) == sorted(
            [*wanted, tuple(table.primary_key.columns.keys())]
        )


def test_a_rebuild_that_was_killed_among_its_indexes_adds_the_others(tmp_path, postgres_url, authority):
    with service_in(tmp_path, TODAY, postgres_url) as service:
        put(service, authority)
        service.projector.catch_up()
        live = rows_of(service.views)
        stop = threading.Event()

        def tell(step):
            if step.children == step.all_children:
                stop.set()

        with pytest.raises(Stopped):
            service.rebuild.run(NAMES, tell, stop)
        filled = [one.build for one in service.views.positions(State.FILLING)]
        for build in filled:
            with service.views.engine.begin() as connection:
                for statement in indexing(POSTGRESQL, build.table)[::2]:
                    connection.execute(statement)
        compared = service.rebuild.run(NAMES, quietly)
        assert all(one.is_equal for one in compared)
        assert builds_of(service) == [(build.projection, build.number) for build in filled]
        assert rows_of(service.views) == live
        for build in filled:
            wanted = [tuple(index.columns.keys()) for index in build.table.indexes]
            key = tuple(build.table.primary_key.columns.keys())
            assert indexes_of(service, build) == sorted([*wanted, key])


def indexes_of(service, build):
    """The columns of each index of a build's table, its key among them."""
    found = inspect(service.views.engine)
    key = found.get_pk_constraint(build.table.name)["constrained_columns"]
    others = [tuple(one["column_names"]) for one in found.get_indexes(build.table.name)]
    return sorted([*others, *([tuple(key)] if key else [])])


def test_who_reads_for_long_keeps_nobody_else_from_reading_while_a_build_takes_over(
    tmp_path, postgres_url, authority
):
    with service_in(tmp_path, TODAY, postgres_url) as service:
        put(service, authority[:100])
        service.projector.catch_up()
        service.rebuild.build(NAMES, quietly)
        with ThreadPoolExecutor(1) as threads, service.views.reading() as reader:
            reader.execute(select(FACTS)).all()
            taking_over = threads.submit(service.rebuild.take_over, NAMES, ())
            for _ in range(READS):
                with service.views.reading() as other:
                    other.execute(text("SET LOCAL statement_timeout = '20s'"))
                    other.execute(select(CLOCKS)).all()
                time.sleep(0.2)
            # One that reads another table yet is not told that somebody was in its way.
            reader.execute(select(CHILDREN)).all()
            reader.close()
            taking_over.result()
        assert {number for _, number in builds_of(service)} == {2}


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


def test_a_rebuild_whose_builds_another_one_dropped_puts_nothing_into_those_begun_instead(
    service, authority, monkeypatch
):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 60)
    some = NAMES[:2]
    put(service, authority[::2])
    service.projector.catch_up()

    def begin_others(step):
        if step.children < step.all_children:
            return
        # All shares are filled, and all that is left to do is to say so.
        put(service, authority[1::2])
        stop = threading.Event()
        with pytest.raises(Stopped):
            service.rebuild.run(NAMES, lambda step: stop.set(), stop)

    with pytest.raises(Overtaken):
        service.rebuild.run(some, begin_others)
    service.projector.catch_up()
    live = rows_of(service.views)
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


def test_a_child_that_was_let_go_is_in_the_way_of_no_build_and_stays_let_go(service, authority):
    put(service, authority[::2])
    with failing(clock_rows, ["C1001"]):
        service.projector.catch_up()
        service.set_asides.drop("C1001")
        service.rebuild.run(NAMES, quietly)
    assert {number for _, number in builds_of(service)} == {2}
    assert service.set_asides.page(0, None) == []
    (one,) = service.set_asides.page(0, None, with_dropped=True)
    assert (one.stream, one.is_dropped, one.events > 0) == ("C1001", True, True)
    service.set_asides.retry("C1001")
    assert service.views.rows(clock_rows, CLOCKS.c.child == "C1001")


def test_builds_are_compared_however_many_children_a_bad_release_set_aside(service, authority):
    put(service, authority[:40])
    service.projector.catch_up()
    service.rebuild.build(["clocks"], quietly)
    build = service.views.serving(clock_rows)
    told = (
        "projection",
        "build",
        "stream",
        "behind",
        "error",
        "place",
        "events",
        "since",
        "tries",
        "dropped",
    )
    lines = [
        ("clocks", build.number, f"X{n}", f"X{n}", "ValueError", "here", 0, datetime(2019, 10, 1), 0, False)
        for n in range(MORE_THAN_A_STATEMENT_NAMES)
    ]
    with service.views.engine.begin() as connection:
        bulk.put(connection, SET_ASIDE, told, lines)
    assert [one.is_equal for one in service.rebuild.compare(["clocks"])] == [True]


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
    assert builds_of(service, *(state for state in State if state is not State.DROPPED)) == builds_of(service)


def test_a_projection_that_is_new_gets_its_rows_from_the_beginning(service, authority):
    put(service, authority[::2])
    service.projector.catch_up()
    live = rows_of(service.views)
    service.rebuild.abandon(["recording_delays"], State.SERVING)
    service.views.prepare()
    service.projector.catch_up()
    assert rows_of(service.views) == live
