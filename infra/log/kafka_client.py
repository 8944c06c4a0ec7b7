"""How Kafka's brokers are reached, and what its client's failures mean."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
)
from kafka.record import util as checksums

from infra.kafka_place import KafkaPlace
from infra.log.commit import LogUnavailable

REACHED_WITHIN_MS = 2_500
"""How long a client waits at the broker that it begins with, which it chooses at random."""
BEGINS_AT = 3
"""How many beginnings it has: a broker that hangs is not the only one."""

Client = TypeVar("Client", KafkaConsumer, KafkaProducer, KafkaAdminClient)


@dataclass(frozen=True, slots=True)
class Brokers:
    """Where the log's topic is, and the settings of a client that may use it."""

    place: KafkaPlace
    client: Mapping[str, Any] = field(default_factory=dict, repr=False)


def require_crc32c() -> None:
    """Raises RuntimeError without the compiled checksum: reading takes four times as long then."""
    if checksums.crc32c_c is None:
        raise RuntimeError("The package crc32c is missing, without which Kafka is read far too slowly.")


def connected(client: Callable[..., Client], brokers: Brokers, doing: str, **settings: Any) -> Client:
    """A client of the brokers. Raises LogUnavailable where none of them answers."""

    def begun() -> Client:
        return client(
            bootstrap_servers=list(brokers.place.servers),
            client_id="casetimeline",
            bootstrap_timeout_ms=REACHED_WITHIN_MS,
            # A broker that returns is noticed within a second rather than half a minute.
            reconnect_backoff_max_ms=500,
            **brokers.client,
            **settings,
        )

    with as_log_errors(doing):
        for _ in range(BEGINS_AT - 1):
            with suppress(KafkaTimeoutError):
                return begun()
        return begun()


@contextmanager
def as_log_errors(doing: str) -> Iterator[None]:
    """Turn the client's errors into the log's."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise unavailable(doing, error) from error


def unavailable(doing: str, error: BaseException) -> LogUnavailable:
    """The log's error for one of the client's: what was tried, and what kind of failure it was."""
    what = type(error).__name__
    if isinstance(error, (AuthorizationError, SaslAuthenticationFailedError)):
        return LogUnavailable(f"Kafka does not let this service {doing} ({what}); see to its rights.")
    if isinstance(error, UnknownTopicOrPartitionError):
        return LogUnavailable(f"Kafka has no such topic to {doing} ({what}).")
    return LogUnavailable(f"Kafka could not be reached to {doing} ({what}); see to the brokers and retry.")
