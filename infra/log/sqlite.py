"""The log in one SQLite file, behind eventsourcing's recorder interface."""

import json
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import datetime
from operator import itemgetter
from time import monotonic, sleep
from types import MappingProxyType
from typing import Any, Literal, Self
from uuid import UUID

from eventsourcing import sqlite as library
from eventsourcing.domain import datetime_now_with_tzinfo
from eventsourcing.persistence import (
    IntegrityError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)
from eventsourcing.utils import Environment, EnvType

from infra.log.commit import (
    OWN,
    Commit,
    LogBusy,
    LogDamaged,
    LogNotification,
    Outcome,
    Own,
    Refused,
    stream_of,
    told_nobody,
)  # fmt: skip
from infra.log.intake import Intake, request
from infra.log.marks import Mark, Marked
from infra.log.rows import PartitionRows, Rows, instants
from infra.log.sqlite_file import Readers, connect, create_tables, instant, microseconds, unavailable
from infra.log.sqlite_writer import NOTIFICATIONS, RETRY_S, Writer
from infra.log.subscription import Arrivals, PollingSubscription

STREAMS_PAGE = 1_000

STREAMS = """
WITH RECURSIVE following(stream) AS (
    SELECT min(originator_id) FROM stored_events WHERE originator_id > ?
    UNION ALL
    SELECT (SELECT min(originator_id) FROM stored_events WHERE originator_id > stream)
    FROM following WHERE stream IS NOT NULL
)
SELECT stream FROM following WHERE stream IS NOT NULL LIMIT ?
"""
FOUND = """
SELECT originator_id, originator_version, topic, state, notification_id, recorded_at
FROM (SELECT notification_id AS first_id, commit_events AS events FROM stored_events WHERE commit_id = ?)
CROSS JOIN stored_events ON notification_id >= first_id AND notification_id < first_id + events
ORDER BY notification_id
"""
MARKED = """
SELECT marks.value, stream, notification_id, extra FROM json_each(?) AS asked
CROSS JOIN marks ON marks.kind = ? AND marks.value = asked.value ORDER BY marks.value, notification_id, extra
"""
MARKS_OF = """
SELECT stream, marks.value, notification_id, extra FROM json_each(?) AS asked
CROSS JOIN marks ON stream = asked.value AND marks.kind = ?
ORDER BY stream, notification_id, marks.value, extra
"""
OF_STREAMS = """
SELECT asked.key, originator_version, topic, state, notification_id, recorded_at
FROM json_each(?) AS asked CROSS JOIN stored_events ON originator_id = asked.value
WHERE topic NOT IN (SELECT value FROM json_each(?))
"""
_BY_STREAM = itemgetter(0, 1)


