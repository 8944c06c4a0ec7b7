"""How far the intake topic has been read, and what became of what was published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, OffsetSpec, TopicPartition
from kafka.errors import KafkaError

from infra.errors import Unavailable
from infra.intake import tally
from infra.intake.reader import group_of
from infra.intake.tally import Tally
from infra.intake.topics import SET_ASIDE
from infra.kafka_place import KafkaPlace, reaching

PATIENCE_MS = 5_000
"""How long to wait for a broker; whoever asks can ask again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A partition of the intake topic: read before ``read_to``, published before ``end``."""

    partition: int
    read_to: int
    end: int
    tally: Tally

    @property
    def lag(self) -> int:
        return max(self.end - self.read_to, 0)


@dataclass(frozen=True, slots=True)
class Whole:
    """The intake topic by partition, and how many records are in the topic of what was set aside of it.

    A record that was set aside again after a process was killed counts twice; one that somebody deleted, not.
    """

    partitions: tuple[Standing, ...]
    set_aside: int


def standing(place: KafkaPlace, client: Mapping[str, Any]) -> Whole:
    """The intake, as it now stands. Raises Unavailable where no broker tells."""
    aside = TopicPartition(place.topic + SET_ASIDE, 0)
    try:
        admin = KafkaAdminClient(
            request_timeout_ms=PATIENCE_MS,
            **{**reaching(place, client), "bootstrap_timeout_ms": PATIENCE_MS},
        )
    except KafkaError as error:
        raise _unavailable(place, error) from error
    try:
        (topic,) = admin.describe_topics([place.topic])
        partitions = [TopicPartition(place.topic, one["partition_index"]) for one in topic["partitions"]]
        group = group_of(place)
        committed = admin.list_group_offsets({group: partitions})[group]
        starts = admin.list_partition_offsets(dict.fromkeys([*partitions, aside], OffsetSpec.EARLIEST))
        ends = admin.list_partition_offsets(dict.fromkeys([*partitions, aside], OffsetSpec.LATEST))
    except KafkaError as error:
        raise _unavailable(place, error) from error
    finally:
        admin.close()
    found = []
    for each in sorted(partitions):
        at = committed.get(each)
        is_begun = at is not None and at.offset >= 0
        read_to = at.offset if is_begun else starts[each].offset
        counted = tally.read(at.metadata) if is_begun else Tally()
        found.append(Standing(each.partition, read_to, ends[each].offset, counted))
    return Whole(tuple(found), ends[aside].offset - starts[aside].offset)


def _unavailable(place: KafkaPlace, error: KafkaError) -> Unavailable:
    return Unavailable(f"No broker of {place} tells how far the intake is: {type(error).__name__}.")
