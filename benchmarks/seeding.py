"""A topic of the log filled with an invented authority, faster than the service takes facts in."""

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from confluent_kafka import Producer
from eventsourcing.persistence import StoredEvent

from domain.catalogue import PREFIX
from infra.codec import Codec
from infra.incoming import Incoming
from infra.keys import open_embedded
from infra.log.commit import Commit
from infra.log.kafka_genesis import partition_of
from infra.log.kafka_pack import encode
from services.ready import commit_id, marks
from services.simulate.simulation import simulate

CHILDREN_AT_ONCE = 500
FACTS_IN_A_PACK = 200
SINCE = date(2014, 1, 1)


@dataclass(frozen=True, slots=True)
class Topic:
    """Where the facts go, and the folder whose keys seal them."""

    servers: str
    name: str
    partitions: int
    data: Path


def seed(topic: Topic, children: int, richness: float, processes: int) -> int:
    """Fill a topic with the facts of so many children; return how many they are.

    They are of authorities of 500 children each, each told by a seed of its own.
    """
    sizes = [min(CHILDREN_AT_ONCE, children - start) for start in range(0, children, CHILDREN_AT_ONCE)]
    # The keys are there before two processes ask for them.
    open_embedded(topic.data).close()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        told = [pool.submit(_authority, topic, size, n, richness) for n, size in enumerate(sizes, 1)]
        return sum(one.result() for one in told)


def _authority(topic: Topic, children: int, number: int, richness: float) -> int:
    told = 0
    producer = Producer({
        "bootstrap.servers": topic.servers, "enable.idempotence": True, "linger.ms": 5,
        "message.max.bytes": 8 << 20, "batch.size": 4 << 20,
    })  # fmt: skip
    waiting: list[list[Commit]] = [[] for _ in range(topic.partitions)]
    with closing(open_embedded(topic.data)) as keys:
        codec = Codec(keys)
        facts = reported(children, number, richness)
        while part := list(islice(facts, 5_000)):
            for fact, state in zip(part, codec.encode_all(part), strict=True):
                assert isinstance(state, bytes)
                event = StoredEvent(fact.stream, 0, PREFIX + fact.type, state)
                commits = waiting[partition_of(fact.stream, topic.partitions)]
                commits.append(Commit(commit_id(fact.source, fact.id), (event,), None, marks(fact)))
            told += len(part)
            _send(producer, topic, waiting, FACTS_IN_A_PACK)
    _send(producer, topic, waiting, 1)
    producer.flush()
    return told


def _send(producer: Producer, topic: Topic, waiting: list[list[Commit]], least: int) -> None:
    for partition, commits in enumerate(waiting):
        while len(commits) >= least:
            producer.produce(topic.name, encode(commits[:FACTS_IN_A_PACK]), partition=partition)
            del commits[:FACTS_IN_A_PACK]
        producer.poll(0)


def reported(children: int, number: int, richness: float) -> Iterator[Incoming]:
    """The facts of one authority. No other has its children, workers, managers, batches and households: what
    many children share would be shared by the more, the more there are.
    """
    own = f"{number}.".encode()
    for line in simulate(children, number, SINCE, richness=richness):
        line = line.replace(b'"C1', b'"C' + own + b"1").replace(b"SW-", b"SW-" + own)
        for shared in (b'"M-', b'"B-', b'"H-'):
            line = line.replace(shared, shared + own)
        event = json.loads(line)
        yield Incoming(
            event["subject"], event["source"], event["id"], event["type"].removeprefix(PREFIX),
            event["data"], event.get("time"), event.get("recordedtime"),
        )  # fmt: skip
