"""The whole service as `make up` runs it: real Kafka and PostgreSQL, servers and projectors apart."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from infra.deploy import postgres
from infra.deploy.kafka import cluster
from infra.deploy.process import NotRunning, Process
from infra.deploy.stack import Stack, down, process_of
from tests.api.posting import Posting
from tests.ending import Ending
from tests.reported import event, referral
from tests.servers.ports import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WITHIN_S = 120.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two servers and two projectors over one broker; nothing of it runs after."""
    kafka, http = free_ports(1, cluster.PORTS_OF_A_NODE)[0], free_ports(1, 2)[0]
    database, prometheus = free_ports(2)
    data = tmp_path_factory.mktemp("stack")
    found = Stack(
        data,
        kafka,
        database,
        http,
        servers=2,
        projectors=2,
        memory="256m",
        prometheus_port=prometheus,
        metrics_port=free_ports(1, 4)[0],
    )
    try:
        found.up()
        yield found
    finally:
        down(data)
        postgres.remove(data / "postgres")


def processes(stack: Stack) -> dict[str, Process]:
    named = [(command, number) for command in ("serve", "project") for number in range(2)]
    named.append(("intake", 0))
    return {f"{command}-{number}": process_of(stack.data, command, number) for command, number in named}


def until(condition) -> None:
    """Wait for something that has to come about."""
    end = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def known(stack: Stack, child: str, number: int = 0) -> int:
    """How many facts of a child a server tells; none while it cannot tell."""
    answer = httpx.get(f"{stack.address(number)}/children/{child}/timeline", timeout=30)
    return len(answer.json()["entries"]) if answer.status_code == 200 else 0


def is_listed(stack: Stack, child: str) -> bool:
    """Whether the lists, which projectors keep, have a child's clocks."""
    listed = httpx.get(f"{stack.address()}/clocks", params={"limit": 1000}, timeout=30).json()
    return child in {clock["child"] for clock in listed["clocks"]}


def test_what_one_server_records_the_other_reads_and_the_projectors_list(stack):
    with httpx.Client(base_url=stack.address(0), timeout=30) as client:
        Posting(client).known([referral("2019-03-05", "ONE")])
    assert known(stack, "ONE", number=1) == 1
    until(lambda: is_listed(stack, "ONE"))


def test_up_starts_what_died_and_leaves_the_rest_alone(stack):
    before = {name: process.pid() for name, process in processes(stack).items()}
    process_of(stack.data, "project", 1).kill()
    stack.up()
    after = {name: process.pid() for name, process in processes(stack).items()}
    assert [name for name in before if after[name] != before[name]] == ["project-1"]
    assert after["project-1"] is not None


def test_up_with_more_projectors_starts_those_that_are_not_there_or_tells_of_them(stack):
    before = {name: process.pid() for name, process in processes(stack).items()}
    more = replace(stack, projectors=3)
    with (
        socket.create_server(("127.0.0.1", stack.metrics_port + 3)),
        pytest.raises(NotRunning, match="project"),
    ):
        more.up()
    more.up()
    added = process_of(stack.data, "project", 2)
    assert added.is_running()
    assert {name: process.pid() for name, process in processes(stack).items()} == before
    added.kill()


def test_prometheus_watches_every_process_by_the_rules(stack):
    asked = f"http://127.0.0.1:{stack.prometheus_port}/api/v1"

    def watched() -> dict[str, list[str]]:
        targets = httpx.get(f"{asked}/targets", timeout=30).json()["data"]["activeTargets"]
        found: dict[str, list[str]] = {}
        for target in targets:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found

    every = {"casetimeline-serve": 2, "casetimeline-project": 2, "casetimeline-intake": 1}
    until(lambda: watched() == {job: ["up"] * count for job, count in every.items()})
    groups = httpx.get(f"{asked}/rules", timeout=30).json()["data"]["groups"]
    names = {rule["name"] for group in groups for rule in group["rules"]}
    assert {"ScrapeMissing", "NeedWaitingTooLong", "casetimeline:hidden_workdays:sum"} <= names


def test_under_load_each_drains_in_time_and_nothing_acknowledged_is_lost(stack):
    acknowledged: list[str] = []
    stop = threading.Event()

    def post(number: int) -> None:
        with httpx.Client(base_url=stack.address(number), timeout=30) as client:
            while not stop.is_set():
                fact = event("ContactReceived", "2019-03-05", f"LOAD-{number}", contact_id="K")
                try:
                    answer = client.post(
                        "/events", json=fact, headers={"content-type": "application/cloudevents+json"}
                    )
                except httpx.TransportError:
                    continue
                if answer.status_code == 201:
                    acknowledged.append(f"LOAD-{number}")

    threads = [threading.Thread(target=post, args=(number,)) for number in (0, 0, 1, 1)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(acknowledged) > 100)
        for name in ("serve-1", "project-0", "intake-0"):
            process = processes(stack)[name]
            ending = Ending(process.pid())
            process.tell_to_stop()
            assert ending.seconds(process.is_running) < 10, name
        stack.up()
        until(lambda: len(acknowledged) > 200)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for child in ("LOAD-0", "LOAD-1"):
        assert known(stack, child) >= acknowledged.count(child) > 0
    until(lambda: is_listed(stack, "LOAD-0") and is_listed(stack, "LOAD-1"))


def test_a_broker_that_does_not_answer_keeps_nobody_from_stopping(stack):
    kafka = cluster.at(stack.data / "kafka")
    kafka.pause()
    try:
        for name in ("serve-1", "project-0", "intake-0"):
            process = processes(stack)[name]
            ending = Ending(process.pid())
            process.tell_to_stop()
            assert ending.seconds(process.is_running) < 10, name
    finally:
        kafka.resume()
    stack.up()
    until(lambda: known(stack, "ONE", number=1) == 1)


def test_down_stops_all_and_up_brings_back_what_was_recorded(stack):
    with httpx.Client(base_url=stack.address(0), timeout=30) as client:
        Posting(client).known([referral("2019-03-05", "KEPT")])
    down(stack.data)
    down(stack.data)
    assert not any(process.is_running() for process in processes(stack).values())
    assert not cluster.at(stack.data / "kafka").is_running()
    stack.up()
    assert known(stack, "KEPT", number=1) == 1
