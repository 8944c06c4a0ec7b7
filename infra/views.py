"""The views in SQL: rows of each projection, replaced child by child in one transaction with the position in
the log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    make_url,
    select,
    update,
)  # fmt: skip
from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.clock import Clock, OnRecord, Stretch
from domain.field import FactReference
from domain.flag import Flag
from domain.timescale import in_force
from domain.working_days import WorkingDays
from infra.view_tables import (
    CHILDREN,
    CLOCKS,
    DISCREPANCIES,
    MEMBERS,
    METADATA,
    POSITIONS,
    RECORDING_DELAYS,
)  # fmt: skip
from projections.catalogue import PROJECTIONS
from projections.child_rows import ChildRow
from projections.clock_rows import ClockRow
from projections.delay_rows import DelayRow
from projections.discrepancy_rows import DiscrepancyRow
from projections.projection import Projection

TABLES: Mapping[str, Table] = {
    "clocks": CLOCKS,
    "children": CHILDREN,
    "discrepancies": DISCREPANCIES,
    "recording_delays": RECORDING_DELAYS,
}
_CHUNK = 500


class ViewsUnavailable(Exception):
    """The views cannot be reached. Wait and retry; nothing is lost, for they can be built again from
    the log.
    """


class Overtaken(Exception):
    """Another projector moved the views on. Read how far they are, and go on from there."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a projection is: the last event in its rows, and the day as at which they were made."""

    projection: str
    version: int
    position: int
    recorded_at: datetime | None
    read_on: date | None
    rebuilt_at: datetime | None
    rate: int | None


@dataclass(frozen=True, slots=True)
class Refolded:
    """The rows, by projection, of the children that some references now stand for."""

    streams: Sequence[str]
    members: Mapping[str, str]
    rows: Mapping[str, Sequence[Any]]


