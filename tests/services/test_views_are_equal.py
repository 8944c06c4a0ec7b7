"""Grown live, built afresh, stopped and resumed, or in several processes: the rows are the same."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from projections.catalogue import PROJECTIONS
from services import rebuild
from services.config import read_config
from services.rebuild import Stopped
from services.rebuild_elsewhere import processes
from services.simulate.simulation import simulate
from tests.authority_of_facts import put, service_in
from tests.rows import digests_of
from tests.servers.kafka import unique
from tests.untidy import untidy

NAMES = tuple(projection.name for projection in PROJECTIONS)
SOME = ("clocks", "measured")
TODAY = "2019-10-22"
EVENTS = 50_000
PROCESSES = 2


@pytest.fixture(scope="module")
def facts():
    return untidy(simulate(EVENTS // 40, 50, showcase=True), 50)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_however_they_came_about_and_wherever_they_are_the_rows_are_the_same(tmp_path, postgres_url, facts):
    with (
        service_in(tmp_path, TODAY, postgres_url) as on_postgres,
        service_in(tmp_path, TODAY) as on_sqlite,
    ):
        cut = len(facts) - len(facts) // 40
        put(on_postgres, facts[:cut])
        on_postgres.rebuild.run(NAMES, lambda step: None)
        # Live from there on, with what is late of every child.
        put(on_postgres, facts[cut:])
        on_postgres.projector.catch_up()
        assert sum(on_postgres.log.heads()) >= EVENTS
        live = digests_of(on_postgres.views)
        assert live["clocks"].rows > EVENTS // 20
        # In several processes, stopped on the way and resumed.
        stop = threading.Event()
        config = read_config({"CASETIMELINE_DATA": str(tmp_path), "CASETIMELINE_TODAY": TODAY})

        def tell(step):
            stop.set()

        with processes(config, PROCESSES) as submit:
            with pytest.raises(Stopped):
                on_sqlite.rebuild.run(NAMES, tell, stop, submit=submit)
            on_sqlite.rebuild.run(NAMES, lambda step: None, submit=submit)
            assert digests_of(on_sqlite.views) == live
            # Some projections alone, and some children.
            on_sqlite.rebuild.run(SOME, lambda step: None, submit=submit)
        on_sqlite.projector.refold([f"C{n}" for n in range(1001, 1101)])
        assert digests_of(on_sqlite.views) == live


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_of_a_log_on_kafka_they_are_the_same_too(tmp_path, postgres_url, kafka_broker, facts, monkeypatch):
    monkeypatch.setattr(rebuild, "WORTH_READING_WHOLE", 1)
    log = f"kafka://{kafka_broker.bootstrap}/{unique('facts')}"
    with (
        service_in(tmp_path, TODAY, postgres_url, log=log, kafka_partitions="4") as on_postgres,
        service_in(tmp_path, TODAY, log=log, kafka_partitions="4") as on_sqlite,
    ):
        cut = len(facts) - len(facts) // 40
        put(on_postgres, facts[:cut])
        with processes(on_postgres.config, PROCESSES) as submit:
            on_postgres.rebuild.run(NAMES, lambda step: None, submit=submit)
        put(on_postgres, facts[cut:])
        on_postgres.projector.catch_up()
        assert sum(on_postgres.log.heads()) >= EVENTS
        # By partitions, and live from there on; by the index, and in the other database.
        monkeypatch.setattr(rebuild, "WORTH_READING_WHOLE", 10 * EVENTS)
        with processes(on_sqlite.config, PROCESSES) as submit:
            on_sqlite.rebuild.run(NAMES, lambda step: None, submit=submit)
        assert digests_of(on_sqlite.views) == digests_of(on_postgres.views)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_projectors_on_a_log_of_several_partitions_make_what_a_rebuild_makes(
    tmp_path, postgres_url, kafka_broker
):
    log = f"kafka://{kafka_broker.bootstrap}/{unique('facts')}"
    facts = untidy(simulate(25, 51, showcase=True), 51)
    with (
        service_in(tmp_path / "one", TODAY, postgres_url, log=log, kafka_partitions="3") as one,
        service_in(tmp_path / "one", TODAY, postgres_url, log=log, kafka_partitions="3") as other,
        ThreadPoolExecutor(2) as threads,
    ):
        stop = threading.Event()
        running = [threads.submit(each.projector.run, stop) for each in (one, other)]
        try:
            size = len(facts) // 6
            for start in range(0, len(facts), size):
                put(one, facts[start : start + size])
            one.projector.catch_up()
        finally:
            stop.set()
            for each in running:
                each.result()
        assert len(one.log.heads()) > 1
        one.projector.catch_up()
        live = digests_of(one.views)
        assert all(compared.is_equal for compared in one.rebuild.run(NAMES, lambda step: None))
        assert digests_of(one.views) == live
        for position in one.views.positions():
            assert position.applied == dict(enumerate(one.log.heads()))
