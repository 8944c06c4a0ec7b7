"""Reads what is published on the intake topic, sharing its partitions with whoever else reads it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, KafkaError

from infra.errors import Unavailable
from infra.intake import tally
from infra.intake.lenient import LenientRecords
from infra.intake.taken import Taken
from infra.intake.tally import Tally
from infra.kafka_place import KafkaPlace, reaching

MOST_BYTES = 16 * 1024 * 1024
SESSION_MS = 10_000
"""After how long without a sign of life a reader's partitions are given to the others."""

LEAVES_WITHIN_MS = 1_000
TOLD_WITHIN_MS = 5_000


@dataclass(slots=True)
class Held:
    """A partition of this reader's, ``finished`` before an offset, and what became of what lies there."""

    finished: int
    tally: Tally


class Reader:
    """One of the readers of a topic: what it takes is its own until it says what became of it.

    All is called from one thread, and partitions move only within `take`, when everything taken before was
    either finished or given back: so nothing has to be saved in a hurry when one is taken away. What is read
    twice is recorded once.
    """

    def __init__(self, place: KafkaPlace, client: Mapping[str, Any]) -> None:
        """Raises Unavailable where no broker answers."""
        self._place = place
        self._client = client
        self._held: dict[TopicPartition, Held] = {}
        self._taken: dict[TopicPartition, tuple[int, int]] = {}
        self._consumer: KafkaConsumer | None = self._joined()

    def take(self, wait_s: float, most: int) -> list[Taken]:
        """The next records, in order within each partition; none where none come within the time.

        What was taken before must have been finished or given back. Raises Unavailable.
        """
        assert not self._taken, "what was taken before is neither finished nor given back"
        try:
            consumer = self._consumer = self._consumer or self._joined()
            found = consumer.poll(timeout_ms=int(wait_s * 1000), max_records=most)
            for partition in found.keys() - self._held.keys():
                self._held[partition] = self._begun(consumer, partition, found[partition][0].offset)
            if not found:
                self._pass_over(consumer)
            self._taken = {
                partition: (records[0].offset, consumer.position(partition, timeout_ms=TOLD_WITHIN_MS))
                for partition, records in found.items()
            }
        except CommitFailedError:
            self._leave()
            return []
        except KafkaError as error:
            self._leave()
            raise _unavailable(self._place, error) from error
        return [
            Taken(each.partition, each.offset, each.timestamp, each.key, tuple(each.headers), each.value)
            for records in found.values()
            for each in records
        ]

    def finish(self, became: Mapping[int, Tally]) -> None:
        """Say what became of what was taken, by partition: it will not be read again.

        Where that cannot be said, it is read again, by this reader or another. Raises Unavailable.
        """
        assert self._consumer is not None
        for partition in self._taken:
            self._held[partition].tally += became.get(partition.partition, Tally())
        try:
            self._commit(self._consumer, {partition: end for partition, (_, end) in self._taken.items()})
        except CommitFailedError:
            # The partitions are somebody else's by now, who reads the records again and finds them recorded.
            self._leave()
        except KafkaError as error:
            self._leave()
            raise _unavailable(self._place, error) from error
        self._taken.clear()

    def give_back(self) -> None:
        """Undo `take`: the same records are taken again."""
        if self._consumer is not None:
            for partition, (start, _) in self._taken.items():
                self._consumer.seek(partition, start)
        self._taken.clear()

    def close(self) -> None:
        """Leave; the partitions go to the others at once."""
        self._leave()

    def _pass_over(self, consumer: KafkaConsumer) -> None:
        """Finish what nobody is given: how a publisher's transaction ended, and what it took back."""
        passed = {}
        for partition in consumer.assignment():
            reached = consumer.position(partition, timeout_ms=TOLD_WITHIN_MS)
            if reached is None:
                continue
            if partition not in self._held:
                self._held[partition] = self._begun(consumer, partition, reached)
            if reached > self._held[partition].finished:
                passed[partition] = reached
        self._commit(consumer, passed)

    def _commit(self, consumer: KafkaConsumer, reached: Mapping[TopicPartition, int]) -> None:
        """Say up to where partitions are finished. Raises KafkaError."""
        if not reached:
            return
        consumer.commit(
            {
                partition: OffsetAndMetadata(offset, tally.written(self._held[partition].tally), -1)
                for partition, offset in reached.items()
            }
        )
        for partition, offset in reached.items():
            self._held[partition].finished = offset

    def _joined(self) -> KafkaConsumer:
        try:
            consumer = KafkaConsumer(
                group_id=group_of(self._place),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                # A transaction that its publisher took back was never published.
                isolation_level="read_committed",
                session_timeout_ms=SESSION_MS,
                heartbeat_interval_ms=SESSION_MS // 4,
                max_partition_fetch_bytes=MOST_BYTES // 4,
                fetch_max_bytes=MOST_BYTES,
                fetch_max_wait_ms=100,
                metrics_enabled=False,
                allow_auto_create_topics=False,
                **reaching(self._place, self._client),
            )
            # One such name would hold up all that is behind it for ever.
            consumer._fetcher.PartitionRecords = LenientRecords
            consumer.subscribe([self._place.topic], listener=_Forgetting(self._held))
        except KafkaError as error:
            raise _unavailable(self._place, error) from error
        return consumer

    def _leave(self) -> None:
        """After a failure nobody can tell how far the client read; the next begins at what is finished."""
        consumer, self._consumer = self._consumer, None
        self._held.clear()
        self._taken.clear()
        if consumer is not None:
            with suppress(KafkaError):
                consumer.close(autocommit=False, timeout_ms=LEAVES_WITHIN_MS)

    def _begun(self, consumer: KafkaConsumer, partition: TopicPartition, first: int) -> Held:
        """A partition as it was left, ``first`` being the first that is read of it now."""
        committed = consumer.committed(partition, metadata=True)
        if committed is None:
            return Held(0, Tally())
        begins = consumer.beginning_offsets([partition])[partition]
        missing = max(min(begins, first) - committed.offset, 0)
        return Held(committed.offset, tally.read(committed.metadata) + Tally(missing=missing))


def group_of(place: KafkaPlace) -> str:
    """The consumer group of all who read the topic for the service."""
    return place.topic


class _Forgetting(ConsumerRebalanceListener):  # type: ignore[misc]
    """Forgets the tallies of partitions that go: whoever has them next goes on counting."""

    def __init__(self, held: dict[TopicPartition, Held]) -> None:
        self._held = held

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        for partition in revoked:
            self._held.pop(partition, None)

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        pass


def _unavailable(place: KafkaPlace, error: KafkaError) -> Unavailable:
    return Unavailable(f"No broker of {place} answers as it should: {type(error).__name__}.")
