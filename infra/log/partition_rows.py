"""A whole partition of the log's topic read at once, judged, and held as columns: how a rebuild reads it."""

from collections.abc import Iterator
from itertools import repeat
from time import monotonic

from kafka import TopicPartition

from infra.errors import Unreadable
from infra.log.batches import Batch, BatchConsumer
from infra.log.commit import LogDamaged, LogUnavailable, Refused, stream_of
from infra.log.kafka_client import Brokers, as_log_errors, connected
from infra.log.kafka_pack import GENESIS_ID, PACK_ID, decode, schema_id
from infra.log.kafka_reader import FETCH_BYTES, LOG_APPEND_TIME, POLL_MS
from infra.log.plain_pack import PlainPack, PlainPacks
from infra.log.rows import PartitionRows
from infra.log.settle import EVENT_COLUMNS, Before, settle
from infra.log.sqlite_file import instant

FETCHED_AT_ONCE = 4 * FETCH_BYTES
LOOK_AGAIN_MS = 5
"""How long the client waits until it asks again who leads the partition. It does so twice before it reads."""


class Judge:
    """Judges the packs of a partition, in order, as the index does, and keeps the events that count.

    A pack with nothing unusual about it is judged as a whole; any other goes the way the index goes.
    """

    def __init__(self, partition: int) -> None:
        self.rows = PartitionRows(partition)
        self._packs = PlainPacks()
        self._stamp = 0
        self._heads: dict[str, int] = {}
        self._seen: set[bytes] = set()
        self._refused: dict[bytes, Refused] = {}
        self._reached: dict[str, int] = {}

    def record(self, offset: int, appended_ms: int, value: bytes | None) -> None:
        """Take in the next record of the partition. Raises LogDamaged for one that came after this
        program.
        """
        self._stamp = max(self._stamp, appended_ms * 1_000)
        try:
            found = schema_id(value)
            if found > GENESIS_ID:
                which = f"The record at offset {offset} of partition {self.rows.partition}"
                said = f"{which} has schema id {found}, which is not known here: update this program."
                raise LogDamaged(self.rows.partition, said)
            if found == PACK_ID:
                assert value is not None
                pack = self._packs.read(value)
                if pack is None or not self._plain(offset, pack):
                    self._any(offset, value)
        except Unreadable:
            # What is none of ours counts for nothing.
            return

    def _plain(self, offset: int, pack: PlainPack) -> bool:
        """Take in a pack of which no commit was there before, nor is in it twice."""
        ids, seen, before = pack.commit_ids, self._seen, len(self._seen)
        if not seen.isdisjoint(ids) or not self._refused.keys().isdisjoint(ids):
            return False
        seen.update(ids)
        if len(seen) - before < len(ids):
            seen.difference_update(ids)
            return False
        rows, names, topics = self.rows, pack.streams, pack.topics
        heads = [self._heads.get(name, 0) for name in names]
        for place in pack.of_stream:
            head = heads[place] = heads[place] + 1
            rows.versions.append(head)
        self._heads.update(zip(names, heads, strict=True))
        rows.streams += [names[place] for place in pack.of_stream]
        rows.topics += [topics[place] for place in pack.of_topic]
        rows.states += pack.states
        rows.offsets += repeat(offset, len(pack.states))
        rows.recorded_at += repeat(instant(self._stamp), len(pack.states))
        return True

    def _any(self, offset: int, value: bytes) -> None:
        commits = decode(value)
        ids = [commit.id for commit in commits]
        streams = {stream_of(event) for commit in commits for event in commit.events}
        rows = self.rows
        before = Before(
            last_id=len(rows.streams),
            seen={id: () for id in ids if id in self._seen},
            heads={stream: self._heads[stream] for stream in streams if stream in self._heads},
            reached=self._reached,
            refused={id: self._refused[id] for id in ids if id in self._refused},
        )
        at = instant(self._stamp)
        settled = settle(commits, before, at, self._stamp, rows.partition, offset)
        self._refused |= settled.refused
        self._reached |= settled.reached
        self._seen.update(settled.tracked)
        events = settled.events
        for start in range(0, len(events), EVENT_COLUMNS):
            _, stream, version, topic, state, _, commit_id, _ = events[start : start + EVENT_COLUMNS]
            self._heads[stream] = version
            if commit_id is not None:
                self._seen.add(commit_id)
            rows.streams.append(stream)
            rows.versions.append(version)
            rows.topics.append(topic)
            rows.states.append(state)
            rows.offsets.append(offset)
            rows.recorded_at.append(at)


def read_partition(brokers: Brokers, partition: int, stop: int, timeout_s: float) -> PartitionRows:
    """The events of a partition from its beginning to before an offset.

    Raises LogUnavailable when nothing comes within the time, and LogDamaged where the topic lacks a record.
    """
    judge = Judge(partition)
    for batch in _batches(brokers, partition, stop, timeout_s):
        for offset, appended_ms, value in zip(*batch, strict=True):
            if offset < stop:
                judge.record(offset, appended_ms, value)
    return judge.rows


def _batches(brokers: Brokers, partition: int, stop: int, timeout_s: float) -> Iterator[Batch]:
    consumer = connected(
        BatchConsumer,
        brokers,
        "read the log",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        metrics_enabled=False,
        max_partition_fetch_bytes=FETCHED_AT_ONCE,
        fetch_max_bytes=FETCHED_AT_ONCE,
        fetch_max_wait_ms=POLL_MS,
        receive_buffer_bytes=1 << 20,
        retry_backoff_ms=LOOK_AGAIN_MS,
    )
    place = TopicPartition(brokers.place.topic, partition)
    try:
        consumer.assign([place])
        consumer.seek(place, 0)
        at, deadline = 0, monotonic() + timeout_s
        while at < stop:
            with as_log_errors("read the log"):
                polled = consumer.poll(timeout_ms=POLL_MS).get(place, ())
            if not polled and monotonic() > deadline:
                raise LogUnavailable(f"Kafka gave no record of partition {partition} in time; retry.")
            for record in polled:
                batch: Batch = record.value
                if batch.offsets[0] != at or batch.offsets[-1] - at + 1 != len(batch.offsets):
                    raise LogDamaged(partition, f"Partition {partition} has no record at offset {at}.")
                if record.timestamp_type != LOG_APPEND_TIME:
                    said = f"Offset {at} of partition {partition} bears no time of the broker's."
                    raise LogDamaged(partition, said)
                at = batch.offsets[-1] + 1
                deadline = monotonic() + timeout_s
                yield batch
    finally:
        consumer.close(timeout_ms=1_000)
