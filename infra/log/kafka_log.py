"""The log on a topic of Kafka, behind eventsourcing's recorder interface."""

import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from functools import partial
from typing import Any, Literal, Self
from uuid import UUID

from eventsourcing.persistence import (
    IntegrityError,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    Subscription,
    Tracking,
)

from infra.log.commit import OWN, Commit, LogDamaged, LogNotification, Outcome, Own, Refused, told_nobody
from infra.log.index import Index
from infra.log.index_reads import Reads
from infra.log.intake import Intake, request
from infra.log.kafka_client import Brokers, require_crc32c
from infra.log.kafka_follower import Follower
from infra.log.kafka_genesis import partition_of, settled
from infra.log.kafka_mending import Mending
from infra.log.kafka_pack import encode
from infra.log.kafka_producer import Producer
from infra.log.kafka_reader import Reader
from infra.log.kafka_topic import ensure
from infra.log.kafka_writer import Writer
from infra.log.marks import Mark, Marked
from infra.log.partition_rows import read_partition
from infra.log.rows import PartitionRows, Rows
from infra.log.subscription import Arrivals, PollingSubscription

PARTITIONS = 4
"""Of a topic that is made. They are never added. What is written together has a record, and waits for the
disk, in each partition: the fewer they are, the faster posts one by one.
"""


