"""The thread that writes the SQLite log: what is waiting goes into one transaction, for one fsync."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from threading import Lock, Thread, current_thread
from time import monotonic, sleep
from typing import Any

from infra.log.commit import Commit, LogBusy, LogNotification, LogUnavailable, Outcome, stream_of
from infra.log.intake import Intake, Request
from infra.log.settle import Before, Settled, settle
from infra.log.sqlite_file import connect, instant, microseconds, unavailable

# sqlite3 gives up the interpreter lock at every step, and may wait 5 ms among busy threads to have it back:
# beside one, executemany of 500 rows took three to six times as long as one statement of 500 rows.
# A statement has a power of two of rows, so that few are kept prepared; rows of NULL fill it up.
ROWS_PER_STATEMENT = 2_048

CACHE_KIB = 32_000
# Checkpoints at 16 MiB of WAL rather than 4: a page changed by several packs is copied to the file once.
CHECKPOINT_PAGES = 4_000
WAL_LIMIT_BYTES = 64 << 20
RETRY_S = 0.002

# One statement, and one row: each is another step.
BEFORE = """
SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'),
       (SELECT recorded_at FROM stored_events ORDER BY notification_id DESC LIMIT 1),
       (SELECT json_group_array(
            (SELECT max(originator_version) FROM stored_events WHERE originator_id = value)
        ) FROM json_each(?)),
"""
SEEN = """
(SELECT json_group_array(json_array(hex(commit_id), notification_id, commit_events))
 FROM stored_events WHERE commit_id IN ({}))
