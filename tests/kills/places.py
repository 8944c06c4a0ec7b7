"""Where log and views are: in a file or on Kafka, in a file or in PostgreSQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.kafka.cluster import Cluster
from infra.deploy.postgres import Postgres
from tests.servers.kafka import unique

PARTITIONS = 3
TODAY = "2019-10-22"


@dataclass(frozen=True, slots=True)
class Places:
    """The settings of what is killed and, of the same log, of what is left alone; ``restart`` kills the
    database of the views and starts it, if that is a server.
    """

    name: str
    killed: Mapping[str, str]
    untouched: Mapping[str, str]
    restart: Callable[[], None] | None


def places(folder: Path, kafka: Cluster | None, server: Postgres | None) -> Places:
    """Those of a run of its own, below a folder that is not there yet; in files where there is no server."""
    folder.mkdir(parents=True)
    log = {}
    if kafka is not None:
        log = {
            "CASETIMELINE_LOG": f"kafka://{kafka.bootstrap}/{unique('killed')}",
            "CASETIMELINE_KAFKA_PARTITIONS": str(PARTITIONS),
        }
    settings = {"CASETIMELINE_DATA": str(folder / "data"), "CASETIMELINE_TODAY": TODAY, **log}

    def of(name: str) -> dict[str, str]:
        index = {"CASETIMELINE_INDEX": f"sqlite:///{folder / name}-index.sqlite3"} if log else {}
        at = f"sqlite:///{folder / name}.sqlite3" if server is None else server.create_database(unique(name))
        return {**settings, **index, "CASETIMELINE_VIEWS": at}

    def restart() -> None:
        assert server is not None
        server.kill()
        server.start()

    return Places(
        name=f"log {'in a file' if kafka is None else 'on Kafka'}, views in "
        f"{'a file' if server is None else 'PostgreSQL'}",
        killed=of("killed"),
        untouched=of("untouched"),
        restart=None if server is None else restart,
    )
