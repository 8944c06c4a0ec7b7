"""What is asked of the index: streams, commits, marks and pages of events."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, TypeVar

from sqlalchemy import Select, and_, func, not_, select, text

from infra.log.commit import LogNotification
from infra.log.index import NOTIFICATIONS, Index
from infra.log.index_engine import ASKED_AT_ONCE, among, reading
from infra.log.index_tables import DOUBLES, EVENTS, POSITIONS, RECORDS, TRACKING
from infra.log.marks import Mark, Marked
from infra.log.rows import Rows, instants
from infra.log.sqlite_file import microseconds

STREAMS_PAGE = 1_000

# Jumps from name to name; DISTINCT would walk over every event.
STREAMS = text("""
WITH RECURSIVE following(stream) AS (
    SELECT min(stream) FROM log_events WHERE stream > :after
    UNION ALL
    SELECT (SELECT min(stream) FROM log_events WHERE log_events.stream > following.stream)
    FROM following WHERE following.stream IS NOT NULL
)
SELECT stream FROM following WHERE stream IS NOT NULL LIMIT :limit
""")

_MARKS = """
SELECT {0}, {1}, partition, number, extra FROM log_marks
WHERE NOT EXISTS (
    SELECT 1 FROM log_doubles
    WHERE log_doubles.partition = log_marks.partition AND log_doubles.number = log_marks.number
) AND kind = ? AND {0}"""
MARKED, BY_VALUE = _MARKS.format("value", "stream"), "ORDER BY value, partition, number, extra"
MARKS_OF, BY_STREAM = _MARKS.format("stream", "value"), "ORDER BY stream, partition, number, value, extra"

Found = TypeVar("Found", Mark, Marked)

_COUNTS = not_(
    select(DOUBLES.c.number)
    .where(and_(DOUBLES.c.partition == EVENTS.c.partition, DOUBLES.c.number == EVENTS.c.number))
    .exists()
)


class Reads:
    """Answers from the index as it stands."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def events(
        self, stream: str, gt: int | None, lte: int | None, desc: bool, limit: int | None
    ) -> list[LogNotification]:
        """The events of a stream that count, in order of version."""
        asked = NOTIFICATIONS.where(EVENTS.c.stream == stream, _COUNTS)
        if gt is not None:
            asked = asked.where(EVENTS.c.version > gt)
        if lte is not None:
            asked = asked.where(EVENTS.c.version <= lte)
        return self._notifications(
            asked.order_by(EVENTS.c.version.desc() if desc else EVENTS.c.version).limit(limit)
        )

    def events_of(self, streams: Sequence[str], without: Sequence[str] = ()) -> Rows:
        """The events of many streams that count, ``without`` those of some topics: by stream, and in order of
        version within each.
        """
        found: list[Sequence[Any]] = []
        with reading(self._index.engine) as connection:
            for start in range(0, len(streams), ASKED_AT_ONCE):
                among = EVENTS.c.stream.in_(streams[start : start + ASKED_AT_ONCE])
                asked = NOTIFICATIONS.where(among, _COUNTS)
                if without:
                    asked = asked.where(EVENTS.c.topic.not_in(without))
                found += connection.execute(asked.order_by(EVENTS.c.stream, EVENTS.c.version))
        columns = list(zip(*found, strict=True)) or [()] * len(NOTIFICATIONS.selected_columns)
        of, versions, topics, states, _, partitions, offsets, stamps = columns
        return Rows(of, versions, topics, states, partitions, offsets, instants(stamps))

    def page(
        self, partition: int, after: int, limit: int, stop: int | None, topics: Sequence[str]
    ) -> list[LogNotification]:
        """Events of a partition after a number, in order of number."""
        asked = NOTIFICATIONS.where(EVENTS.c.partition == partition, EVENTS.c.number > after)
        if stop is not None:
            asked = asked.where(EVENTS.c.number <= stop)
        if topics:
            asked = asked.where(EVENTS.c.topic.in_(topics))
        return self._notifications(asked.order_by(EVENTS.c.number).limit(limit))

    def _notifications(self, asked: Select[*tuple[object, ...]]) -> list[LogNotification]:
        with reading(self._index.engine) as connection:
            return list(map(self._index.notification, connection.execute(asked)))

    def heads(self) -> tuple[int, ...]:
        """The number of the last event of each partition, 0 where there is none."""
        return tuple(position.last_number for position in self._index.positions())

    def head(self, stream: str) -> int | None:
        with reading(self._index.engine) as connection:
            head: int | None = connection.scalar(
                select(func.max(EVENTS.c.version)).where(EVENTS.c.stream == stream)
            )
            return head

    def known_by(self, known_at: datetime) -> tuple[int, ...]:
        """The number of the last event of each partition recorded at this aware instant or before."""
        stamp = microseconds(known_at)
        found = []
        with reading(self._index.engine) as connection:
            for partition in connection.scalars(
                select(POSITIONS.c.partition).order_by(POSITIONS.c.partition)
            ):
                asked = (
                    select(RECORDS.c.last_number)
                    .where(RECORDS.c.partition == partition, RECORDS.c.recorded_at <= stamp)
                    .order_by(RECORDS.c.recorded_at.desc(), RECORDS.c.log_offset.desc())
                    .limit(1)
                )
                found.append(connection.scalar(asked) or 0)
        return tuple(found)

    def find_all(self, commit_ids: Iterable[bytes]) -> dict[bytes, tuple[LogNotification, ...]]:
        """What each of these commits stored, leaving out those that do not count."""
        return self._index.look_for(set(commit_ids))[0]

    def doubles(self) -> list[LogNotification]:
        """Events that do not count, for their commit's id counts in another partition."""
        its = and_(DOUBLES.c.partition == EVENTS.c.partition, DOUBLES.c.number == EVENTS.c.number)
        asked = NOTIFICATIONS.join_from(DOUBLES, EVENTS, its)
        return self._notifications(asked.order_by(EVENTS.c.partition, EVENTS.c.number))

    def streams(self, after: str) -> Iterator[str]:
        """The names of all streams that have events, in order, from the first beyond ``after``."""
        while True:
            with reading(self._index.engine) as connection:
                page = connection.scalars(STREAMS, {"after": after, "limit": STREAMS_PAGE}).all()
            if not page:
                return
            for after in page:
                yield after

    def marked(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]:
        """Where each of these marks stands, in order of partition and number; none is an empty list."""
        return self._marks(Marked, MARKED, BY_VALUE, values, kind)

    def marks_of(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]:
        """Each stream's marks of one kind, in order of number; none is an empty list."""
        return self._marks(Mark, MARKS_OF, BY_STREAM, streams, kind)

    def _marks(
        self, cls: type[Found], asked: str, order: str, values: Sequence[str], kind: str
    ) -> dict[str, list[Found]]:
        found: dict[str, list[Found]] = {value: [] for value in values}
        with reading(self._index.engine) as connection:
            rows = among(connection, asked, list(found), order, (kind,))
        if rows:
            of, *columns = zip(*rows, strict=True)
            marks = map(tuple.__new__, repeat(cls), zip(*columns, strict=True))
            for value, mark in zip(of, marks, strict=True):
                found[value].append(mark)
        return found

    def reached(self, application: str) -> int | None:
        """How far the log was told that an application has read elsewhere."""
        with reading(self._index.engine) as connection:
            reached: int | None = connection.scalar(
                select(func.max(TRACKING.c.position)).where(TRACKING.c.application == application)
            )
            return reached
