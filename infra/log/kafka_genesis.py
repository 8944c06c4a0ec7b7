"""What is settled with a topic's first records, and whether a topic is the one it was."""

import os
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Protocol

from infra.errors import Unreadable
from infra.log.commit import WrongLog
from infra.log.kafka_pack import Genesis, decode_genesis, encode_genesis
from infra.log.kafka_reader import Reader

HASH: Final = "blake2b-8"
RULE: Final = 1
"""The version of the rule in domain/verdict.py. Another rule is another topic."""

STREAMS_KEPT = 1 << 16
"""Streams whose partition is kept in mind: many facts are about few children."""


class Producer(Protocol):
    """What settling asks of the producer."""

    def append(self, partition: int, value: bytes) -> int: ...


@lru_cache(maxsize=STREAMS_KEPT)
def partition_of(stream: str, partitions: int) -> int:
    """The partition that holds a stream, for as long as its topic lives."""
    return int.from_bytes(blake2b(stream.encode(), digest_size=8).digest(), "big") % partitions


def settled(reader: Reader, producer: Producer, topic: str, partitions: int) -> Genesis:
    """The genesis of the topic's first partition, with one like it in every other; written where none is.

    Raises WrongLog where the topic is not one of ours, or lost its beginning; LogUnavailable.
    """
    for partition, start in reader.starts().items():
        if start:
            said = (
                f"Partition {partition} of {topic} begins at offset {start}: its first records were deleted."
            )
            raise WrongLog(f"{said} Bring the topic back from a copy; from what is left nothing can be told.")
    genesis: Genesis | None = None
    for partition in range(partitions):
        found = _found(reader, topic, partition)
        if found is None:
            topic_id = genesis.topic_id if genesis else os.urandom(16)
            # Another process may do the same now: whichever record lies first counts.
            producer.append(partition, encode_genesis(Genesis(topic_id, HASH, partitions, partition, RULE)))
            found = _found(reader, topic, partition)
        assert found is not None
        genesis = genesis or found
        wanted = Genesis(genesis.topic_id, HASH, partitions, partition, RULE)
        if found != wanted:
            raise WrongLog(_differing(topic, found, wanted))
    assert genesis is not None
    return genesis


def _found(reader: Reader, topic: str, partition: int) -> Genesis | None:
    if not reader.ends()[partition].offset:
        return None
    for page in reader.records(partition, 0, 1):
        for record in page:
            try:
                return decode_genesis(record.value or b"")
            except Unreadable as error:
                said = f"The topic {topic} does not begin with a genesis of this log ({error})."
                raise WrongLog(f"{said} Name another topic: this one holds something else.") from error
    return None


def _differing(topic: str, found: Genesis, wanted: Genesis) -> str:
    for name in ("partitions", "hash", "rule", "partition", "topic_id"):
        is_, should = getattr(found, name), getattr(wanted, name)
        if is_ != should:
            shown = (is_.hex(), should.hex()) if isinstance(is_, bytes) else (is_, should)
            return (
                f"The topic {topic} says {name} {shown[0]} in its genesis, and has or needs {shown[1]}: "
                "partitions are never added, and hash and rule never change. Make a new topic and import the "
                "facts of this one there, or use the program that it was made with."
            )
    return ""
