"""The real PostgreSQL that the tests and the stack are run with."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from infra.deploy import postgres
from infra.deploy.process import NotRunning

pytestmark = pytest.mark.slow


def told(url: str, *statements: str) -> list:
    """The rows of the last statement, all of them in one transaction."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements[:-1]:
                connection.execute(text(statement))
            found = connection.execute(text(statements[-1]))
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()


def test_a_test_gets_a_database_that_is_new_and_empty(postgres_url):
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert told(postgres_url, tables) == [(0,)]


def test_what_was_committed_is_there_after_a_kill(breakable_postgres):
    url = breakable_postgres.create_database("kept")
    told(url, "CREATE TABLE kept AS SELECT 1 AS one")
    breakable_postgres.kill()
    with pytest.raises(OperationalError):
        told(url, "SELECT one FROM kept")
    breakable_postgres.start()
    assert told(url, "SELECT one FROM kept") == [(1,)]


def test_nobody_connects_without_the_password(postgres_server):
    stranger = postgres_server.url().replace(postgres_server.password, "guessed")
    with pytest.raises(OperationalError, match="password authentication failed"):
        told(stranger, "SELECT 1")


def test_a_folder_without_a_server_is_told(tmp_path):
    with pytest.raises(NotRunning, match="there is no PostgreSQL"):
        postgres.at(tmp_path)
