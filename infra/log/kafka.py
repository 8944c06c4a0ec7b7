"""Runs an eventsourcing application on a topic of Kafka: ``PERSISTENCE_MODULE=infra.log.kafka``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from eventsourcing import sqlite as library
from eventsourcing.utils import Environment, EnvType

from infra.kafka_place import read_place
from infra.kafka_security import PROTOCOLS, Security
from infra.log.kafka_client import Brokers
from infra.log.kafka_log import KafkaLog


class Factory(library.SQLiteFactory):
    """Settings, each also with the application's name before it:

    ``KAFKA_LOG``: the topic, ``kafka://host:port[,host:port]/topic``; one for each application.
    ``SQLITE_DBNAME``: a file for snapshots and tracking, and for the index of the topic.
    ``KAFKA_INDEX``: the database of the index, where it is to be another; a SQLAlchemy URL.
    ``KAFKA_PARTITIONS``: how many a topic gets that is made; 1 unless told.
    ``KAFKA_PARTITION``: of a topic with several, the one whose notifications are read.
    ``KAFKA_SECURITY``, ``KAFKA_USER``, ``KAFKA_PASSWORD``, ``KAFKA_CA_FILE``, ``KAFKA_CERT_FILE``,
    ``KAFKA_KEY_FILE``: see infra/kafka_security.py.
    ``ORIGINATOR_ID_TYPE``: uuid or text.
    """

    KAFKA_LOG: Final = "KAFKA_LOG"
    KAFKA_INDEX: Final = "KAFKA_INDEX"
    KAFKA_PARTITIONS: Final = "KAFKA_PARTITIONS"
    KAFKA_PARTITION: Final = "KAFKA_PARTITION"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        if self.datastore.pool.is_sqlite_memory_mode:
            raise OSError(f"{self.SQLITE_DBNAME} names a database in memory; this log needs a file.")
        told = self.env.get(self.KAFKA_LOG)
        if not told:
            raise OSError(f"{self.KAFKA_LOG} is not set; for example kafka://127.0.0.1:9092/my-application.")
        self._brokers = Brokers(read_place(told), _security(self.env.get).client())
        self._logs: list[KafkaLog] = []

    def application_recorder(self) -> KafkaLog:
        partition = self.env.get(self.KAFKA_PARTITION)
        options: dict[str, Any] = {} if partition is None else {"partition": int(partition)}
        log = KafkaLog.open(
            self._brokers,
            self.env.get(self.KAFKA_INDEX) or f"sqlite:///{self.datastore.pool.db_name}",
            partitions=int(self.env.get(self.KAFKA_PARTITIONS) or 1),
            originator_id_type="uuid" if self.datastore.originator_id_type == "uuid" else "text",
            **options,
        )
        self._logs.append(log)
        return log

    def process_recorder(self) -> KafkaLog:
        return self.application_recorder()

    def close(self) -> None:
        for log in self._logs:
            log.close()
        super().close()


def _security(get: Any) -> Security:
    protocol = get("KAFKA_SECURITY") or "plaintext"
    if protocol not in PROTOCOLS:
        raise OSError(f"KAFKA_SECURITY must be one of {', '.join(PROTOCOLS)}")
    files: Mapping[str, Path | None] = {
        name: Path(told) if (told := get(f"KAFKA_{name.upper()}")) else None
        for name in ("ca_file", "cert_file", "key_file")
    }
    security = Security(protocol=protocol, user=get("KAFKA_USER"), password=get("KAFKA_PASSWORD"), **files)
    if said := security.problems("KAFKA_"):
        raise OSError("; ".join(said))
    return security
