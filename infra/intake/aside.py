"""The topic of what was published and cannot be recorded: the record untouched, the reason beside it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from infra.errors import Unavailable
from infra.intake.taken import Taken, Why
from infra.intake.topics import SET_ASIDE
from infra.kafka_place import KafkaPlace, reaching
from infra.kafka_producers import abandon

PREFIX = "set-aside-"
"""What the names of our headers begin with; they stand after those of the record itself."""

SHOWN_BYTES = 64 * 1024
"""How much is kept of a record that unpacks to more than a topic can hold."""

WAIT_S = 30.0

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


@dataclass(frozen=True, slots=True)
class Aside:
    """A record that was set aside; ``number`` is its place in the list.

    ``is_cut``: it was too large to be kept whole.
    """

    number: int
    at: datetime
    topic: str
    record: Taken
    why: Why
    is_cut: bool


class AsideWriter:
    """Sets records aside, durably."""

    def __init__(self, place: KafkaPlace, client: Mapping[str, Any]) -> None:
        self._place = place
        self._client = client
        self._producer: KafkaProducer | None = None

    def put(self, refused: Sequence[tuple[Taken, Why]]) -> None:
        """Set records aside; on return they are durable. Raises Unavailable where they may not be."""
        try:
            sent = [(record, why, self._send(record, why)) for record, why in refused]
            self._connected().flush(WAIT_S)
            failed = [(record, why) for record, why, future in sent if not future.succeeded()]
        except KafkaError:
            failed = list(refused)
        # One that is too large takes others with it, and its client sends nothing more.
        for record, why in failed:
            self._put_alone(record, why)

    def close(self) -> None:
        self._drop()

    def _put_alone(self, record: Taken, why: Why) -> None:
        """Set one aside, and only its beginning where it is too large."""
        try:
            self._drop()
            try:
                self._send(record, why).get(WAIT_S)
            except _TOO_LARGE:
                self._drop()
                self._send(record, why, is_cut=True).get(WAIT_S)
        except KafkaError as error:
            self._drop()
            raise Unavailable(f"Nothing can be set aside: {type(error).__name__}.") from error

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            abandon(producer)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                linger_ms=5,
                batch_size=256 * 1024,
                # What was published packed has to fit into a topic again.
                compression_type="gzip",
                max_request_size=256 * 1024 * 1024,
                request_timeout_ms=int(WAIT_S * 1000) // 3,
                delivery_timeout_ms=int(WAIT_S * 1000),
                metrics_enabled=False,
                allow_auto_create_topics=False,
                **reaching(self._place, self._client),
            )
        return self._producer

    def _send(self, record: Taken, why: Why, *, is_cut: bool = False) -> Any:
        value, key, headers = record.value, record.key, list(record.headers)
        if is_cut:
            value, key = (value or b"")[:SHOWN_BYTES], (key or b"")[:SHOWN_BYTES]
            headers = []
        nulls = [place for place, (_, each) in enumerate(headers) if each is None]
        told = {
            "topic": self._place.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp_ms,
            "kind": why.kind,
            "reason": why.detail,
            "pointers": why.pointers,
            "cut": is_cut,
            "null": value is None,
            # The client sends no header without a value.
            **({"null-headers": nulls} if nulls else {}),
        }
        if key is None and value is None:
            # The client takes no record that has neither.
            value = b""
        its = [(name, each or b"") for name, each in headers]
        ours = [(PREFIX + name, _text(value).encode()) for name, value in told.items()]
        aside = self._place.topic + SET_ASIDE
        return self._connected().send(aside, value=value, key=key, headers=its + ours, partition=0)


class AsideReader:
    """Lists what was set aside, oldest first."""

    def __init__(self, place: KafkaPlace, client: Mapping[str, Any]) -> None:
        self._place = place
        self._client = client
        self._partition = TopicPartition(place.topic + SET_ASIDE, 0)

    def page(self, after: int, most: int) -> list[Aside]:
        """Records after a number (-1: from the first), each record of the intake once. Raises Unavailable."""
        found: dict[tuple[str, int, int, int], Aside] = {}
        for aside in self._read(after + 1):
            # A process killed after setting a record aside, and before it could say so, does it again.
            place = (aside.topic, aside.record.partition, aside.record.offset, aside.record.timestamp_ms)
            if place not in found:
                if len(found) == most:
                    break
                found[place] = aside
        return list(found.values())

    def _read(self, start: int) -> Iterator[Aside]:
        try:
            consumer = KafkaConsumer(
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                metrics_enabled=False,
                allow_auto_create_topics=False,
                **reaching(self._place, self._client),
            )
        except KafkaError as error:
            raise Unavailable(f"No broker of {self._place} answers: {type(error).__name__}.") from error
        try:
            consumer.assign([self._partition])
            end = consumer.end_offsets([self._partition])[self._partition]
            start = max(start, consumer.beginning_offsets([self._partition])[self._partition])
            consumer.seek(self._partition, start)
            while consumer.position(self._partition) < end:
                for records in consumer.poll(timeout_ms=1_000).values():
                    yield from (_read(each) for each in records if each.offset < end and _is_ours(each))
        except KafkaError as error:
            raise Unavailable(f"What was set aside cannot be read: {type(error).__name__}.") from error
        finally:
            consumer.close(autocommit=False)


def _is_ours(found: Any) -> bool:
    return any(name == PREFIX + "topic" for name, _ in found.headers)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read(found: Any) -> Aside:
    headers = list(found.headers)
    at = next((i for i, (name, _) in reversed(list(enumerate(headers))) if name == PREFIX + "topic"), 0)
    told = {name.removeprefix(PREFIX): value.decode() for name, value in headers[at:]}
    nulls = json.loads(told.get("null-headers", "[]"))
    its = [(name, None if place in nulls else value) for place, (name, value) in enumerate(headers[:at])]
    return Aside(
        number=found.offset,
        at=datetime.fromtimestamp(found.timestamp / 1000, UTC),
        topic=told["topic"],
        record=Taken(
            int(told["partition"]),
            int(told["offset"]),
            int(told["timestamp"]),
            found.key,
            tuple(its),
            None if told["null"] == "true" else found.value,
        ),
        why=Why(told["kind"], told["reason"], tuple(json.loads(told["pointers"]))),
        is_cut=told["cut"] == "true",
    )