class KafkaLog(ProcessRecorder):
    """Append-only events in a topic, each commit counted once, and durable when it is acknowledged.

    Any number of processes may write one topic: its order decides which commits count. Every read sees what
    was acknowledged before it, by whichever process. Within a partition, and so within a stream, events are
    in one order; across partitions there is none but that of when they were recorded.

    ``partition``: the one that the library's notifications are of; a topic of one needs none named.
    ``appended`` is told of each round: how many events it had, and how many seconds until they were readable.
    Everything may be called from any thread. Everything raises LogUnavailable where brokers or index cannot
    be reached, and LogDamaged where the topic lost what the index has of it.
    """

    def __init__(
        self,
        index: Index,
        reader: Reader,
        producer: Producer,
        *,
        partitions: int,
        partition: int | None = None,
        timeout_s: float = 10.0,
        poll_s: float = 0.1,
        appended: Callable[[int, float], None] = told_nobody,
        waiting_bytes: int = 32 << 20,
        pack_bytes: int = 4 << 20,
    ) -> None:
        self.partitions = partitions
        self.index = index
        self.reader = reader
        self.producer = producer
        self._partition = 0 if partitions == 1 else partition
        self._poll_s = poll_s
        self._timeout_s = timeout_s
        self._reads = Reads(index)
        self._arrivals = Arrivals()
        self._follower = Follower(index, reader, self._arrivals.announce)
        intake = Intake(waiting_bytes, pack_bytes)
        look = partial(index.look_for, as_read=True)
        self._writer = Writer(intake, producer, self._follower, look, partitions, timeout_s, appended)
        self._shut = weakref.finalize(
            self, _shut, self._writer, self._arrivals, self._follower, producer, reader, index
        )

    @classmethod
    def open(
        cls,
        brokers: Brokers,
        index: str,
        *,
        partitions: int = PARTITIONS,
        originator_id_type: Literal["uuid", "text"] = "text",
        timeout_s: float = 10.0,
        follow_s: float | None = None,
        **options: Any,
    ) -> Self:
        """The log in this topic, which is made if it is not there; its index is in the database of this URL.

        ``follow_s``: how often the index is brought up to the topic where nobody reads; None: never.
        Raises WrongLog for a topic or an index that is not one of ours, or not set as it must be.
        """
        require_crc32c()
        with ExitStack() as undo:
            shape = ensure(brokers, partitions)
            reader = Reader(brokers, shape.partitions, timeout_s)
            undo.callback(reader.close)
            producer = Producer(brokers, timeout_s)
            undo.callback(producer.close)
            genesis = settled(reader, producer, brokers.place.topic, shape.partitions)
            found = Index(index, UUID if originator_id_type == "uuid" else str)
            undo.callback(found.close)
            found.open_for(brokers.place.topic, genesis)
            log = cls(found, reader, producer, partitions=shape.partitions, timeout_s=timeout_s, **options)
            undo.pop_all()
        if follow_s is not None:
            log._follower.start(follow_s)
        return log

    def close(self) -> None:
        """Take no more, write what is waiting, end the subscriptions and threads, and close."""
        self._shut()

    # Writing

    def submit(self, commits: Sequence[Commit], timeout_s: float = 10.0) -> "Future[list[Outcome]]":
        """Hand over commits; their outcomes, in order, are there once they are durable and readable.

        Each is decided for itself, in log order. Where the future raises LogUnavailable, some may count
        nevertheless, or still come to: the same commits again find out. Where it raises LogDamaged, all
        lie in partitions that lost something; where only some do, the error is their outcome.
        Raises LogBusy if the queue has no room for them within the time; 0 does not wait.
        """
        asked = request(commits)
        self._writer.put(asked, timeout_s)
        return asked.outcomes

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        commit_id: bytes | None = None,
        expected_version: int | Literal[Own.OWN] | None = OWN,
        marks: tuple[tuple[str, str, str], ...] = (),
        tracking: Tracking | None = None,
        **kwargs: Any,
    ) -> Sequence[int]:
        """Store events as one commit, and return their notification ids once they are durable.

        A ``commit_id`` that was stored before returns the ids of what it stored then.
        Raises IntegrityError, with nothing stored, if a version or the tracking is not what was expected, and
        ProgrammingError where the events' streams lie in several partitions.
        """
        if not stored_events and tracking is None:
            return []
        commit = Commit(commit_id or os.urandom(16), tuple(stored_events), expected_version, marks, tracking)
        (outcome,) = self.submit([commit]).result()
        if isinstance(outcome, LogDamaged):
            raise outcome
        if isinstance(outcome, Refused):
            raise IntegrityError("The log has moved on since it was read; read and decide again.")
        return [notification.id for notification in outcome.notifications]

    def insert_tracking(self, tracking: Tracking) -> None:
        self.insert_events([], tracking=tracking)

    def settle(self, commit_id: bytes, stream: str) -> tuple[LogNotification, ...] | None:
        """What a commit to this stream stored; None: nothing, and it never will.

        For who gave up on a commit and must know: from now on its id is spent. Not for facts, which are
        reported again instead.
        """
        seal = Commit(commit_id, (), None)
        # Before what the topic lost and gets back, a seal would keep it from counting.
        self._refresh(stream)
        self.producer.append(partition_of(stream, self.partitions), encode([seal]))
        self._refresh(stream)
        return self._reads.find_all([commit_id]).get(commit_id)

    # Reading

    def refreshed(self) -> AbstractContextManager[None]:
        """Within it, this thread's reads see what was acknowledged before it began, and the brokers are asked
        once instead of at every read.
        """
        return self._follower.refreshed()

    @property
    def behind(self) -> dict[int, int]:
        """Records of each partition that the index lacked when the brokers were last asked."""
        return dict(self._follower.behind)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LogNotification]:
        """The events of a stream that count, in order of version."""
        stream = originator_id.hex if isinstance(originator_id, UUID) else originator_id
        self._refresh(stream)
        return self._reads.events(stream, gt, lte, desc, limit)

    def partition_of(self, stream: str) -> int:
        """The partition that a stream's events are in."""
        return partition_of(stream, self.partitions)

    def read_partition(self, partition: int) -> PartitionRows:
        """All events of a partition up to where the index is with it, in columns, from the topic itself."""
        (stop,) = (one.next_offset for one in self.index.positions() if one.partition == partition)
        return read_partition(self.reader.brokers, partition, stop, self._timeout_s)

    def select_all(self, streams: Sequence[str], without: Sequence[str] = ()) -> Rows:
        """The events of many streams that count, in columns, those of each in order of version, ``without``
        those of some topics.
        """
        self._follower.refresh({partition_of(stream, self.partitions) for stream in streams})
        return self._reads.events_of(streams, without)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[LogNotification]:
        """A page of the events of the named partition, in log order."""
        partition = self._named()
        self._follower.refresh({partition})
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        return self._reads.page(partition, after, limit, stop, topics)

    def max_notification_id(self) -> int | None:
        partition = self._named()
        self._follower.refresh({partition})
        return self._reads.heads()[partition] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Self]:
        """Events of the named partition after ``gt`` as they come, until stopped or the log is closed."""
        self._named()
        return PollingSubscription(self, self._arrivals, gt, topics, self._poll_s)

    def max_tracking_id(self, application_name: str) -> int | None:
        self._follower.refresh()
        return self._reads.reached(application_name)

    def heads(self) -> tuple[int, ...]:
        """The number of the last event of each partition, 0 where there is none."""
        self._follower.refresh()
        return self._reads.heads()

    def page(
        self, partition: int, after: int, limit: int, topics: Sequence[str] = ()
    ) -> Sequence[LogNotification]:
        """Events of one partition after a number, in order."""
        self._follower.refresh({partition})
        return self._reads.page(partition, after, limit, None, topics)

    def known_by(self, known_at: datetime) -> tuple[int, ...]:
        """The number of the last event of each partition recorded at this aware instant or before."""
        self._follower.refresh()
        return self._reads.known_by(known_at)

    def head(self, stream: str) -> int | None:
        """The version of the last event of a stream; None while it has none."""
        self._refresh(stream)
        return self._reads.head(stream)

    def find(self, commit_id: bytes) -> tuple[LogNotification, ...] | None:
        """What a commit stored, or None if none of this id counts."""
        return self.find_all([commit_id]).get(commit_id)

    def find_all(self, commit_ids: Iterable[bytes]) -> dict[bytes, tuple[LogNotification, ...]]:
        """What each of these commits stored, leaving out those that do not count."""
        self._follower.refresh()
        return self._reads.find_all(commit_ids)

    def doubles(self) -> Sequence[LogNotification]:
        """Events that do not count: their commit's id counts in another partition, where it was recorded
        earlier. They are in their partition's pages, for the numbers; no stream and no mark tells of them.
        """
        self._follower.refresh()
        return self._reads.doubles()

    @property
    def mending(self) -> Mending:
        """What compares the topic with the index, and puts right what the topic lost."""
        return Mending(self.index, self.reader, self.producer)

    def faults(self) -> Iterator[tuple[int, int, str]]:
        """The partition and offset of records that are not those acknowledged there, or none of ours."""
        self._follower.refresh()
        return self.mending.faults()

    @property
    def damaged(self) -> list[LogDamaged]:
        """The partitions that lack what the index has of them, as found when the brokers were last asked."""
        return self._follower.damaged

    def streams(self, after: str = "") -> Iterator[str]:
        """The names of all streams that have events, in order, from the first beyond ``after``."""
        self._follower.refresh()
        return self._reads.streams(after)

    def marked(self, kind: str, value: str) -> list[Marked]:
        """Where a mark stands, in order of partition and number."""
        return self.marked_all(kind, [value])[value]

    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]:
        """Where each of these marks stands, in order of partition and number; none is an empty list."""
        self._follower.refresh()
        return self._reads.marked(kind, values)

    def marks_of(self, stream: str, kind: str) -> list[Mark]:
        """A stream's marks of one kind, in log order."""
        return self.marks_of_all([stream], kind)[stream]

    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]:
        """Each stream's marks of one kind, in log order; none is an empty list."""
        self._follower.refresh({partition_of(stream, self.partitions) for stream in streams})
        return self._reads.marks_of(streams, kind)

    def _refresh(self, stream: str) -> None:
        self._follower.refresh({partition_of(stream, self.partitions)})

    def _named(self) -> int:
        if self._partition is None:
            raise ProgrammingError(f"The topic has {self.partitions} partitions; name the one that is meant.")
        return self._partition


def _shut(
    writer: Writer, arrivals: Arrivals, follower: Follower, producer: Producer, reader: Reader, index: Index
) -> None:
    # Whoever uses a connection ends before it does.
    writer.close()
    arrivals.close()
    follower.close()
    producer.close()
    reader.close()
    index.close()
