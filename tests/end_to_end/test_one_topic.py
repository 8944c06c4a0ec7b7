"""Several instances on one topic: nothing lost, nothing doubled, and all made again from the topic alone."""

import base64
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine, select

from infra.intake.topics import prepare
from infra.kafka_place import read_place
from infra.log.index_tables import GROWING, POSITIONS
from services.compose import composed
from services.config import read_config
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put
from tests.end_to_end.test_intake import publish, wait_for
from tests.published import structured
from tests.rows import rows_of
from tests.running import start
from tests.servers.kafka import unique

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

MASTER = base64.b64encode(b"invented, for several instances!").decode()
OF_ONE_INDEX = frozenset({"epoch", "confirmed", "commits_to"})
"""What an index keeps of the brokers that it asked, and of how it looks for commits, and not of the topic."""


@pytest.fixture
def shared(tmp_path, kafka_broker) -> dict[str, str]:
    """The settings that instances share, named without their prefix: topics, and the keys of children."""
    return {
        "log": f"kafka://{kafka_broker.bootstrap}/{unique('log')}",
        "intake": f"kafka://{kafka_broker.bootstrap}/{unique('intake')}",
        "kafka_partitions": "4",
        "keys": f"sqlite:///{tmp_path / 'keys.sqlite3'}",
        "master_key": MASTER,
        "today": "2019-10-22",
    }


def config_of(folder, shared):
    told = {f"CASETIMELINE_{name.upper()}": value for name, value in shared.items()}
    return read_config({"CASETIMELINE_DATA": str(folder), **told})


def index_rows(config):
    """All that an index holds of the topic, table by table."""
    engine = create_engine(config.index)
    found = {}
    with engine.connect() as connection:
        for table in (*GROWING, POSITIONS):
            columns = [column for column in table.columns if column.name not in OF_ONE_INDEX]
            found[table.name] = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
    engine.dispose()
    return found


def test_index_and_views_made_again_from_the_topic_are_those_that_grew(tmp_path, shared, postgres_url):
    draw = random.Random(5)
    facts = list(simulate(25, 7))
    # Late facts among the others, and some that come a second time.
    draw.shuffle(facts)
    facts += draw.sample(facts, len(facts) // 10)
    configs = [config_of(tmp_path / name, shared) for name in ("one", "two")]
    # Made again in another database than they grew in.
    configs.append(config_of(tmp_path / "again", shared | {"index": postgres_url, "views": postgres_url}))
    with ExitStack() as stack:
        grown = [stack.enter_context(composed(config)) for config in configs[:2]]
        while facts:
            size = draw.randrange(1, 300)
            put(draw.choice(grown), facts[:size])
            facts = facts[size:]
            draw.choice(grown).projector.catch_up()
        for parts in grown:
            parts.projector.catch_up()
        live = rows_of(grown[0].views)
        assert any(live.values())
        with composed(configs[2]) as again:
            again.projector.catch_up()
            assert rows_of(again.views) == live == rows_of(grown[1].views)
            compared = grown[0].rebuild.run(tuple(live), lambda step: None)
            assert [one.projection for one in compared if not one.is_equal] == []
            assert {one.projection: one.built for one in compared} == {
                one.projection: one.built for one in again.rebuild.run(tuple(live), lambda step: None)
            }
            assert index_rows(configs[2]) == index_rows(configs[0]) == index_rows(configs[1])


def test_two_services_and_the_intake_write_to_the_same_children_and_lose_and_double_nothing(tmp_path, shared):
    children = [f"C{n}" for n in range(5)]
    facts = [
        event(f"e-{n}", "ContactReceived", "2019-03-05", subject=children[n % 5], contact_id=f"K-{n}")
        for n in range(600)
    ]
    place = read_place(shared["intake"])
    prepare(place, {})
    with ExitStack() as stack:
        folders = [tmp_path / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
        # Started side by side; what a timeline shows needs no projector, and one takes in what is published.
        options = (["--no-projector"], ["--no-projector", "--no-intake"])
        services = [
            start(folder, options=more, **shared) for folder, more in zip(folders, options, strict=True)
        ]
        for service in services:
            stack.callback(service.end)
        for service in services:
            service.wait()
        clients = [stack.enter_context(service.client()) for service in services]

        def post(turn: int) -> list[str]:
            """A batch to one of the two: its own facts, and some that go to the other at the same time."""
            batch = facts[turn * 20 : turn * 20 + 20] + facts[(turn ^ 1) * 20 : (turn ^ 1) * 20 + 10]
            headers = {"content-type": "application/cloudevents-batch+json"}
            reply = clients[turn % 2].post("/events", json=batch, headers=headers)
            assert reply.status_code == 200, reply.text
            return [one["status"] for one in reply.json()["results"]]

        with ThreadPoolExecutor(4) as pool:
            statuses = [status for some in pool.map(post, range(30)) for status in some]
        publish(place, *(structured(fact) for fact in facts))
        wait_for(lambda: clients[0].get("/intake").json().get("tally", {}).get("duplicate") == 600)
        assert (statuses.count("recorded"), statuses.count("duplicate")) == (600, 300)
        for child in children:
            told = [client.get(f"/children/{child}/timeline").json()["entries"] for client in clients]
            assert told[0] == told[1]
            assert sorted(one["version"] for one in told[0]) == list(range(1, 121))
            assert {one["id"] for one in told[0]} == {f["id"] for f in facts if f["subject"] == child}
