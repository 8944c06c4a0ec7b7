"""Writing to the log's topic: idempotent, acknowledged by all replicas in sync, and retried by its client."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from kafka import KafkaProducer
from kafka.errors import IllegalStateError, KafkaError

from infra.kafka_producers import abandon
from infra.log.commit import LogUnavailable
from infra.log.kafka_client import Brokers, as_log_errors, connected, unavailable
from infra.log.kafka_topic import MAX_BATCH_BYTES

BUFFERED = 1 << 20
"""Records of one partition that wait for their turn go in one batch up to this size."""

GATHERED_MS = 2
"""How long a record waits for those that are handed over with it, one to a partition: in requests of their
own they cost both ends half as much again.
"""

Acknowledged = Callable[[int, int], object]
"""Called with the offset of a record, and when the broker appended it, in ms since 1970."""


class Producer:
    """Appends records. Safe to use from any thread; connects with the first."""

    def __init__(self, brokers: Brokers, timeout_s: float) -> None:
        self._brokers = brokers
        self._topic = brokers.place.topic
        self._timeout_s = timeout_s
        self._lock = Lock()
        self._producer: KafkaProducer | None = None

    def append(self, partition: int, value: bytes) -> int:
        """Append a record and return its offset. Raises LogUnavailable where that is not known in time.

        It may then be in the log, even twice: whoever reads it counts it once.
        """
        try:
            return self._appended(partition, value)
        except LogUnavailable:
            # A broker that lost records takes none of a producer that counts on them, and those of a new one.
            return self._appended(partition, value)

    def _appended(self, partition: int, value: bytes) -> int:
        producer = self._connected()
        try:
            with as_log_errors("write the log"):
                future = self._handed_to(producer, partition, value)
                offset: int = future.get(self._timeout_s).offset
                return offset
        except LogUnavailable:
            self._renew(producer)
            raise

    def send(
        self, partition: int, value: bytes, done: Acknowledged, failed: Callable[[LogUnavailable], object]
    ) -> None:
        """Append a record without waiting; one of the two is called once, on a thread of the client's.

        What failed may be in the log nevertheless, or come there later.
        """
        try:
            producer = self._connected()
        except LogUnavailable as error:
            failed(error)
            return

        def give_up(error: Exception) -> None:
            self._renew(producer)
            failed(unavailable("write the log", error))

        try:
            future = self._handed_to(producer, partition, value)
        except (KafkaError, OSError) as error:
            give_up(error)
            return
        future.add_callback(lambda written: done(written.offset, written.timestamp))
        future.add_errback(give_up)

    def close(self) -> None:
        """Wait for what is under way, and end."""
        with self._lock:
            producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(timeout=self._timeout_s)
        except KafkaError:
            abandon(producer)

    def _handed_to(self, producer: KafkaProducer, partition: int, value: bytes) -> Any:
        """The client's future for a record. Raises KafkaError."""
        try:
            return producer.send(self._topic, value, partition=partition)
        except RuntimeError as error:
            # Another thread ended it since it was asked for, and the client has no error of its own for that.
            raise IllegalStateError(str(error)) from error

    def _connected(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                timeout_ms = int(self._timeout_s * 1_000)
                self._producer = connected(
                    KafkaProducer,
                    self._brokers,
                    "write the log",
                    acks="all",
                    enable_idempotence=True,
                    batch_size=BUFFERED,
                    linger_ms=GATHERED_MS,
                    max_request_size=MAX_BATCH_BYTES,
                    delivery_timeout_ms=timeout_ms,
                    request_timeout_ms=max(timeout_ms // 2, 1),
                    max_block_ms=timeout_ms,
                    allow_auto_create_topics=False,
                    metrics_enabled=False,
                )
            return self._producer

    def _renew(self, producer: KafkaProducer) -> None:
        """After a failure the next record gets a new producer, and the others of this one fail at once."""
        with self._lock:
            if self._producer is producer:
                self._producer = None
        abandon(producer)
