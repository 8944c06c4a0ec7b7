"""A lost tail of the topic is noticed at the next read, told and mended; a broker away is waited out."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.deploy.kafka.cluster import Cluster
from infra.log.commit import LogDamaged, LogUnavailable
from infra.log.index_digest import content_digest
from infra.log.kafka_log import KafkaLog
from tests.infra.on_kafka import Topic, a_topic, append, cut_off, fact, stream_in

pytestmark = pytest.mark.slow
A, B, C = stream_in(0), stream_in(1), stream_in(2)


@pytest.fixture
def cluster(breakable_kafka: Callable[[int], Cluster]) -> Cluster:
    return breakable_kafka(1)


@pytest.fixture
def topic(cluster: Cluster, tmp_path: Path) -> Iterator[Topic]:
    with a_topic(cluster.bootstrap, tmp_path) as topic:
        yield topic


def until(reads: Callable[[], object]) -> None:
    """Wait for a broker that was started again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            reads()
        except LogUnavailable:
            assert time.monotonic() < deadline
        else:
            return


def versions(log: KafkaLog, stream: str) -> list[int]:
    return [event.originator_version for event in log.select_events(stream)]


@pytest.mark.timeout(240)
def test_a_lost_tail_is_noticed_told_and_mended(cluster, topic):
    log = topic.log(timeout_s=5.0)
    with_its_own_index = topic.log()
    for number in range(10):
        append(log, fact(f"{A}-{number}", A), fact(f"{B}-{number}", B), fact(f"{C}-{number}", C))
    assert versions(log, A) == versions(log, B) == versions(log, C) == list(range(1, 11))
    assert versions(with_its_own_index, A) == list(range(1, 11))

    cluster.kill()
    with pytest.raises(LogUnavailable):
        log.select_events(A)
    with pytest.raises(LogUnavailable):
        append(log, fact("while away", C))
    cut_off(cluster, topic.brokers.place.topic, 0, 4)
    cut_off(cluster, topic.brokers.place.topic, 1, 3)
    cluster.start()
    until(log.heads)

    # Another writer, who never saw what is gone, makes the second partition longer than it was.
    other = topic.log()
    for number in range(5):
        append(other, fact(f"other-{number}", B))
    assert versions(other, B) == list(range(1, 13))

    for stream, first in ((A, 7), (B, 8)):
        with pytest.raises(LogDamaged, match=f"lacks offsets {first} to 10"):
            log.select_events(stream)
        with pytest.raises(LogDamaged):
            append(log, fact(f"more of {stream}", stream))
        # Nor is anybody told of what is gone that it is there.
        with pytest.raises(LogDamaged):
            append(log, fact(f"{stream}-9", stream))
        with pytest.raises(LogDamaged):
            log.settle(f"{stream}-9".encode(), stream)
    append(log, fact(f"more of {C}", C))
    assert versions(log, C)[:11] == list(range(1, 12))
    assert [error.partition for error in log.damaged] == [0, 1]
    lost = [(one.partition, one.offset, one.commit.id.decode()) for one in log.mending.lost()]
    assert lost == [
        *((0, number + 1, f"{A}-{number}") for number in range(6, 10)),
        *((1, number + 1, f"{B}-{number}") for number in range(7, 10)),
    ]
    assert {(partition, offset) for partition, offset, _ in log.faults()} >= {(0, 7), (1, 8), (1, 10)}

    assert len(log.mending.mend()) == 7
    assert log.mending.mend() == []
    assert versions(log, A) == list(range(1, 11))
    assert versions(log, B) == list(range(1, 16))
    assert all(log.find(f"{stream}-{number}".encode()) for stream in (A, B, C) for number in range(10))
    assert (log.damaged, list(log.faults())) == ([], [])
    assert len(with_its_own_index.mending.mend()) == 7
    assert versions(with_its_own_index, A) == list(range(1, 11))
    assert with_its_own_index.damaged == []
    assert with_its_own_index.heads() == log.heads() == other.heads()
    assert content_digest(log.index) == content_digest(other.index) == content_digest(fresh(topic).index)


def fresh(topic: Topic) -> KafkaLog:
    """A log whose index was made from the topic just now."""
    log = topic.log()
    log.heads()
    return log


@pytest.mark.timeout(240)
def test_what_is_written_while_a_broker_is_killed_counts_once(cluster, topic):
    log = topic.log(timeout_s=30.0)
    append(log, fact("before", A))
    cluster.kill()
    waiting = log.submit([fact(f"{number}", A) for number in range(5)])
    cluster.start()
    outcomes = waiting.result(60)
    assert [outcome.notifications[0].originator_version for outcome in outcomes] == [2, 3, 4, 5, 6]
    assert versions(fresh(topic), A) == versions(log, A) == [1, 2, 3, 4, 5, 6]
