"""The database of the index: how it is reached, written in one transaction, and filled with many rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from infra.log.commit import LogFull, LogUnavailable
from infra.log.sqlite_file import TAKES_NO_MORE

ROWS_PER_STATEMENT = 2_048
"""As for the log in SQLite: one statement of many rows, as each step gives up the interpreter lock."""

ASKED_AT_ONCE = 8_192
"""Values in one query: SQLite takes 32,766."""

WAITS_S = 10
CACHE_KIB = 32_000
CHECKPOINT_PAGES = 4_000


class Overtaken(Exception):
    """Another process moved the index on at the same time. Read where it stands, and go on from there."""


def open_engine(url: str) -> Engine:
    """The database of a URL, each statement a transaction of its own unless in `writing`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        assert parsed.database, "the index needs a file"
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = create_engine(parsed, isolation_level="AUTOCOMMIT", connect_args={"timeout": WAITS_S})
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        engine = create_engine(parsed, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # What a power cut takes is read from the topic again: the position goes with it.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def _prepare_postgresql(connection: Any, _: ConnectionPoolEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read on. Raises LogUnavailable where there is none."""
    with reaching(), engine.connect() as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see one state. Raises LogUnavailable where there is none."""
    with reaching(), engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN" if is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            yield connection
        finally:
            _roll_back(connection)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, that no other process writes in at the same time.

    Raises Overtaken where another was there first, LogFull and LogUnavailable as the log does.
    """
    with reaching(), engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("ROLLBACK")
    except DBAPIError:
        # It is over already, or the connection is: the pool is not to lend it again.
        connection.invalidate()


@contextmanager
def reaching() -> Iterator[None]:
    """Turn a database's errors into the log's; what was in the statement stays out of them."""
    try:
        yield
    except IntegrityError as error:
        raise Overtaken from error
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__
        if name.startswith(TAKES_NO_MORE):
            raise LogFull(f"The log's index answered {name}: see to the disk and retry.") from None
        raise LogUnavailable(f"The log's index answered {name}; see to it and retry.") from None


def among(
    connection: Connection, statement: str, values: Sequence[Any], then: str = "", first: Sequence[Any] = ()
) -> list[Sequence[Any]]:
    """The rows of a statement that ends with a column, which must have one of these values. ``first`` are
    those that stand for its question marks.

    Written out, as the library's own IN takes longer to put together than the database to answer it.
    """
    found: list[Sequence[Any]] = []
    for start in range(0, len(values), ASKED_AT_ONCE):
        part = list(values[start : start + ASKED_AT_ONCE])
        if connection.dialect.name == "sqlite":
            places = 1 << (len(part) - 1).bit_length()
            asked = _among(statement, places, then)
            found += connection.exec_driver_sql(asked, (*first, *part, *[None] * (places - len(part)))).all()
        else:
            asked = f"{statement.replace('?', '%s')} = ANY(%s) {then}"
            found += connection.exec_driver_sql(asked, (*first, part)).all()
    return found


@cache
def _among(statement: str, places: int, then: str) -> str:
    return f"{statement} IN ({', '.join('?' * places)}) {then}"


def insert_rows(
    connection: Connection, table: Table, values: Sequence[Any], columns: Sequence[str] = ()
) -> None:
    """Insert rows, given as one flat list of values in the order of these columns, or else of the table's."""
    if not values:
        return
    into = f"{table.name} ({', '.join(columns or table.columns.keys())})"
    width = len(columns or table.columns)
    if connection.dialect.name != "sqlite":
        _copy(connection, into, values, width)
        return
    step = width * ROWS_PER_STATEMENT
    for start in range(0, len(values), step):
        part = values[start : start + step]
        rows = 1 << (len(part) // width - 1).bit_length()
        filled = (*part, *[None] * (rows * width - len(part)))
        connection.exec_driver_sql(_insert(into, width, rows), filled)


@cache
def _insert(into: str, width: int, rows: int) -> str:
    """A statement of a power of two of rows, so that few are kept prepared; rows of NULL fill it up."""
    row = f"({', '.join('?' * width)})"
    values = ", ".join([row] * rows)
    return f"INSERT OR ROLLBACK INTO {into} SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL"  # noqa: S608 (a table of ours, and no value)


def _copy(connection: Connection, into: str, values: Sequence[Any], width: int) -> None:
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for start in range(0, len(values), width):
            copy.write_row(values[start : start + width])
