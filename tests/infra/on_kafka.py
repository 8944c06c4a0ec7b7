"""Logs on topics of their own, for tests of what a log on Kafka promises."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent
from kafka import KafkaProducer

from infra.deploy.kafka.cluster import Cluster
from infra.kafka_place import KafkaPlace
from infra.log.commit import Commit
from infra.log.kafka_client import Brokers
from infra.log.kafka_genesis import partition_of
from infra.log.kafka_log import KafkaLog
from tests.servers.kafka import unique

PARTITIONS = 3


class Topic:
    """A topic that no other test has, and logs on it, each with an index of its own unless one is named."""

    def __init__(self, servers: str, folder: Path) -> None:
        self.brokers = Brokers(KafkaPlace(tuple(servers.split(",")), unique("log")))
        self.folder = folder
        self.opened: list[KafkaLog] = []

    def log(self, index: str | None = None, **options: Any) -> KafkaLog:
        url = index or f"sqlite:///{self.folder / f'index-{len(self.opened)}.db'}"
        log = KafkaLog.open(self.brokers, url, **{"partitions": PARTITIONS, **options})
        self.opened.append(log)
        return log

    def put(self, partition: int, value: bytes | None) -> None:
        """Write a record as anybody could who may write the topic."""
        with KafkaProducer(bootstrap_servers=list(self.brokers.place.servers)) as producer:
            producer.send(self.brokers.place.topic, value, key=b"any", partition=partition).get(60)


@contextmanager
def a_topic(servers: str, folder: Path) -> Iterator[Topic]:
    """A topic whose logs are closed after."""
    topic = Topic(servers, folder)
    try:
        yield topic
    finally:
        for log in topic.opened:
            log.close()


def event(stream: str, version: int = 0, state: bytes = b"state") -> StoredEvent:
    return StoredEvent(stream, version, "casetimeline.Noted", state)


def fact(commit_id: str, *streams: str, state: bytes = b"state") -> Commit:
    """A commit that takes any version."""
    return Commit(commit_id.encode(), tuple(event(stream, state=state) for stream in streams), None)


def append(log: KafkaLog, *asked: Commit) -> list[Any]:
    return log.submit(asked).result(30)


def stream_in(partition: int, partitions: int = PARTITIONS) -> str:
    """The first of C0, C1, … that lies in a partition."""
    return next(f"C{n}" for n in range(1_000) if partition_of(f"C{n}", partitions) == partition)


def cut_off(cluster: Cluster, topic: str, partition: int, batches: int) -> None:
    """Take the last batches off a partition's file, as a disk does that lied about having written them."""
    (segment,) = cluster.folder.rglob(f"{topic}-{partition}/00000000000000000000.log")
    data = segment.read_bytes()
    starts, at = [], 0
    while at + 12 <= len(data) and (length := struct.unpack_from(">i", data, at + 8)[0]) > 0:
        starts.append(at)
        at += 12 + length
    segment.write_bytes(data[: starts[-batches]])
