"""A rebuild that several processes share gives the rows that grew live, whatever log and database."""

import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from infra.views.engine import ViewsUnavailable
from projections.catalogue import PROJECTIONS
from services import rebuild
from services.compose import composed
from services.config import read_config
from services.rebuild_elsewhere import processes
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put
from tests.rows import rows_of
from tests.running import ROOT, children_of, is_alive
from tests.servers.kafka import unique
from tests.servers.ports import free_port

NAMES = tuple(projection.name for projection in PROJECTIONS)
PROCESSES = 2
NOTHING = rebuild.Share(0, None, (), (), (), date(2019, 10, 22))


@pytest.fixture(scope="module")
def authority():
    return [
        *simulate(22, 5, showcase=True),
        event("m", "ChildMerged", "2019-06-03", subject="C1003", into="C1021"),
        event("n", "ChildMerged", "2019-06-04", subject="C1010", into="C1002"),
    ]


@pytest.fixture(params=["on files", "on servers"])
def places(request):
    """Where log and views are: in files of SQLite, or on Kafka and PostgreSQL."""
    if request.param == "on files":
        return {}
    broker = request.getfixturevalue("kafka_broker")
    return {
        "CASETIMELINE_LOG": f"kafka://{broker.bootstrap}/{unique('rebuilt')}",
        "CASETIMELINE_KAFKA_PARTITIONS": "4",
        "CASETIMELINE_VIEWS": request.getfixturevalue("postgres_url"),
    }


@pytest.mark.slow
def test_rows_rebuilt_in_processes_are_those_that_grew_live(tmp_path, monkeypatch, authority, places):
    monkeypatch.setattr(rebuild, "WORTH_READING_WHOLE", 1)
    monkeypatch.setattr(rebuild, "EVENTS_IN_A_SHARE", 250)
    own = {"CASETIMELINE_DATA": str(tmp_path), "CASETIMELINE_TODAY": "2019-10-22"}
    config = read_config(own | places)
    with composed(config) as service, processes(config, PROCESSES) as submit:
        # The second time they know what they read the first time.
        for facts in (authority[::2], authority[1::2]):
            put(service, facts)
            service.projector.catch_up()
            live = rows_of(service.views)
            compared = service.rebuild.run(NAMES, lambda step: None, submit=submit)
            assert all(one.is_equal for one in compared)
            assert rows_of(service.views) == live


@pytest.mark.slow
def test_what_a_process_cannot_reach_is_told_to_who_gave_it_work_and_to_nobody_else(tmp_path, capfd):
    views = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/views"
    config = read_config({"CASETIMELINE_DATA": str(tmp_path), "CASETIMELINE_VIEWS": views})
    with processes(config, 1) as submit, pytest.raises(ViewsUnavailable):
        submit(NOTHING).result()
    assert capfd.readouterr().err == ""


GIVES_WORK = """
import os, sys, time
from datetime import date
from services.config import read_config
from services.rebuild import Share
from services.rebuild_elsewhere import processes
from services.workers import workers

def main():
    config = read_config({"CASETIMELINE_DATA": sys.argv[1]})
    with processes(config, 1) as submit, workers(config, 1) as executor:
        filled = submit(Share(0, None, (), (), (), date(2019, 10, 22)))
        print(executor.submit(os.getpid).result() and filled.result(), flush=True)
        time.sleep(60)

if __name__ == "__main__":
    main()
"""


@pytest.mark.slow
def test_processes_that_work_for_another_end_with_it_however_it_ends(tmp_path):
    script = tmp_path / "gives_work.py"
    script.write_text(GIVES_WORK)
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as gives:
        assert gives.stdout is not None and gives.stdout.readline() == b"0\n"
        at_work = children_of(gives.pid)
        assert len(at_work) >= 2
        gives.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while left := [pid for pid in at_work if is_alive(pid)]:
        if time.monotonic() > until:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"{len(left)} are still there, and wait for work")
        time.sleep(0.05)
