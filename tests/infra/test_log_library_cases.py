"""The test cases that eventsourcing ships for every recorder, run on the log in SQLite and on Kafka."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.domain import datetime_now_with_tzinfo
from eventsourcing.persistence import (
    AggregateRecorder,
    InfrastructureFactory,
    OperationalError,
    StoredEvent,
    Tracking,
)
from eventsourcing.sqlite import SQLiteAggregateRecorder, SQLiteCursor, SQLiteTrackingRecorder
from eventsourcing.tests import application as application_cases
from eventsourcing.tests import persistence as cases
from eventsourcing.tests import projection as projection_cases
from eventsourcing.utils import Environment

from infra.deploy.kafka.cluster import Cluster
from infra.kafka_place import KafkaPlace
from infra.log import kafka
from infra.log.kafka_client import Brokers
from infra.log.kafka_log import KafkaLog
from infra.log.sqlite import Factory, SqliteLog
from tests.servers.kafka import unique


class OnAFile:
    """Gives each test a folder of its own, and closes what was opened there."""

    factory_class: type[Factory | kafka.Factory] = Factory
    log_class: type[SqliteLog | KafkaLog] = SqliteLog

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> Iterator[None]:
        self.path = tmp_path
        self.opened: list[Any] = []
        yield
        for opened in reversed(self.opened):
            opened.close()

    def log(self) -> SqliteLog | KafkaLog:
        log = SqliteLog.open(self.path / "log.db", now=datetime_now_with_tzinfo, originator_id_type="uuid")
        self.opened.append(log)
        return log

    def environment(self, name: str = "log") -> dict[str, str]:
        return {"PERSISTENCE_MODULE": "infra.log.sqlite", "SQLITE_DBNAME": str(self.path / f"{name}.db")}


class OnKafka(OnAFile):
    """Gives each test topics of its own, of one partition."""

    factory_class = kafka.Factory
    log_class = KafkaLog

    @pytest.fixture(autouse=True)
    def _broker(self, kafka_broker: Cluster, _folder: None) -> None:
        self.servers = kafka_broker.bootstrap
        self.topic = unique("library")

    def log(self) -> KafkaLog:
        place = KafkaPlace((self.servers,), self.topic)
        url = f"sqlite:///{self.path / 'index.db'}"
        log = KafkaLog.open(Brokers(place), url, partitions=1, originator_id_type="uuid")
        self.opened.append(log)
        return log

    def environment(self, name: str = "log") -> dict[str, str]:
        return {
            "PERSISTENCE_MODULE": "infra.log.kafka",
            "SQLITE_DBNAME": str(self.path / f"{name}.db"),
            "KAFKA_LOG": f"kafka://{self.servers}/{self.topic}-{name}",
        }


class OnEnvironment(OnAFile):
    """Lets applications that are given no settings find the log."""

    @pytest.fixture(autouse=True)
    def _environment(self, _folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in self.environment().items():
            monkeypatch.setenv(name, value)


class TestAggregateRecorder(OnAFile, cases.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        factory = self.factory_class(Environment(env=self.environment()))
        self.opened.append(factory)
        return factory.aggregate_recorder("snapshots")


class TestApplicationRecorder(OnAFile, cases.ApplicationRecorderTestCase[Any]):
    def create_recorder(self) -> Any:
        return self.log()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnAFile, cases.TrackingRecorderTestCase):
    def create_recorder(self) -> Any:
        return self.log()


class TestProcessRecorder(OnAFile, cases.ProcessRecorderTestCase):
    def create_recorder(self) -> Any:
        return self.log()


class TestNonInterleavingNotificationIds(OnAFile, cases.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> Any:
        return self.log()


class OwnTrackingRecorder(SQLiteTrackingRecorder):
    """A class that the factory does not know."""


class TestFactory(OnAFile, cases.InfrastructureFactoryTestCase[Any]):
    @pytest.fixture(autouse=True)
    def _settings(self, _folder: None) -> None:
        self.env = Environment(env=self.environment())

    def expected_factory_class(self) -> Any:
        return self.factory_class

    def expected_aggregate_recorder_class(self) -> type[SQLiteAggregateRecorder]:
        return SQLiteAggregateRecorder

    def expected_application_recorder_class(self) -> Any:
        return self.log_class

    def expected_tracking_recorder_class(self) -> type[SQLiteTrackingRecorder]:
        return SQLiteTrackingRecorder

    def tracking_recorder_subclass(self) -> type[SQLiteTrackingRecorder]:
        return OwnTrackingRecorder

    def expected_process_recorder_class(self) -> Any:
        return self.log_class

    def test_a_database_in_memory_is_refused(self) -> None:
        with pytest.raises(OSError, match="needs a file"):
            InfrastructureFactory.construct({**self.environment(), "SQLITE_DBNAME": ":memory:"})


class TestExampleApplication(OnEnvironment, application_cases.ExampleApplicationTestCase):
    expected_factory_topic = "infra.log.sqlite:Factory"


@pytest.mark.filterwarnings("default")
class TestApplication(OnEnvironment, application_cases.ApplicationTestCase):
    pass


class EventCounters(SQLiteTrackingRecorder, projection_cases.EventCountersView):
    """Counts events in a table beside the tracking."""

    def construct_create_table_statements(self) -> list[str]:
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, counted INTEGER NOT NULL)",
        ]

    def get_created_event_counter(self) -> int:
        return self._counted("created")

    def get_subsequent_event_counter(self) -> int:
        return self._counted("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._count("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._count("subsequent", tracking)

    def _counted(self, name: str) -> int:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT counted FROM counters WHERE name = ?", (name,))
            row = cursor.fetchone()
            return row["counted"] if row else 0

    def _count(self, name: str, tracking: Tracking) -> None:
        cursor: SQLiteCursor
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET counted = counted + 1", (name,)
            )


class TestProjection(OnAFile, projection_cases.AggregateEventCountersProjectionTestCase):
    view_class = EventCounters

    @pytest.fixture(autouse=True)
    def _settings(self, _folder: None) -> None:
        # The class holds the settings; an instance's own hide them from the other tests.
        vars(self)["env"] = self.environment()


class TestEventSourcedProjection(OnAFile, projection_cases.EventSourcedProjectionTestCase):
    @pytest.fixture(autouse=True)
    def _settings(self, _folder: None) -> None:
        apart = {
            f"{name.upper()}_{key}": value
            for name in ("application", "counters")
            for key, value in self.environment(name).items()
            if key != "PERSISTENCE_MODULE"
        }
        vars(self)["env"] = {**self.environment(), **apart}


class TestAggregateRecorderOnKafka(OnKafka, TestAggregateRecorder):
    pass


class TestApplicationRecorderOnKafka(OnKafka, TestApplicationRecorder):
    pass


class TestTrackingRecorderOnKafka(OnKafka, TestTrackingRecorder):
    pass


class TestProcessRecorderOnKafka(OnKafka, TestProcessRecorder):
    pass


class TestNonInterleavingNotificationIdsOnKafka(OnKafka, TestNonInterleavingNotificationIds):
    pass


class TestFactoryOnKafka(OnKafka, TestFactory):
    pass


class TestExampleApplicationOnKafka(OnKafka, TestExampleApplication):
    expected_factory_topic = "infra.log.kafka:Factory"


@pytest.mark.filterwarnings("default")
class TestApplicationOnKafka(OnKafka, TestApplication):
    pass


class TestProjectionOnKafka(OnKafka, TestProjection):
    pass


class TestEventSourcedProjectionOnKafka(OnKafka, TestEventSourcedProjection):
    pass


def test_an_aggregate_recorder_cannot_write_behind_the_log(tmp_path: Path) -> None:
    environment = {"PERSISTENCE_MODULE": "infra.log.sqlite", "SQLITE_DBNAME": str(tmp_path / "log.db")}
    factory = InfrastructureFactory.construct(environment)
    try:
        factory.application_recorder()
        recorder = factory.aggregate_recorder("events")
        event = StoredEvent(UUID(int=1), 1, "topic", b"state")
        with pytest.raises(OperationalError, match="8 columns"):
            recorder.insert_events([event])
    finally:
        factory.close()
