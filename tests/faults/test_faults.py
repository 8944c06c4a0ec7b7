"""While brokers and writers are killed, paused and cut off, no commit is lost, doubled or misplaced."""

import os
import random
import time
from contextlib import ExitStack

import pytest
from eventsourcing.persistence import StoredEvent
from kafka import KafkaAdminClient

from infra.kafka_place import KafkaPlace
from infra.log.commit import Commit, LogUnavailable
from infra.log.kafka_client import Brokers
from infra.log.kafka_log import KafkaLog
from tests.faults.network import networked
from tests.faults.run import Report, run
from tests.servers.kafka import unique

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

EVERY_KIND = {"broker killed", "broker paused", "writer killed", "writer paused"}


def checked(report: Report) -> Report:
    """The report, told where a test that fails shows it."""
    print(report.told())
    return report


@pytest.fixture(scope="module")
def one_broker(tmp_path_factory):
    with networked(tmp_path_factory.mktemp("faults") / "kafka", 1) as network:
        yield network


@pytest.fixture(scope="module")
def three_brokers(tmp_path_factory):
    with networked(tmp_path_factory.mktemp("faults") / "kafka", 3) as network:
        yield network


def rage(network, folder, seconds):
    report = checked(run(network, folder / "run", seed=random.randrange(10**6), seconds=seconds))
    assert report.violations == []
    of_networks = {"broker cut off", "broker parted"} if len(network.links) > 1 else {"broker cut off"}
    assert set(report.befell) == EVERY_KIND | (of_networks if network.links else set())
    assert report.answers["ok"] and report.answers["refused"]


def test_with_one_broker_whatever_fails_every_answer_is_true(one_broker, tmp_path):
    rage(one_broker, tmp_path, 40)


def test_with_three_brokers_whatever_fails_every_answer_is_true(three_brokers, tmp_path):
    rage(three_brokers, tmp_path, 50)


def test_a_leader_whom_the_others_gave_up_is_not_believed(three_brokers, tmp_path):
    place = KafkaPlace(three_brokers.servers, unique("parted"))
    with ExitStack() as stack:
        logs = []
        for name in ("writes", "reads"):
            index = f"sqlite:///{tmp_path / name}.sqlite3"
            logs.append(KafkaLog.open(Brokers(place), index, partitions=1, timeout_s=4))
            stack.callback(logs[-1].close)
        writing, reading = logs
        put(writing)
        assert reading.head("C1") == 1
        leader = leader_of(place) - 1
        if three_brokers.links:
            three_brokers.part(leader)
            stack.callback(three_brokers.unite, leader)
        for version in range(2, 7):
            put(writing)
            assert patiently(lambda: reading.head("C1")) == version


def put(log):
    commit = Commit(os.urandom(16), (StoredEvent("C1", 0, "invented", b"x"),), None)
    patiently(lambda: log.submit([commit]).result())


def patiently(do):
    """What something returns once the log can be reached."""
    for _ in range(30):
        try:
            return do()
        except LogUnavailable:
            time.sleep(0.2)
    return do()


def leader_of(place):
    admin = KafkaAdminClient(bootstrap_servers=list(place.servers))
    try:
        (topic,) = admin.describe_topics([place.topic])
        return topic["partitions"][0]["leader_id"]
    finally:
        admin.close()


@pytest.mark.parametrize(
    ("broken", "sign"),
    [("check-then-produce", "acknowledged and is not there"), ("position-apart", "stands at offset")],
)
def test_a_log_that_is_broken_is_found_out(one_broker, tmp_path, broken, sign):
    for attempt in range(4):
        folder = tmp_path / f"{broken}-{attempt}"
        report = checked(run(one_broker, folder, seed=attempt, seconds=5, broken=broken, calm=True))
        if any(sign in said for said in report.violations):
            return
    pytest.fail(f"the checker found nothing wrong with {broken}")
