"""Reading the log's topic: how far each partition is, and the records between two offsets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Condition, Lock
from time import monotonic, sleep
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import LogTruncationError, OffsetOutOfRangeError

from infra.log.commit import LogDamaged, LogUnavailable
from infra.log.kafka_client import Brokers, as_log_errors, connected
from infra.log.kafka_leaders import Leaders
from infra.log.kafka_topic import MAX_BATCH_BYTES

LATEST, EARLIEST = -1, -2
FETCH_BYTES = 8 << 20
POLL_MS = 200
ASKED_WITHIN_S = 5.0
"""How long a read waits for brokers to tell how far they are, before it says that they are away."""

PAGE = 500
LOG_APPEND_TIME = 1
LOOK_AGAIN_S = 0.1


class End(NamedTuple):
    """Where a partition ends: the offset that its next record gets, and the epoch of its leader.

    Under one epoch a partition only grows. With another it may have lost what only the old leader had.
    """

    offset: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """A record of the topic; ``appended_ms`` since 1970, by the broker's clock."""

    offset: int
    appended_ms: int
    value: bytes | None


class Reader:
    """Reads the topic. Safe to use from any thread."""

    def __init__(self, brokers: Brokers, partitions: int, timeout_s: float) -> None:
        self.brokers = brokers
        self._timeout_s = timeout_s
        self._places = [TopicPartition(brokers.place.topic, partition) for partition in range(partitions)]
        self._consumer = connected(
            KafkaConsumer,
            brokers,
            "read the log",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            metrics_enabled=False,
            request_timeout_ms=int(timeout_s * 1_000),
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_bytes=max(4 * FETCH_BYTES, MAX_BATCH_BYTES),
            fetch_max_wait_ms=POLL_MS,
            max_poll_records=PAGE,
        )
        self._fetching = Lock()
        self._leaders = Leaders(self._consumer, brokers.place.topic)
        self._ends = Shared(self._ends_by_leaders)

    def close(self) -> None:
        self._consumer.close(timeout_ms=1_000)

    def ends(self) -> dict[int, End]:
        """Where each partition ends, asked of the brokers no earlier than now. Raises LogUnavailable."""
        return self._ends.ask()

    def starts(self) -> dict[int, int]:
        """The offset of the first record that each partition still has. Raises LogUnavailable."""
        return {partition: start.offset for partition, start in self._offsets(EARLIEST).items()}

    def _ends_by_leaders(self) -> dict[int, End]:
        """Where each partition ends, by the word of brokers that still lead when they are asked."""
        deadline = monotonic() + self._timeout_s
        while True:
            asked = self._leaders.ask()
            ends = self._offsets(LATEST)
            with as_log_errors("see who leads it"):
                newest = asked.newest(max(deadline - monotonic(), 0))
            if all(end.epoch >= newest.get(partition, end.epoch) for partition, end in ends.items()):
                return ends
            if monotonic() > deadline:
                raise LogUnavailable("A broker that no longer leads answers for it; retry.")
            self._consumer._client.cluster.request_update()
            sleep(LOOK_AGAIN_S)

    def _offsets(self, which: int) -> dict[int, End]:
        with as_log_errors("see how far it is"):
            # The client's own end_offsets leaves out the epoch.
            found = self._consumer._fetcher.offsets_by_times(
                dict.fromkeys(self._places, which), timeout_ms=min(self._timeout_s, ASKED_WITHIN_S) * 1_000
            )
        if any(one is None for one in found.values()):
            raise LogUnavailable("Kafka did not tell how far each partition is; retry.")
        return {place.partition: End(one.offset, one.leader_epoch) for place, one in found.items()}

    def records(self, partition: int, start: int, stop: int) -> Iterator[list[Fetched]]:
        """The records from one offset to before another, in pages.

        Raises LogUnavailable when none comes within the time, and LogDamaged where there is none to come, or
        one came that the broker did not stamp.
        """
        place = self._places[partition]
        with self._fetching:
            self._consumer.assign([place])
            self._consumer.seek(place, start)
            deadline = monotonic() + self._timeout_s
            while start < stop:
                page = self._poll(partition, start, stop)
                if page:
                    _check_order(partition, start, page)
                    start = page[-1].offset + 1
                    deadline = monotonic() + self._timeout_s
                    yield page
                elif monotonic() > deadline:
                    raise LogUnavailable(f"Kafka gave no record of partition {partition} in time; retry.")

    def _poll(self, partition: int, start: int, stop: int) -> list[Fetched]:
        place = self._places[partition]
        try:
            with as_log_errors("read it"):
                polled = self._consumer.poll(timeout_ms=POLL_MS)
        except LogUnavailable as error:
            if not isinstance(error.__cause__, (OffsetOutOfRangeError, LogTruncationError)):
                raise
            # It may be a broker that no longer leads, or leads so lately that it cannot tell yet.
            if self.starts()[partition] > start or self.ends()[partition].offset < stop:
                said = f"Partition {partition} does not hold offsets {start} to {stop - 1}."
                raise LogDamaged(partition, said) from error
            self._consumer._client.cluster.request_update()
            self._consumer.seek(place, start)
            sleep(LOOK_AGAIN_S)
            return []
        page = []
        for record in polled.get(place, ()):
            if record.offset >= stop:
                break
            if record.timestamp_type != LOG_APPEND_TIME:
                which = f"The record at offset {record.offset} of partition {partition}"
                raise LogDamaged(partition, f"{which} bears no time of the broker's.")
            page.append(Fetched(record.offset, record.timestamp, record.value))
        return page


def _check_order(partition: int, start: int, page: list[Fetched]) -> None:
    for offset, record in enumerate(page, start):
        if record.offset != offset:
            raise LogDamaged(partition, f"Partition {partition} has no record at offset {offset}.")


class Shared:
    """An answer that all who ask at the same time share: each gets one that was asked for after it came."""

    def __init__(self, ask: Callable[[], dict[int, End]]) -> None:
        self._ask = ask
        self._changed = Condition()
        self._begun = 0
        self._answered = 0
        self._answer: dict[int, End] | LogUnavailable = {}

    def ask(self) -> dict[int, End]:
        with self._changed:
            mine = self._begun + 1
            while self._begun != self._answered and self._answered < mine:
                self._changed.wait()
            if self._answered >= mine:
                return self._told()
            self._begun += 1
        answer: dict[int, End] | LogUnavailable = LogUnavailable("Kafka was not asked; retry.")
        try:
            answer = self._ask()
        except LogUnavailable as error:
            answer = error
        finally:
            with self._changed:
                self._answer = answer
                self._answered = self._begun
                self._changed.notify_all()
        return self._told()

    def _told(self) -> dict[int, End]:
        answer = self._answer
        if isinstance(answer, LogUnavailable):
            raise LogUnavailable(str(answer)) from answer
        return answer
