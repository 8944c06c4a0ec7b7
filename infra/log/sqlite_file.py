"""The SQLite file of the log: its tables, its connections and what its failures mean."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from threading import Condition, Lock

from eventsourcing.persistence import DatabaseError, IntegrityError, ProgrammingError

from infra.log.commit import LogBusy, LogClosed, LogFull, LogUnavailable

FORMAT = 1

# The table and its columns are named as by eventsourcing's own recorder, so that it can read the file;
# it cannot write it, for it knows no recorded_at. What a commit is known by stands on its first event.
TABLES = (
    """
    CREATE TABLE stored_events (
        notification_id INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        recorded_at INTEGER NOT NULL, -- microseconds since 1970-01-01T00:00Z
        commit_id BLOB,
        commit_events INTEGER, -- how many, this one and those that follow it
        UNIQUE (originator_id, originator_version)
    )
    """,
    "CREATE UNIQUE INDEX commits ON stored_events (commit_id) WHERE commit_id IS NOT NULL",
    """
    CREATE TABLE marks (
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        notification_id INTEGER NOT NULL,
        extra TEXT NOT NULL,
        stream TEXT NOT NULL,
        PRIMARY KEY (kind, value, notification_id, extra)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX marks_of_stream ON marks (stream, kind)",
    """
    CREATE TABLE positions (
        application_name TEXT PRIMARY KEY,
        notification_id INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    *(
        f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        for table in ("stored_events", "marks")
        for change in ("UPDATE", "DELETE")
    ),
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

MAPPED_BYTES = 1 << 40
"""How much of the file is read where it lies in memory: as much as SQLite was built for, mostly 2 GB."""

CLOSED = "The log was closed; open it again."

# What SQLite answers when the disk takes nothing more; a quota or a file size limit shows as IOERR_WRITE.
TAKES_NO_MORE = (
    "SQLITE_FULL",
    "SQLITE_READONLY",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_DIR_FSYNC",
    "SQLITE_IOERR_TRUNCATE",
    "SQLITE_IOERR_SHMSIZE",
)


def microseconds(instant: datetime) -> int:
    """An aware instant as it is stored: exact, as no float is in between."""
    return (instant - EPOCH) // MICROSECOND


def instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def connect(database: str, timeout_s: float) -> sqlite3.Connection:
    """A connection in autocommit mode, on which COMMIT returns once the disk has it."""
    connection = sqlite3.connect(
        database,
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = FULL")
    # Without it, INSERT OR REPLACE deletes behind the triggers' back.
    connection.execute("PRAGMA recursive_triggers = ON")
    return connection


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty log of a new file; leaves one that is there as it is.

    Raises ProgrammingError for a file that holds another recorder's events, or a form of ours not known here.
    """
    if _format(connection) == FORMAT:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    found = _format(connection)
    if found == FORMAT:
        connection.execute("ROLLBACK")
        return
    if found:
        raise ProgrammingError(f"The log is of format {found}, this program knows {FORMAT}: update it.")
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'stored_events'").fetchone():
        raise ProgrammingError("The file holds events that another recorder stored: name another file.")
    for statement in TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _format(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def unavailable(error: sqlite3.Error) -> Exception:
    """The library's error for one of SQLite's: what the caller should do, and no row's content."""
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    said = f"The log's file answered {name}"
    if name.startswith(TAKES_NO_MORE):
        return LogFull(f"{said}: nothing more can be stored; see to the disk and retry.")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LogBusy(f"{said}: another process kept it; retry.")
    if isinstance(error, sqlite3.IntegrityError):
        return IntegrityError(f"{said}: read and decide again.")
    if isinstance(error, sqlite3.OperationalError):
        return LogUnavailable(f"{said}; see to it and retry.")
    return DatabaseError(f"{said}.")


Turn = SimpleQueue[sqlite3.Connection | LogClosed | None]


class Readers:
    """Connections to read on, lent to one thread at a time, in turn, and never closed while lent."""

    def __init__(self, database: str, timeout_s: float, limit: int) -> None:
        self._database = database
        self._timeout_s = timeout_s
        self._limit = limit
        self._lock = Lock()
        self._returned = Condition(self._lock)
        self._idle: list[sqlite3.Connection] = []
        self._lent = 0
        self._waiting: deque[Turn] = deque()
        self._is_closed = False

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection. Raises LogClosed once closed, LogUnavailable where the file cannot be read."""
        connection = self._take()
        try:
            if connection is None:
                connection = connect(self._database, self._timeout_s)
                connection.execute("PRAGMA query_only = ON")
                # A history lies all over the file: copying a page for each fact takes longer than reading it.
                connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
            yield connection
        except sqlite3.Error as error:
            raise unavailable(error) from error
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Lend no more, wait until all are back, and close them."""
        with self._lock:
            self._is_closed = True
            while self._waiting:
                self._waiting.popleft().put(LogClosed(CLOSED))
            self._returned.wait_for(lambda: not self._lent, self._timeout_s)
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> sqlite3.Connection | None:
        """A connection, or leave to open one; those who wait are served in turn."""
        with self._lock:
            if self._is_closed:
                raise LogClosed(CLOSED)
            if self._lent < self._limit:
                self._lent += 1
                return self._idle.pop() if self._idle else None
            turn: Turn = SimpleQueue()
            self._waiting.append(turn)
        handed = turn.get()
        if isinstance(handed, LogClosed):
            raise handed
        return handed

    def _give_back(self, connection: sqlite3.Connection | None) -> None:
        """Hand it to who waits longest; left to a race, some thread never gets one."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(connection)
                return
            self._lent -= 1
            if connection is not None and self._is_closed:
                connection.close()
            elif connection is not None:
                self._idle.append(connection)
            self._returned.notify_all()
