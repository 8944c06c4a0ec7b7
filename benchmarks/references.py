"""What a rebuild is measured against: what a Python user could pick instead, over the same topic or facts."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder
from fastavro import parse_schema, schemaless_reader
from kafka import KafkaConsumer, TopicPartition

from domain.amended import Amended
from domain.catalogue import PREFIX, recall
from domain.history import Recorded
from domain.moment import read_instant
from domain.question import Question
from infra.codec import Codec
from infra.holidays import england
from infra.incoming import Incoming
from infra.keys import open_embedded
from infra.log.kafka_pack import PACK_ID, decode, schema_id
from infra.log.sqlite import SqliteLog
from infra.mapper import FactMapper
from infra.schemas import registry, released
from projections.catalogue import PROJECTIONS
from projections.projection import Case
from services.record import Recording

_SCHEMAS = {id: parse_schema(released(release)) for id, release in registry().items()}
_JSON = ("changes", "was", "now")


def consumed(servers: str, topic: str, partition: int, stop: int) -> int:
    """Read a partition with kafka-python and do nothing with it; how many bytes it had."""
    return sum(len(value) for _, value in _records(servers, topic, partition, stop))


def decoded(servers: str, topic: str, partition: int, stop: int) -> int:
    """Read a partition with kafka-python and fastavro into facts; how many there are."""
    return sum(1 for _ in _facts(servers, topic, partition, stop))


def folded(servers: str, topic: str, partition: int, stop: int, day: date) -> int:
    """The same, and fold each child's facts into the rows of every projection, which are let go of."""
    histories: dict[str, list[Recorded]] = {}
    for fact in _facts(servers, topic, partition, stop):
        histories.setdefault(fact.stream, []).append(fact)
    calendar, question = england(), Question(day)
    for stream, history in histories.items():
        case = Case(stream, history, question, calendar, everything=Amended(history))
        if case.figures.child == stream:
            for projection in PROJECTIONS:
                projection.rows(case)
    return sum(map(len, histories.values()))


def _records(servers: str, topic: str, partition: int, stop: int) -> Iterator[tuple[Any, bytes]]:
    consumer = KafkaConsumer(
        bootstrap_servers=servers.split(","),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metrics_enabled=False,
        max_poll_records=10_000,
        max_partition_fetch_bytes=8 << 20,
        fetch_max_bytes=64 << 20,
    )
    place = TopicPartition(topic, partition)
    consumer.assign([place])
    at = 0
    while at < stop:
        for record in consumer.poll(timeout_ms=1_000).get(place, ()):
            at = record.offset + 1
            yield record, record.value
    consumer.close()


def _facts(servers: str, topic: str, partition: int, stop: int) -> Iterator[Recorded]:
    seen: set[bytes] = set()
    heads: dict[str, int] = {}
    for record, value in _records(servers, topic, partition, stop):
        if schema_id(value) != PACK_ID:
            continue
        recorded_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        for commit in decode(value):
            if commit.id in seen:
                continue
            seen.add(commit.id)
            for event in commit.events:
                stream = str(event.originator_id)
                heads[stream] = heads.get(stream, 0) + 1
                place = (heads[stream], partition, record.offset, recorded_at)
                yield _fact(stream, event.topic.removeprefix(PREFIX), event.state, *place)


def _fact(
    stream: str, name: str, state: bytes, version: int, partition: int, offset: int, recorded_at: datetime
) -> Recorded:
    schema = _SCHEMAS[int.from_bytes(state[1:5], "big")]
    read: Any = schemaless_reader(BytesIO(state[5:]), schema, None)
    envelope = read.pop("envelope")
    data = {field: value for field, value in read.items() if value is not None and field not in _JSON}
    if name == "FactCorrected":
        data["changes"] = {"note": "what a correction says is sealed"}
    fact = recall(name, data)
    entered = envelope["recordedtime"]
    return Recorded(
        stream=stream, version=version, source=envelope["source"], id=envelope["id"], type=name,
        occurred_on=fact.occurred_on, entered_at=read_instant(entered) if entered else None,
        recorded_at=recorded_at, partition=partition, offset=offset, data=data, fact=fact,
        historic=envelope["historic"],
    )  # fmt: skip


class Facts(Application[str]):
    """Facts as the events of an application of the library."""

    codec: Codec

    def construct_mapper(self) -> Mapper[str]:
        return FactMapper(self.codec)


class Counting(Projection[SQLiteTrackingRecorder]):
    """The least that a projection can do: it counts, and stores how far it is."""

    def __init__(self, view: SQLiteTrackingRecorder) -> None:
        super().__init__(view)
        self.counted: dict[str, int] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        stream = domain_event.originator_id
        self.counted[stream] = self.counted.get(stream, 0) + 1
        self.view.insert_tracking(tracking)


def run_library(folder: Path, facts: Sequence[Incoming]) -> float:
    """How many facts a second the library's runner projects, each in a transaction of its own."""
    folder.mkdir()
    codec = Codec(open_embedded(folder))
    log = SqliteLog.open(folder / "log.db", now=lambda: datetime.now(UTC))
    Recording(log, codec, None, lambda: datetime.now(UTC)).record(facts)  # type: ignore[arg-type]
    last = log.max_notification_id()
    log.close()
    Facts.codec = codec
    env = {
        "ORIGINATOR_ID_TYPE": "text",
        "FACTS_PERSISTENCE_MODULE": "infra.log.sqlite",
        "FACTS_SQLITE_DBNAME": str(folder / "log.db"),
        "COUNTING_PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "COUNTING_SQLITE_DBNAME": str(folder / "view.db"),
    }
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Facts, projection_class=Counting, view_class=SQLiteTrackingRecorder, env=env
    ) as runner:
        runner.wait(last, timeout=300)
    return len(facts) / (time.perf_counter() - began)
