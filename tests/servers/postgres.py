"""A real PostgreSQL for tests: one server that a whole run shares, and a fresh database for each test."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.deploy import postgres
from infra.deploy.postgres import FOR_TESTS, Postgres
from tests.servers.kafka import unique
from tests.servers.ports import free_port
from tests.servers.shared import folder_of_run, keep, shared


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The server, shared by the whole run: use databases of your own, and leave it running."""
    folder = folder_of_run(tmp_path_factory, "postgres")
    with shared(folder, __name__):
        yield postgres.at(folder / "server")


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """The URL of a database that is new, empty and this test's alone."""
    name = unique("test")
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture
def breakable_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server that is this test's alone, to be killed, paused, stopped and started."""
    with own_postgres(tmp_path / "postgres") as server:
        yield server


@contextmanager
def own_postgres(folder: Path) -> Iterator[Postgres]:
    """A server of one's own, in a folder that is not there yet."""
    server = postgres.make(folder, free_port(), FOR_TESTS)
    try:
        server.start()
        yield server
    finally:
        postgres.remove(folder)


def main(folder: Path) -> None:
    """Keep the server of a folder."""
    server = postgres.make(folder / "server", free_port(), FOR_TESTS)
    keep(folder, server.start, lambda: postgres.remove(folder / "server"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