class Views:
    """Rows in SQLite or PostgreSQL. Safe to use from any thread."""

    def __init__(self, url: str, calendar: WorkingDays) -> None:
        self.engine = _engine(url)
        self.calendar = calendar
        with self._reaching():
            METADATA.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise Overtaken from error
        except DBAPIError as error:
            raise ViewsUnavailable(type(error).__name__) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of all rows."""
        with self._reaching(), self.engine.connect() as connection:
            yield connection

    def positions(self) -> list[Position]:
        """How far each projection is; one never run, or of another version of the code, is at 0."""
        with self.reading() as connection:
            stored = {row.projection: row for row in connection.execute(select(POSITIONS))}
        found = []
        for projection in PROJECTIONS:
            row = stored.get(projection.name)
            if row is None or row.version != projection.version:
                found.append(Position(projection.name, projection.version, 0, None, None, None, None))
            else:
                recorded_at, rebuilt_at = _aware(row.recorded_at), _aware(row.rebuilt_at)
                found.append(
                    Position(
                        row.projection,
                        row.version,
                        row.position,
                        recorded_at,
                        row.read_on,
                        rebuilt_at,
                        row.rate,
                    )
                )
        return found

    def position(self) -> int:
        """The last event that is in the rows of every projection."""
        return min(position.position for position in self.positions())

    def replace_all(
        self,
        position: int,
        recorded_at: datetime | None,
        read_on: date,
        refolded: Iterable[Refolded],
        **told: Any,
    ) -> None:
        """Replace every row, in one transaction: until it is done, the rows before it are what is read."""
        with self._reaching(), self.engine.begin() as connection:
            for table in (POSITIONS, MEMBERS, *TABLES.values()):
                connection.execute(delete(table))
            for one in refolded:
                self._replace(connection, one)
            self._advance(
                connection, 0, position, recorded_at, read_on, told.get("rate"), told.get("rebuilt_at")
            )

    def move_on(
        self,
        previous: int,
        position: int,
        recorded_at: datetime | None,
        read_on: date,
        refolded: Iterable[Refolded],
        *,
        rate: int | None = None,
        rebuilt_at: datetime | None = None,
    ) -> None:
        """Replace the rows of some children, and move the position, in one transaction.

        Raises Overtaken, with nothing changed, where the views are no longer at ``previous``.
        """
        with self._reaching(), self.engine.begin() as connection:
            self._advance(connection, previous, position, recorded_at, read_on, rate, rebuilt_at)
            for one in refolded:
                self._replace(connection, one)

    def _advance(
        self,
        connection: Connection,
        previous: int,
        position: int,
        recorded_at: datetime | None,
        read_on: date,
        rate: int | None,
        rebuilt_at: datetime | None,
    ) -> None:
        values: dict[str, Any] = {"position": position, "read_on": read_on}
        if recorded_at is not None:
            values["recorded_at"] = recorded_at.astimezone(UTC).replace(tzinfo=None)
        if rate is not None:
            values["rate"] = rate
        if rebuilt_at is not None:
            values["rebuilt_at"] = rebuilt_at.astimezone(UTC).replace(tzinfo=None)
        # Writing first keeps every other projector out until this one is done.
        connection.execute(update(POSITIONS).values(position=POSITIONS.c.position))
        stored = {row.projection: row for row in connection.execute(select(POSITIONS))}
        if min(_reached(projection, stored) for projection in PROJECTIONS) != previous:
            raise Overtaken
        for projection in PROJECTIONS:
            at = POSITIONS.c.projection == projection.name
            if projection.name in stored:
                connection.execute(update(POSITIONS).where(at).values(version=projection.version, **values))
            else:
                row = {"projection": projection.name, "version": projection.version, **values}
                connection.execute(insert(POSITIONS).values(**row))

    def _replace(self, connection: Connection, refolded: Refolded) -> None:
        streams = list(refolded.streams)
        for start in range(0, len(streams), _CHUNK):
            chunk = streams[start : start + _CHUNK]
            for table in TABLES.values():
                connection.execute(delete(table).where(table.c.child.in_(chunk)))
            connection.execute(delete(MEMBERS).where(MEMBERS.c.stream.in_(chunk)))
        if refolded.members:
            members = [{"stream": stream, "child": child} for stream, child in refolded.members.items()]
            connection.execute(insert(MEMBERS), members)
        for name, rows in refolded.rows.items():
            if rows:
                connection.execute(insert(TABLES[name]), [self._values(row) for row in rows])

    def _values(self, row: Any) -> dict[str, Any]:
        if isinstance(row, ClockRow):
            return clock_values(row, self.calendar)
        if isinstance(row, ChildRow):
            return {
                "child": row.child,
                "merged": list(row.merged),
                "status": row.status,
                "worker_id": row.worker_id,
                "team_id": row.team_id,
                "last_seen_on": row.last_seen_on,
                "last_seen_alone": row.last_seen_alone,
                "facts": row.facts,
                "changes_on": row.changes_on,
            }
        if isinstance(row, DiscrepancyRow):
            return {
                "child": row.child,
                "code": row.code,
                "source": row.source,
                "id": row.id,
                "type": row.type,
                "occurred_on": row.occurred_on,
                "recorded_at": row.recorded_at.astimezone(UTC).replace(tzinfo=None),
            }
        assert isinstance(row, DelayRow)
        return {
            "child": row.child,
            "source": row.source,
            "entered_on": row.entered_on,
            "working_days": row.working_days,
            "facts": row.facts,
        }

    # What is read

    def children_changing_by(self, day: date) -> list[str]:
        """Children whose rows change on or before a day, though nothing new is known of them."""
        with self.reading() as connection:
            return list(connection.scalars(select(CHILDREN.c.child).where(CHILDREN.c.changes_on <= day)))

    def clock_rows(self, *conditions: Any) -> list[ClockRow]:
        """The rows that meet some conditions on the table of clocks."""
        with self.reading() as connection:
            return [clock_row(row) for row in connection.execute(select(CLOCKS).where(*conditions))]

    def find_children(self, text: str, limit: int) -> list[ChildRow]:
        """Children whose reference has ``text`` in it, the closest first."""
        merged_into = select(MEMBERS.c.child).where(MEMBERS.c.stream == text)
        has_text = CHILDREN.c.child.contains(text, autoescape=True)
        statement = (
            select(CHILDREN)
            .where(CHILDREN.c.facts > 0, has_text | CHILDREN.c.child.in_(merged_into))
            .order_by(CHILDREN.c.child != text, func.length(CHILDREN.c.child), CHILDREN.c.child)
            .limit(limit)
        )
        with self.reading() as connection:
            return [child_row(row) for row in connection.execute(statement)]

    def child_rows(self, children: Sequence[str] | None = None) -> list[ChildRow]:
        """How some children stand, or all."""
        statement = select(CHILDREN).where(CHILDREN.c.facts > 0)
        if children is not None:
            statement = statement.where(CHILDREN.c.child.in_(children))
        with self.reading() as connection:
            return [child_row(row) for row in connection.execute(statement)]

    def recorded_late_since(self, day: date, working_days: int) -> int:
        """How many facts entered after ``day`` were entered more than so many working days after they
        occurred.
        """
        late = (RECORDING_DELAYS.c.entered_on > day) & (RECORDING_DELAYS.c.working_days > working_days)
        with self.reading() as connection:
            return (
                connection.scalar(select(func.coalesce(func.sum(RECORDING_DELAYS.c.facts), 0)).where(late))
                or 0
            )

    def counts(self, table: Table, *by: Any) -> list[Any]:
        """How many rows a table has, by some of its columns."""
        with self.reading() as connection:
            return list(
                connection.execute(select(*by, func.count().label("rows")).select_from(table).group_by(*by))
            )


def _engine(url: str) -> Engine:
    engine = create_engine(make_url(url))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            # They can be built again from the log: a crash may cost their last moments, never their sense.
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA busy_timeout=10000")
            cursor.close()

    return engine


def _reached(projection: Projection[Any], stored: Mapping[str, Any]) -> int:
    """How far rows made by this version of a projection go."""
    row = stored.get(projection.name)
    return row.position if row is not None and row.version == projection.version else 0


def _aware(stamp: datetime | None) -> datetime | None:
    return None if stamp is None else stamp.replace(tzinfo=UTC)


def clock_values(row: ClockRow, calendar: WorkingDays) -> dict[str, Any]:
    """A clock as a row of its table."""
    clock = row.clock
    shown = clock.on_record.intervals if clock.on_record else ()
    over = [(a, b) for a, b in shown if b is not None]
    running = [a for a, b in shown if b is None]
    return {
        "child": row.child,
        "clock_id": clock.id,
        "timescale": clock.timescale.id,
        "subject": clock.subject,
        "status": clock.status,
        "started_on": clock.started_on,
        "stopped_on": clock.stopped_on,
        "due_on": clock.due_on,
        "in_time_until": clock.in_time_until,
        "begun_by": clock.begun_by[0],
        "record": clock.on_record.record if clock.on_record else None,
        "record_since": clock.on_record.since if clock.on_record else None,
        "record_until": clock.on_record.until if clock.on_record else None,
        "record_intervals": [[a.isoformat(), b.isoformat() if b else None] for a, b in shown],
        "has_records": clock.has_records,
        "stretches": [
            [s.state, s.record, s.since.isoformat(), s.until.isoformat() if s.until else None]
            for s in clock.stretches
        ],
        "flags": [[f.code, f.value, [[r.source, r.id] for r in f.because]] for f in clock.flags],
        "flag_codes": "|" + "".join(f"{f.code}|" for f in clock.flags),
        "because": [[r.source, r.id] for r in clock.because],
        "worker_id": row.worker_id,
        "team_id": row.team_id,
        "start_number": number(clock.started_on, calendar),
        "due_number": number(clock.due_on, calendar),
        "stop_number": number(clock.stopped_on, calendar) if clock.stopped_on else None,
        "shown_working_days": sum(calendar.between(a, b) for a, b in over),
        "shown_since_number": number(running[0], calendar) if running else None,
    }


def number(day: date, calendar: WorkingDays) -> int:
    """Which working day a day is, or follows, counted from the first that the calendar knows."""
    return calendar.between(calendar.first_day, day)


def clock_row(row: Any) -> ClockRow:
    """A row of the table of clocks, as the clock it stands for."""
    on_record = None
    if row.record is not None:
        intervals = tuple((date.fromisoformat(a), _day(b)) for a, b in row.record_intervals)
        on_record = OnRecord(row.record, row.record_since, row.record_until, intervals)
    clock = Clock(
        id=row.clock_id,
        timescale=in_force(row.timescale, row.started_on),
        subject=row.subject,
        status=row.status,
        started_on=row.started_on,
        stopped_on=row.stopped_on,
        due_on=row.due_on,
        in_time_until=row.in_time_until,
        begun_by=(row.begun_by, row.subject),
        on_record=on_record,
        has_records=row.has_records,
        stretches=tuple(Stretch(s, r, date.fromisoformat(a), _day(b)) for s, r, a, b in row.stretches),
        flags=tuple(Flag(code, value, _references(because)) for code, value, because in row.flags),
        because=_references(row.because),
        concerns=frozenset({(row.begun_by, row.subject)}),
    )
    return ClockRow(row.child, clock, row.worker_id, row.team_id)


def child_row(row: Any) -> ChildRow:
    """A row of the table of children, as the projection made it."""
    return ChildRow(
        row.child, tuple(row.merged), row.status, row.worker_id, row.team_id,
        row.last_seen_on, row.last_seen_alone, row.facts, row.changes_on,
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _references(pairs: Iterable[Sequence[str]]) -> tuple[FactReference, ...]:
    return tuple(FactReference(source, id_) for source, id_ in pairs)