class SqliteLog(ProcessRecorder):
    """Append-only events in one file, each commit stored once, and durable when it is acknowledged.

    ``now`` is read when a pack is written; an event is never recorded earlier than the one before it.
    Several processes may write one file. Everything may be called from any thread.
    ``appended`` is told of each pack: how many events it had, and how many seconds it took to be durable.
    Everything raises LogUnavailable where the file cannot be used.
    """

    partitions = 1
    behind: Mapping[int, int] = MappingProxyType({0: 0})
    damaged = ()

    def __init__(
        self,
        database: str | os.PathLike[str],
        *,
        now: Callable[[], datetime],
        originator_id_type: Literal["uuid", "text"] = "text",
        timeout_s: float = 10.0,
        poll_s: float = 0.1,
        readers: int = 8,
        waiting_bytes: int = 32 << 20,
        pack_bytes: int = 4 << 20,
        appended: Callable[[int, float], None] = told_nobody,
    ) -> None:
        self._database = os.fspath(database)
        self._timeout_s = timeout_s
        self._poll_s = poll_s
        self._read = _notification_of(UUID if originator_id_type == "uuid" else str)
        self._arrivals = Arrivals()
        self._readers = Readers(self._database, timeout_s, readers)
        intake = Intake(waiting_bytes, pack_bytes)
        announce = self._arrivals.announce
        self._writer = Writer(self._database, intake, now, self._read, announce, timeout_s, appended)
        self._shut = weakref.finalize(self, _shut, self._writer, self._arrivals, self._readers)

    @classmethod
    def open(cls, database: str | os.PathLike[str], *, now: Callable[[], datetime], **options: Any) -> Self:
        """The log in this file, which is made if it is not there."""
        log = cls(database, now=now, **options)
        log.create_table()
        return log

    def create_table(self) -> None:
        """Make the tables where there are none."""
        deadline = monotonic() + self._timeout_s
        while True:
            try:
                with closing(connect(self._database, self._timeout_s)) as connection:
                    create_tables(connection)
                return
            except sqlite3.Error as error:
                raised = unavailable(error)
                # SQLite does not wait where two processes turn one file to WAL.
                if not isinstance(raised, LogBusy) or monotonic() > deadline:
                    raise raised from error
                sleep(RETRY_S)

    def close(self) -> None:
        """Take no more, write what is waiting, end the subscriptions, and close once no thread is reading."""
        self._shut()

    def submit(self, commits: Sequence[Commit], timeout_s: float = 10.0) -> Future[list[Outcome]]:
        """Hand over commits; their outcomes, in order, are there once they are durable and readable.

        They are decided in one transaction, with those of others. Where that fails, the future raises
        LogUnavailable: some may count nevertheless, and the same commits again find out.
        Raises LogBusy if the queue has no room for them within the time; 0 does not wait.
        """
        asked = request(commits)
        self._writer.put(asked, timeout_s)
        return asked.outcomes

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        commit_id: bytes | None = None,
        expected_version: int | Literal[Own.OWN] | None = OWN,
        marks: tuple[tuple[str, str, str], ...] = (),
        tracking: Tracking | None = None,
        **kwargs: Any,
    ) -> Sequence[int]:
        """Store events as one commit, and return their notification ids once they are durable.

        A ``commit_id`` that was stored before returns the ids of what it stored then.
        Raises IntegrityError, with nothing stored, if a version or the tracking is not what was expected.
        """
        if not stored_events and tracking is None:
            return []
        commit = Commit(commit_id or os.urandom(16), tuple(stored_events), expected_version, marks, tracking)
        (outcome,) = self.submit([commit]).result()
        if isinstance(outcome, Refused):
            raise IntegrityError("The log has moved on since it was read; read and decide again.")
        assert not isinstance(outcome, LogDamaged), "a file is one, and damaged as a whole"
        return [notification.id for notification in outcome.notifications]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LogNotification]:
        """The events of a stream, in order of version."""
        stream = originator_id.hex if isinstance(originator_id, UUID) else originator_id
        where = ["originator_id = ?"]
        values: list[Any] = [stream]
        if gt is not None:
            where.append("originator_version > ?")
            values.append(gt)
        if lte is not None:
            where.append("originator_version <= ?")
            values.append(lte)
        return self._select(where, values, "originator_version DESC" if desc else "originator_version", limit)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[LogNotification]:
        """A page of all events, in log order."""
        where: list[str] = []
        values: list[Any] = []
        if start is not None:
            where.append("notification_id >= ?" if inclusive_of_start else "notification_id > ?")
            values.append(start)
        if stop is not None:
            where.append("notification_id <= ?")
            values.append(stop)
        if topics:
            where.append("topic IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(topics)))
        return self._select(where, values, "notification_id", limit)

    def max_notification_id(self) -> int | None:
        return self._number("SELECT max(notification_id) FROM stored_events")

    def max_tracking_id(self, application_name: str) -> int | None:
        statement = "SELECT max(notification_id) FROM positions WHERE application_name = ?"
        return self._number(statement, application_name)

    def insert_tracking(self, tracking: Tracking) -> None:
        self.insert_events([], tracking=tracking)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Self]:
        """Events after ``gt`` as they come, until stopped or the log is closed."""
        return PollingSubscription(self, self._arrivals, gt, topics, self._poll_s)

    def head(self, stream: str) -> int | None:
        """The version of the last event of a stream; None while it has none."""
        return self._number(
            "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?", stream
        )

    def refreshed(self) -> AbstractContextManager[None]:
        """Every read of the file sees all that was acknowledged before it."""
        return nullcontext()

    def faults(self) -> Iterator[tuple[int, int, str]]:
        """None: the events are all there is."""
        return iter(())

    def doubles(self) -> Sequence[LogNotification]:
        """None: there is one partition, in which an identity is stored once."""
        return ()

    def heads(self) -> tuple[int]:
        """The number of the last event of the one partition, 0 where there is none."""
        return (self.max_notification_id() or 0,)

    def page(
        self, partition: int, after: int, limit: int, topics: Sequence[str] = ()
    ) -> Sequence[LogNotification]:
        """Events after a number, in order."""
        assert partition == 0, "a log in SQLite has one partition"
        return self.select_notifications(after, limit, topics=topics, inclusive_of_start=False)

    def known_by(self, known_at: datetime) -> tuple[int]:
        """The number of the last event recorded at this aware instant or before; 0 if there is none."""
        known_then = "SELECT recorded_at <= ? FROM stored_events WHERE notification_id = ?"
        stamp = microseconds(known_at)
        low, high = 0, self.max_notification_id() or 0
        while low < high:
            middle = (low + high + 1) // 2
            known = self._number(known_then, stamp, middle)
            low, high = (middle, high) if known else (low, middle - 1)
        return (low,)

    def find(self, commit_id: bytes) -> tuple[LogNotification, ...] | None:
        """What a commit stored, or None if none of this id counts."""
        return self.find_all([commit_id]).get(commit_id)

    def find_all(self, commit_ids: Iterable[bytes]) -> dict[bytes, tuple[LogNotification, ...]]:
        """What each of these commits stored, leaving out those that do not count."""
        found: dict[bytes, tuple[LogNotification, ...]] = {}
        with self._readers.lend() as connection:
            for commit_id in commit_ids:
                if rows := connection.execute(FOUND, (commit_id,)).fetchall():
                    found[commit_id] = tuple(map(self._read, rows))
        return found

    def streams(self, after: str = "") -> Iterator[str]:
        """The names of all streams that have events, in order, from the first beyond ``after``."""
        while page := self._rows(STREAMS, after, STREAMS_PAGE):
            for (after,) in page:
                yield after

    def marked(self, kind: str, value: str) -> list[Marked]:
        """Where a mark stands, in log order."""
        return self.marked_all(kind, [value])[value]

    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]:
        """Where each of these marks stands, in log order; none is an empty list."""
        found: dict[str, list[Marked]] = {value: [] for value in values}
        for value, stream, number, extra in self._rows(MARKED, json.dumps(list(found)), kind):
            found[value].append(Marked(stream, 0, number, extra))
        return found

    def marks_of(self, stream: str, kind: str) -> list[Mark]:
        """A stream's marks of one kind, in log order."""
        return self.marks_of_all([stream], kind)[stream]

    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]:
        """Each stream's marks of one kind, in log order; none is an empty list."""
        found: dict[str, list[Mark]] = {stream: [] for stream in streams}
        for stream, value, number, extra in self._rows(MARKS_OF, json.dumps(list(found)), kind):
            found[stream].append(Mark(value, 0, number, extra))
        return found

    def partition_of(self, stream: str) -> int:
        return 0

    def read_partition(self, partition: int) -> PartitionRows:
        """All events, in columns."""
        rows = PartitionRows(partition)
        for event in map(self._read, self._rows(f"{NOTIFICATIONS} ORDER BY notification_id")):
            rows.streams.append(stream_of(event))
            rows.versions.append(event.originator_version)
            rows.topics.append(event.topic)
            rows.states.append(event.state)
            rows.offsets.append(event.offset)
            rows.recorded_at.append(event.recorded_at)
        return rows

    def select_all(self, streams: Sequence[str], without: Sequence[str] = ()) -> Rows:
        """The events of many streams, in columns, those of each in order of version, ``without`` those of
        some topics.
        """
        rows = self._rows(OF_STREAMS, json.dumps(list(streams)), json.dumps(list(without)))
        # Nearly in order, which SQLite does not know: it would sort them with all that they hold.
        rows.sort(key=_BY_STREAM)
        places, versions, topics, states, numbers, stamps = list(zip(*rows, strict=True)) or [()] * 6
        of = [streams[place] for place in places]
        offsets = [number - 1 for number in numbers]
        return Rows(of, versions, topics, states, [0] * len(rows), offsets, instants(stamps))

    def _select(
        self, where: Sequence[str], values: Sequence[Any], order: str, limit: int | None
    ) -> list[LogNotification]:
        condition = f"WHERE {' AND '.join(where)} " if where else ""
        statement = f"{NOTIFICATIONS} {condition}ORDER BY {order} LIMIT ?"
        return list(map(self._read, self._rows(statement, *values, -1 if limit is None else limit)))

    def _number(self, statement: str, *values: Any) -> int | None:
        rows = self._rows(statement, *values)
        return int(rows[0][0]) if rows and rows[0][0] is not None else None

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._readers.lend() as connection:
            return connection.execute(statement, values).fetchall()