"""
NOTIFICATIONS = """
SELECT originator_id, originator_version, topic, state, notification_id, recorded_at FROM stored_events
"""


class Writer:
    """Takes requests from the intake, judges and stores them in order, and tells each its own outcomes."""

    def __init__(
        self,
        database: str,
        intake: Intake,
        now: Callable[[], datetime],
        read: Callable[[Sequence[Any]], LogNotification],
        announce: Callable[[], None],
        timeout_s: float,
        appended: Callable[[int, float], None],
    ) -> None:
        self._database = database
        self._intake = intake
        self._now = now
        self._read = read
        self._announce = announce
        self._timeout_s = timeout_s
        self._appended = appended
        self._connection: sqlite3.Connection | None = None
        self._thread: Thread | None = None
        self._starting = Lock()

    def put(self, request: Request, timeout_s: float) -> None:
        """Queue a request, and start the thread with the first one."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._run, name="log-writer", daemon=True)
                    self._thread.start()
        self._intake.put(request, timeout_s)

    def close(self) -> None:
        """Take no more requests, write those that are queued, and end the thread."""
        self._intake.close()
        with self._starting:
            thread = self._thread
        # A garbage collection may close the log from any thread.
        if thread is not None and thread is not current_thread():
            thread.join()

    def _run(self) -> None:
        while pack := self._intake.take():
            taken = [request for request in pack if request.outcomes.set_running_or_notify_cancel()]
            if taken:
                self._write(taken)
            del pack, taken
        self._disconnect()

    def _write(self, pack: Sequence[Request]) -> None:
        began = monotonic()
        try:
            commits = [commit for request in pack for commit in request.commits]
            outcomes = iter(self._append(commits))
        except LogUnavailable as error:
            for request in pack:
                request.outcomes.set_exception(error)
        except BaseException as error:
            if len(pack) == 1:
                pack[0].outcomes.set_exception(error)
                return
            # One request's bad value must not fail the others'.
            for request in pack:
                self._write([request])
        else:
            self._announce()
            self._appended(sum(len(commit.events) for commit in commits), monotonic() - began)
            for request in pack:
                request.outcomes.set_result(list(islice(outcomes, len(request.commits))))

    def _append(self, commits: Sequence[Commit]) -> list[Outcome]:
        try:
            connection = self._begin()
            settled = self._store(connection, commits)
            # Repeats and refusals alone leave nothing to wait for the disk for.
            connection.execute("COMMIT" if settled.events or settled.reached else "ROLLBACK")
        except BaseException as error:
            # Closing rolls back, and a new connection starts with nothing that may be wrong with this one.
            self._disconnect()
            if isinstance(error, sqlite3.Error):
                raise unavailable(error) from error
            raise
        return settled.outcomes

    def _begin(self) -> sqlite3.Connection:
        """Open a write transaction; SQLite's own waiting sleeps too long to get in beside a busy process."""
        deadline = monotonic() + self._timeout_s
        while True:
            try:
                connection = self._connected()
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    raise
                if monotonic() > deadline:
                    raise LogBusy("Another process kept the log from being written; retry.") from error
                sleep(RETRY_S)
            else:
                return connection

    def _store(self, connection: sqlite3.Connection, commits: Sequence[Commit]) -> Settled:
        before, last_stamp = self._before(connection, commits)
        stamp = max(microseconds(self._now()), last_stamp)
        settled = settle(commits, before, instant(stamp), stamp)
        # A failure ends the transaction either way; said beforehand, SQLite keeps no second journal.
        _insert(connection, "INSERT OR ROLLBACK INTO stored_events", 8, settled.events)
        _insert(connection, "INSERT OR IGNORE INTO marks", 5, settled.marks)
        for name, position in settled.reached.items():
            connection.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (name, position))
        return settled

    def _before(self, connection: sqlite3.Connection, commits: Sequence[Commit]) -> tuple[Before, int]:
        """What the log holds that matters to these commits, and when its last event was recorded."""
        streams = list({stream_of(event) for commit in commits for event in commit.events})
        ids = [commit.id for commit in commits]
        part, rest = ids[:ROWS_PER_STATEMENT], ids[ROWS_PER_STATEMENT:]
        statement, values = _seen_among(part)
        last_id, last_stamp, heads, seen = connection.execute(
            BEFORE + statement, [json.dumps(streams), *values]
        ).fetchone()
        found = json.loads(seen)
        while rest:
            part, rest = rest[:ROWS_PER_STATEMENT], rest[ROWS_PER_STATEMENT:]
            statement, values = _seen_among(part)
            (seen,) = connection.execute(f"SELECT {statement}", values).fetchone()
            found += json.loads(seen)
        before = Before(
            last_id=last_id or 0,
            seen={bytes.fromhex(commit_id): self._stored(connection, *place) for commit_id, *place in found},
            heads={
                stream: head
                for stream, head in zip(streams, json.loads(heads), strict=True)
                if head is not None
            },
            reached=_reached(connection, commits),
        )
        return before, last_stamp or 0

    def _stored(
        self, connection: sqlite3.Connection, first_id: int, events: int
    ) -> tuple[LogNotification, ...]:
        between = (
            f"{NOTIFICATIONS} WHERE notification_id >= ? AND notification_id < ? ORDER BY notification_id"
        )
        return tuple(map(self._read, connection.execute(between, (first_id, first_id + events)).fetchall()))

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = connect(self._database, timeout_s=0)
            try:
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
                connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _reached(connection: sqlite3.Connection, commits: Sequence[Commit]) -> dict[str, int]:
    names = {commit.tracking.application_name for commit in commits if commit.tracking is not None}
    reached: dict[str, int] = {}
    for name in names:
        reached.update(connection.execute("SELECT * FROM positions WHERE application_name = ?", (name,)))
    return reached


def _seen_among(ids: list[bytes]) -> tuple[str, list[bytes | None]]:
    rows = _rows_for(len(ids))
    return _seen_statement(rows), [*ids, *[None] * (rows - len(ids))]


def _insert(connection: sqlite3.Connection, into: str, width: int, values: list[Any]) -> None:
    step = width * ROWS_PER_STATEMENT
    for start in range(0, len(values), step):
        part = values[start : start + step]
        rows = _rows_for(len(part) // width)
        connection.execute(_insert_statement(into, width, rows), part + [None] * (rows * width - len(part)))


def _rows_for(length: int) -> int:
    return 1 << (length - 1).bit_length()


@cache
def _seen_statement(rows: int) -> str:
    return SEEN.format(", ".join("?" * rows))


@cache
def _insert_statement(into: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    values = ", ".join([row] * rows)
    return f"{into} SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL"  # noqa: S608 (no value in it)
