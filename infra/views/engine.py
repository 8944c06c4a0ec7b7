"""The database of the views, and what is said of it where it cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

POSTGRESQL = "postgresql"
_ONE_AT_A_TIME = 0x63617365
"""What those who make or change tables lock in PostgreSQL."""

_KEPT_OUT_MS = 60_000
"""How long SQLite keeps trying while others write, which is one at a time and by no queue: the shares of a
rebuild take seconds each.
"""

_LOST_THE_RACE = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a transaction that another one got in the way of."""

_IN_USE = "55P03"
"""Its code for a table that it was not to wait for any longer."""

_GIVE_WAY_MS = 200
"""How long who changes what is read waits for readers: those who come after wait behind it as long."""


class ViewsUnavailable(Exception):
    """The views cannot be reached. Wait and retry; nothing is lost, for they can be built again from
    the log.
    """


class Overtaken(Exception):
    """Another projector moved the views on. Read how far they are, and go on from there."""


class InUse(Overtaken):
    """Somebody has been reading for long what was to be changed. Try again in a moment."""


@contextmanager
def reaching() -> Iterator[None]:
    """Says in our words what goes wrong with the database."""
    try:
        yield
    except IntegrityError as error:
        raise Overtaken from error
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None)
        if code == _IN_USE:
            raise InUse("somebody has been reading for long; the same again goes on from there") from error
        if code in _LOST_THE_RACE:
            raise Overtaken from error
        raise ViewsUnavailable(type(error).__name__) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read with. On SQLite it sees one state of everything, elsewhere each statement does."""
    with reaching(), engine.connect() as connection:
        yield connection


@contextmanager
def reading_one_state(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of everything, which no other transaction holds up."""
    with reaching(), engine.connect() as connection:
        if engine.dialect.name == POSTGRESQL:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed at the end; on SQLite it keeps every other one out from its start."""
    with reaching(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def changing_tables(engine: Engine) -> Iterator[Connection]:
    """As `writing`, for whoever makes and drops tables: one at a time."""
    with writing(engine) as connection:
        if engine.dialect.name == POSTGRESQL:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        yield connection


@contextmanager
def copying(connection: Connection, statement: str) -> Iterator[Any]:
    """The driver's COPY in PostgreSQL, with its errors as SQLAlchemy tells them."""
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy
    except errors.IntegrityError as error:
        raise IntegrityError("COPY", None, error) from error
    except errors.Error as error:
        raise DBAPIError("COPY", None, error) from error


def give_way(connection: Connection) -> None:
    """Have the rest of a transaction raise InUse rather than keep readers waiting: PostgreSQL lets nobody
    read a table that somebody waits to change.
    """
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text(f"SET LOCAL lock_timeout = {_GIVE_WAY_MS}"))


def open_engine(url: str) -> Engine:
    """The database at an address; a file is made if it is not there."""
    address = make_url(url)
    if address.get_backend_name() == POSTGRESQL:
        # A connection that a restart of the server broke is found out before it is used.
        return create_engine(address, pool_pre_ping=True)
    engine = create_engine(address)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        # Transactions are begun below: the driver begins none before it makes or drops a table.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_KEPT_OUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # They can be built again from the log: a crash may cost their last moments, never their sense.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
