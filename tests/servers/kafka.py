"""Real Kafka for tests: one broker that a whole run shares, and clusters to break.

Topics of the shared one belong to the test that makes them: name them by ``unique``. A test that kills or
pauses takes ``breakable_kafka``, whose nodes can be killed, paused, resumed and restarted.
"""

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from infra.deploy.kafka.cluster import FOR_TESTS, JAVA_FOR_TESTS, PORTS_OF_A_NODE, Cluster, at, make
from tests.servers.ports import free_ports
from tests.servers.shared import folder_of_run, keep, shared


def unique(name: str) -> str:
    """A name that no other test has."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


def made(folder: Path, nodes: int) -> Cluster:
    """A cluster on free ports, with little memory, and quick to notice what is dead. Not started."""
    return make(folder, free_ports(nodes, PORTS_OF_A_NODE), java=JAVA_FOR_TESTS, settings=FOR_TESTS)


@contextmanager
def running(folder: Path, nodes: int) -> Iterator[Cluster]:
    """A cluster of one's own, to be broken at will; nothing of it runs after."""
    cluster = made(folder, nodes)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.kill()


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One broker, shared by the whole run: use topics of your own, and leave it running."""
    folder = folder_of_run(tmp_path_factory, "kafka")
    with shared(folder, __name__):
        yield at(folder / "cluster")


@pytest.fixture
def breakable_kafka(tmp_path: Path) -> Iterator[Callable[[int], Cluster]]:
    """Given a number of nodes (1 or 3), a cluster that is this test's alone."""
    with ExitStack() as stack:
        yield lambda nodes: stack.enter_context(running(tmp_path / unique("kafka"), nodes))


def main(folder: Path) -> None:
    """Keep the broker of a folder."""
    cluster = made(folder / "cluster", 1)
    keep(folder, cluster.start, cluster.stop)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
