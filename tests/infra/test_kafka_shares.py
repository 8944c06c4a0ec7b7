"""The log's partitions shared out among projectors by a real broker."""

import time
from collections.abc import Callable

import pytest
from kafka.admin import KafkaAdminClient

from infra.kafka_place import KafkaPlace, read_place
from infra.log.kafka_client import Brokers
from infra.log.kafka_shares import Shares
from tests.servers.kafka import unique

pytestmark = pytest.mark.slow

ALL = frozenset(range(4))


@pytest.fixture
def place(kafka_broker) -> KafkaPlace:
    topic = unique("shares")
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
    asked = {topic: {"num_partitions": len(ALL), "replication_factor": 1}}
    admin.create_topics(asked, wait_for_metadata=True)
    admin.close()
    return read_place(f"kafka://{kafka_broker.bootstrap}/{topic}")


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has to come about."""
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_each_partition_is_one_projectors_and_goes_to_another_at_once_when_it_leaves(place):
    first = Shares(Brokers(place))
    try:
        until(lambda: first.mine() == ALL)
        second = Shares(Brokers(place))
        until(lambda: len(first.mine() or ()) == len(second.mine() or ()) == 2)
        assert frozenset(first.mine() or ()) | frozenset(second.mine() or ()) == ALL
        second.close()
        until(lambda: first.mine() == ALL)
    finally:
        first.close()


def test_until_kafka_tells_every_partition_is_its_own(place):
    shares = Shares(Brokers(place))
    try:
        assert shares.mine() in (None, ALL)
    finally:
        shares.close()
