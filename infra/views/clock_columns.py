"""Clocks as lines of their table: dates, and working days numbered, so that lists can be sorted in SQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from domain.clock import Clock, Interval, OnRecord, Stretch
from domain.field import FactReference
from domain.flag import Flag
from domain.policy import AS_REVIEWED
from domain.timescale import Limit, with_limit
from domain.working_days import WorkingDays
from infra.views.shape import Shape
from infra.views.tables import CLOCKS
from projections.clock_rows import ClockRow


def clock_values(row: ClockRow, calendar: WorkingDays) -> tuple[Any, ...]:
    """A clock as a line of its table, in the order of its columns."""
    clock = row.clock
    timescale, limit, on_record = clock.timescale, clock.timescale.limit, clock.on_record
    started_on, stopped_on, flags = clock.started_on, clock.stopped_on, clock.flags
    stretches = clock.stretches
    shown: Sequence[Interval] = on_record.intervals if on_record else ()
    running = [a for a, b in shown if b is None]
    return (
        row.child,
        clock.id,
        timescale.id,
        timescale.part,
        limit.value,
        limit.unit,
        clock.subject,
        clock.status,
        started_on,
        stopped_on,
        clock.due_on,
        clock.in_time_until,
        clock.begun_by[0],
        on_record.record if on_record else None,
        on_record.since if on_record else None,
        on_record.until if on_record else None,
        shown,
        clock.has_records,
        stretches[-1].state,
        clock.is_met_in_time,
        [(s.state, s.record, s.since, s.until) for s in stretches],
        [(f.code, f.value, f.because) for f in flags],
        f"|{'|'.join([f.code for f in flags])}|" if flags else "|",
        clock.because,
        row.worker_id,
        row.team_id,
        number(started_on, calendar),
        number(clock.due_on, calendar),
        number(stopped_on, calendar) if stopped_on else None,
        sum([calendar.between(a, b) for a, b in shown if b is not None]) if shown else 0,
        number(running[0], calendar) if running else None,
    )


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
        timescale=with_limit(
            AS_REVIEWED.row(row.timescale, row.started_on, row.part), Limit(row.limit_value, row.limit_unit)
        ),
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


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _references(pairs: Iterable[Sequence[str]]) -> tuple[FactReference, ...]:
    return tuple(FactReference(source, id_) for source, id_ in pairs)


CLOCK_SHAPE: Shape[ClockRow] = Shape(CLOCKS, tuple(CLOCKS.c.keys()), clock_values, clock_row)
