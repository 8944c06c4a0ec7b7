"""Clocks as lines of their table: dates, and working days numbered, so that lists can be sorted in SQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from domain.clock import Clock, OnRecord, Stretch
from domain.field import FactReference
from domain.flag import Flag
from domain.policy import AS_REVIEWED
from domain.timescale import Limit, with_limit
from domain.working_days import WorkingDays
from infra.views.shape import Shape
from infra.views.tables import CLOCKS
from projections.clock_rows import ClockRow


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
        "part": clock.timescale.part,
        "limit_value": clock.timescale.limit.value,
        "limit_unit": clock.timescale.limit.unit,
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
        "state": clock.stretches[-1].state,
        "is_met_in_time": clock.is_met_in_time,
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


def _in_order(row: ClockRow, calendar: WorkingDays) -> tuple[Any, ...]:
    values = clock_values(row, calendar)
    return tuple([values[name] for name in _COLUMNS])


_COLUMNS = tuple(CLOCKS.c.keys())

CLOCK_SHAPE: Shape[ClockRow] = Shape(CLOCKS, _COLUMNS, _in_order, clock_row)
