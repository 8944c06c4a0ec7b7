"""A service whose topic lost its tail: it says so at the next read, and the operator's way back is walked."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from infra.deploy.kafka.cluster import Cluster
from infra.kafka_place import read_place
from infra.log.kafka_genesis import partition_of
from tests.api.posting import BATCH, STRUCTURED
from tests.end_to_end.test_intake import publish
from tests.infra.on_kafka import cut_off, stream_in
from tests.published import structured
from tests.reported import event
from tests.running import Running, children_of, command, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

TOPIC, INTAKE = "casetimeline.log", "casetimeline.intake"
PARTITIONS = 2
HIT, SPARED = stream_in(0, PARTITIONS), stream_in(1, PARTITIONS)
SIBLING = next(f"S{n}" for n in range(100) if partition_of(f"S{n}", PARTITIONS) == 1)
"""Merged with the child that is hit, and in the other partition."""

FAULTY = 3
WITHIN_S = 150.0
"""What runs beside a server gives way to all else on a busy machine."""


@pytest.fixture
def cluster(breakable_kafka: Callable[[int], Cluster]) -> Cluster:
    return breakable_kafka(1)


@pytest.fixture
def settings(cluster: Cluster) -> dict[str, str]:
    return {"log": f"kafka://{cluster.bootstrap}/{TOPIC}", "kafka_partitions": str(PARTITIONS)}


@pytest.fixture
def running(tmp_path: Path, settings: dict[str, str]) -> Iterator[Running]:
    with serving(tmp_path, **settings) as running:
        yield running


def seen(child: str, number: int) -> dict[str, object]:
    return event("ContactReceived", "2019-03-05", child, contact_id=f"K-{number}", id=f"{child}-{number}")


def post(client: httpx.Client, child: str, number: int) -> httpx.Response:
    return client.post("/events", json=seen(child, number), headers={"Content-Type": STRUCTURED})


def ids(client: httpx.Client, child: str) -> list[str]:
    answer = client.get(f"/children/{child}/timeline")
    assert answer.status_code == 200, answer.text
    return sorted(entry["id"] for entry in answer.json()["entries"])


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def lag(client: httpx.Client) -> int:
    """How many events the lists are behind."""
    answer = client.get("/projections").json()["projections"]
    return max(each["lag"] for each in answer)


def gauge(client: httpx.Client, name: str) -> float | None:
    """What a metric tells; None while it cannot be gathered."""
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), None)


def test_a_lost_tail_stops_one_partition_and_is_brought_back(cluster, settings, running, tmp_path):
    everything = {child: [f"{child}-{number}" for number in range(6)] for child in (HIT, SPARED)}
    published = [seen(child, 7) for child in (HIT, SPARED)]
    with running.client() as client:
        # One after another, so that each is a record of its own.
        for number in range(6):
            for child in (HIT, SPARED):
                assert post(client, child, number).status_code == 201
        merged = event("ChildMerged", "2019-03-05", SIBLING, into=HIT, id="merged")
        client.post("/events", json=merged, headers={"Content-Type": STRUCTURED}).raise_for_status()
        assert ids(client, HIT) == [*everything[HIT], "merged"]
        assert ids(client, SPARED) == everything[SPARED]
        until(lambda: lag(client) == 0)

        # A projector and an intake reader: they wait until it is mended.
        until(lambda: "takes in what is published" in running.said.read_text())
        beside = children_of(running.process.pid)

        cluster.kill()
        cut_off(cluster, TOPIC, 0, 2)
        cluster.start()

        # The service was not started again: its next reads find it out, once the broker answers.
        until(lambda: client.get(f"/children/{HIT}/clocks").json().get("type", "").endswith("log-damaged"))
        for answer in (
            client.get(f"/children/{HIT}/timeline"),
            post(client, HIT, 5),
            post(client, HIT, 6),
            client.post("/events", json=[seen(HIT, 7)], headers={"Content-Type": BATCH}),
        ):
            assert answer.status_code == 503, answer.text
            assert answer.json()["type"] == "urn:casetimeline:problem:log-damaged"
            assert "lacks offsets 5 to 6" in answer.json()["detail"]
        assert post(client, SPARED, 6).status_code == 201
        mixed = client.post("/events", json=[seen(HIT, 8), seen(SPARED, 8)], headers={"Content-Type": BATCH})
        hit, spared = mixed.json()["results"]
        assert (mixed.status_code, spared["status"]) == (207, "recorded")
        assert (hit["status"], hit["id"]) == ("refused", f"{HIT}-8")
        assert hit["problem"]["type"] == "urn:casetimeline:problem:log-damaged"
        assert ids(client, SPARED) == [*everything[SPARED], f"{SPARED}-6", f"{SPARED}-8"]
        assert post(client, SIBLING, 0).status_code == 201
        publish(read_place(f"kafka://{cluster.bootstrap}/{INTAKE}"), *map(structured, published))
        until(lambda: gauge(client, "casetimeline_log_damaged_partitions") == 1)

        assert b"lacks offsets 5 to 6" in command(tmp_path, "doctor", "--output", "json", **settings).stdout
        assert command(tmp_path, "verify", **settings).returncode == FAULTY
        told = command(tmp_path, "index", "lost", "--output", "json", **settings)
        assert told.returncode == FAULTY
        lost = json.loads(told.stdout)["lost"]
        assert [(one["partition"], one["offset"], one["events"]) for one in lost] == [(0, 5, 1), (0, 6, 1)]
        assert command(tmp_path, "index", "rebuild", **settings).returncode == FAULTY

        mended = command(tmp_path, "index", "mend", "--output", "json", **settings)
        assert (mended.returncode, json.loads(mended.stdout)["written_again"]) == (0, lost)
        assert command(tmp_path, "index", "lost", **settings).returncode == 0
        until(lambda: client.get("/intake").json()["lag"] == 0)
        assert ids(client, HIT) == sorted([*everything[HIT], "merged", f"{HIT}-7", f"{SIBLING}-0"])
        assert ids(client, SPARED) == [*everything[SPARED], *(f"{SPARED}-{number}" for number in (6, 7, 8))]
        until(lambda: lag(client) == 0)
        assert b"0 set aside" in command(tmp_path, "set-aside", "list", **settings).stdout
        assert (beside, len(beside)) == (children_of(running.process.pid), 2)
        assert post(client, HIT, 5).json()["status"] == "duplicate"
        assert post(client, HIT, 6).status_code == 201
        until(lambda: gauge(client, "casetimeline_log_damaged_partitions") == 0)

    shown = json.loads(command(tmp_path, "index", "show", "--output", "json", **settings).stdout)
    assert [one["events"] for one in shown["partitions"]] == [8, 11]
    rebuilt = command(tmp_path, "index", "rebuild", **settings)
    assert (rebuilt.returncode, shown["digest"] in rebuilt.stderr.decode()) == (0, True)
    assert command(tmp_path, "verify", **settings).returncode == 0