class Factory(library.SQLiteFactory):
    """Runs an eventsourcing application on a log of its own: ``PERSISTENCE_MODULE=infra.log.sqlite``.

    Needs a file: an application that projects another's events has one of its own.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        if self.datastore.pool.is_sqlite_memory_mode:
            raise OSError(f"{self.SQLITE_DBNAME} names a database in memory; this log needs a file.")
        self._logs: list[SqliteLog] = []

    def application_recorder(self) -> SqliteLog:
        log = SqliteLog(
            self.datastore.pool.db_name,
            now=datetime_now_with_tzinfo,
            originator_id_type=self.datastore.originator_id_type,
            timeout_s=self.datastore.pool.lock_timeout or library.SQLITE3_DEFAULT_LOCK_TIMEOUT,
        )
        self._logs.append(log)
        if self.env_create_table():
            log.create_table()
        return log

    def process_recorder(self) -> SqliteLog:
        return self.application_recorder()

    def close(self) -> None:
        for log in self._logs:
            log.close()
        super().close()


def _notification_of(
    originator_id: Callable[[str], UUID | str],
) -> Callable[[Sequence[Any]], LogNotification]:
    def read(row: Sequence[Any]) -> LogNotification:
        stream, version, topic, state, notification_id, stamp = row
        return LogNotification(
            originator_id(stream),
            version,
            topic,
            state,
            notification_id,
            partition=0,
            offset=notification_id - 1,
            recorded_at=instant(stamp),
        )

    return read


def _shut(writer: Writer, arrivals: Arrivals, readers: Readers) -> None:
    # A connection closed under a thread that uses it has crashed the interpreter: the threads end first.
    writer.close()
    arrivals.close()
    readers.close()
