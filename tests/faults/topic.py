"""The topic as it lies on the brokers, read with another client than the service's, and taken apart anew."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

SCHEMAS = Path(__file__).parents[2] / "schemas"
PACK, GENESIS = 1_000_001, 1_000_002
_PACK_SCHEMA = fastavro.parse_schema(json.loads((SCHEMAS / "log_pack.avsc").read_text()))


@dataclass(frozen=True, slots=True)
class Written:
    """A commit as it lies on the topic, and at which offset; its expectations as the schema tells them."""

    offset: int
    id: str
    kind: int
    expected: int | None
    events: tuple[tuple[str, int, str], ...]
    """Of each its stream, the version that it claims (kind 2) and its state in hexadecimal."""


def read_topic(bootstrap: str, topic: str, partitions: int) -> list[list[Written]]:
    """Every commit of each partition, in order. Fails for a record that is neither a pack nor a genesis."""
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": "checker",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(settings)
    found: list[list[Written]] = [[] for _ in range(partitions)]
    consumer.assign([TopicPartition(topic, each, OFFSET_BEGINNING) for each in range(partitions)])
    ended: set[int] = set()
    try:
        while len(ended) < partitions:
            message = consumer.poll(30)
            assert message is not None, "the topic cannot be read"
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition() or 0)
            else:
                assert error is None, f"the topic cannot be read: {error}"
                offset, value = message.offset(), message.value()
                assert offset is not None and value is not None
                found[message.partition() or 0] += _commits(offset, value)
    finally:
        consumer.close()
    return found


def _commits(offset: int, value: bytes) -> Iterator[Written]:
    schema = int.from_bytes(value[1:5], "big")
    assert value[0] == 0, f"the record at offset {offset} is no Avro behind a schema id"
    if schema == GENESIS:
        return
    assert schema == PACK, f"the record at offset {offset} has schema {schema}"
    pack: Any = fastavro.schemaless_reader(io.BytesIO(value[5:]), _PACK_SCHEMA, None)
    assert not pack["tracking"], "nothing is tracked here"
    ids = _parts(pack["commit_ids"], pack["commit_id_lengths"])
    states = _parts(pack["states"], pack["state_lengths"])
    heads, versions = iter(pack["expected_heads"]), iter(pack["own_versions"])
    streams = (pack["streams"][place] for place in pack["event_streams"])
    for id, kind, count in zip(ids, pack["commit_expects"], pack["commit_events"], strict=True):
        events = tuple(
            (stream, next(versions) if kind == 2 else 0, state.hex())
            for stream, state in islice(zip(streams, states, strict=False), count)
        )
        yield Written(offset, id.hex(), kind, next(heads) if kind == 1 else None, events)


def _parts(whole: bytes, lengths: list[int]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        yield whole[at : at + length]
        at += length
    assert at == len(whole)
