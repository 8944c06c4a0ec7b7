"""Which partitions of the log's topic a projector sees to: Kafka's consumer group shares them out."""

import threading
from collections.abc import Collection

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from infra.log.kafka_client import Brokers, as_log_errors, connected

SESSION_MS = 10_000
"""After how long without a sign of life a projector's partitions are given to the others."""

_LOOK_AGAIN_S = 0.5


class Shares:
    """A member of the group of projectors, which reads nothing: it only learns what is its own.

    That is a hint, for two may believe that a partition is theirs; and while Kafka does not tell, every
    partition is.
    """

    def __init__(self, brokers: Brokers) -> None:
        """Raises LogUnavailable."""
        self._consumer = connected(
            KafkaConsumer,
            brokers,
            "share the log's partitions",
            group_id=f"{brokers.place.topic}.projectors",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            metrics_enabled=False,
            allow_auto_create_topics=False,
        )
        self._told = _Told()
        with as_log_errors("share the log's partitions"):
            self._consumer.subscribe([brokers.place.topic], listener=self._told)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="shares", daemon=True)
        self._thread.start()

    def mine(self) -> Collection[int] | None:
        """The partitions that are this projector's; None: all of them."""
        return self._told.mine

    def close(self) -> None:
        """Leave the group: the others have the partitions at once."""
        self._closing.set()
        self._thread.join()
        self._consumer.close(autocommit=False)

    def _stay(self) -> None:
        while not self._closing.is_set():
            try:
                # Nothing comes of it but membership: what is assigned is not fetched.
                self._consumer.pause(*self._consumer.assignment())
                self._consumer.poll(timeout_ms=int(_LOOK_AGAIN_S * 1_000))
            except KafkaError:
                self._told.mine = None
                self._closing.wait(_LOOK_AGAIN_S)


class _Told(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the group last told."""

    def __init__(self) -> None:
        self.mine: Collection[int] | None = None

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self.mine = frozenset(each.partition for each in assigned)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        pass

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self.mine = None
