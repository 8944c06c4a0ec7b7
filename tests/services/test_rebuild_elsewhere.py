"""A rebuild that several processes share gives the rows that grew live, whatever log and database."""

import pytest

from projections.catalogue import PROJECTIONS
from services import rebuild
from services.compose import composed
from services.config import read_config
from services.rebuild_elsewhere import processes
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put
from tests.rows import rows_of
from tests.servers.kafka import unique

NAMES = tuple(projection.name for projection in PROJECTIONS)
PROCESSES = 2


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
    with composed(config) as service:
        put(service, authority)
        service.projector.catch_up()
        live = rows_of(service.views)
        with processes(config, PROCESSES) as submit:
            compared = service.rebuild.run(NAMES, lambda step: None, submit=submit)
        assert all(one.is_equal for one in compared)
        assert rows_of(service.views) == live
