"""Lists of clocks of all children: for today from the views, for any other question from the log."""

import base64
import binascii
import heapq
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from domain.clock import Reading, read
from domain.field import Invalid, Problem
from domain.working_days import WorkingDays
from infra.views.clock_columns import clock_row, number
from infra.views.tables import CLOCKS
from infra.views.views import Views
from projections.clock_rows import ClockRow
from services.clocks import reading_json

Sort = Literal["over", "elapsed", "hidden", "started_on", "due_on"]
SORTS: tuple[Sort, ...] = get_args(Sort)
STATUSES = ("open", "stopped", "ended_without_completion")
_DAYS: tuple[Sort, ...] = ("started_on", "due_on")
_NO_HIDDEN = -1
_NOT_OVER = -1
"""Less than what is over by no working day: by the weekend after a limit of weeks or months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which clocks are asked for: None of a field wants any. ``over``: only those past their limit, or only
    the others.

    ``statuses`` may name several. ``sort``: longest first for days, earliest first for dates.
    """

    timescale: str | None = None
    statuses: tuple[str, ...] = ()
    over: bool | None = None
    team_id: str | None = None
    worker_id: str | None = None
    flag: str | None = None
    sort: Sort = "over"
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Clocks as read on a day, and the cursor that asks for those after them (None: there are none)."""

    readings: list[tuple[ClockRow, Reading]]
    next: str | None

    def to_json(self, calendar: WorkingDays) -> list[dict[str, Any]]:
        return [listed_json(row, reading, calendar) for row, reading in self.readings]


def listed_json(row: ClockRow, reading: Reading, calendar: WorkingDays) -> dict[str, Any]:
    """A clock of a list: as in a child's clocks, with whose it is."""
    whose = {"child": row.child, "team_id": row.team_id, "worker_id": row.worker_id}
    return {**whose, **reading_json(reading, calendar)}


def from_views(views: Views, wanted: Wanted, day: date) -> Page:
    """A page of the clocks in the views, as read at the end of ``day``, which is the day they were made
    for.
    """
    today = number(day, views.calendar)
    end = func.coalesce(CLOCKS.c.stop_number, today)
    is_over = func.coalesce(CLOCKS.c.stopped_on, literal(day)) > CLOCKS.c.in_time_until
    elapsed = end - CLOCKS.c.start_number
    shown = CLOCKS.c.shown_working_days + func.coalesce(today - CLOCKS.c.shown_since_number, 0)
    keys: dict[Sort, ColumnElement[Any]] = {
        "over": -case((is_over, end - CLOCKS.c.due_number), else_=_NOT_OVER),
        "elapsed": -elapsed,
        "hidden": -case((CLOCKS.c.has_records, elapsed - shown), else_=_NO_HIDDEN),
        "started_on": CLOCKS.c.started_on,
        "due_on": CLOCKS.c.due_on,
    }
    key = keys[wanted.sort]
    is_by_day = wanted.sort in _DAYS
    conditions = _conditions(wanted, is_over)
    if wanted.cursor is not None:
        after, after_child, after_clock = _read_cursor(wanted)
        after_key = date.fromordinal(after) if is_by_day else after
        later_child = and_(CLOCKS.c.child == after_child, CLOCKS.c.clock_id > after_clock)
        conditions.append(
            or_(key > after_key, and_(key == after_key, or_(CLOCKS.c.child > after_child, later_child)))
        )
    statement = (
        select(CLOCKS, key.label("sort_key"))
        .where(*conditions)
        .order_by(key, CLOCKS.c.child, CLOCKS.c.clock_id)
        .limit(wanted.limit + 1)
    )
    with views.reading() as connection:
        found = connection.execute(statement).all()
    rows = [clock_row(row) for row in found[: wanted.limit]]
    cursor = None
    if len(found) > wanted.limit:
        last = found[wanted.limit - 1]
        last_key = last.sort_key.toordinal() if is_by_day else last.sort_key
        cursor = _write_cursor(wanted, last_key, last.child, last.clock_id)
    return Page([(row, read(row.clock, day, views.calendar)) for row in rows], cursor)


def count_in_views(views: Views, wanted: Wanted, day: date) -> int:
    """How many clocks in the views are wanted, whatever the page."""
    is_over = func.coalesce(CLOCKS.c.stopped_on, literal(day)) > CLOCKS.c.in_time_until
    with views.reading() as connection:
        statement = select(func.count()).select_from(CLOCKS).where(*_conditions(wanted, is_over))
        return connection.scalar(statement) or 0


def _conditions(wanted: Wanted, is_over: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (CLOCKS.c.timescale, wanted.timescale),
        (CLOCKS.c.team_id, wanted.team_id),
        (CLOCKS.c.worker_id, wanted.worker_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.statuses:
        conditions.append(CLOCKS.c.status.in_(wanted.statuses))
    if wanted.over is not None:
        conditions.append(is_over if wanted.over else ~is_over)
    if wanted.flag == "OPEN_PAST_LIMIT":
        conditions.append(and_(CLOCKS.c.status == "open", is_over))
    elif wanted.flag is not None:
        conditions.append(CLOCKS.c.flag_codes.contains(f"|{wanted.flag}|", autoescape=True))
    return conditions


def from_rows(rows: Iterable[ClockRow], wanted: Wanted, day: date, calendar: WorkingDays) -> Page:
    """The same page from rows made for the question, as read at the end of ``day``. Keeps only a page in
    memory.
    """
    after = _read_cursor(wanted) if wanted.cursor is not None else None
    best = heapq.nsmallest(
        wanted.limit + 1, _keyed(rows, wanted, day, calendar, after), key=lambda keyed: keyed[0]
    )
    cursor = _write_cursor(wanted, *best[wanted.limit - 1][0]) if len(best) > wanted.limit else None
    return Page([(row, reading) for _, row, reading in best[: wanted.limit]], cursor)


Key = tuple[int, str, str]
"""What sorts a clock, then whose it is and which."""


def _keyed(
    rows: Iterable[ClockRow], wanted: Wanted, day: date, calendar: WorkingDays, after: Key | None
) -> Iterator[tuple[Key, ClockRow, Reading]]:
    for row in rows:
        reading = read(row.clock, day, calendar)
        if is_wanted(row, reading, wanted):
            key = (_sorted_by(reading, wanted.sort), row.child, row.clock.id)
            if after is None or key > after:
                yield key, row, reading


def is_wanted(row: ClockRow, reading: Reading, wanted: Wanted) -> bool:
    """Whether a clock, as read, is one of those asked for, whatever the page."""
    return (
        wanted.timescale in (None, row.clock.timescale.id)
        and wanted.team_id in (None, row.team_id)
        and wanted.worker_id in (None, row.worker_id)
        and (not wanted.statuses or row.clock.status in wanted.statuses)
        and (wanted.over is None or wanted.over == is_over(reading))
        and (wanted.flag is None or any(flag.code == wanted.flag for flag in reading.flags))
    )


def is_over(reading: Reading) -> bool:
    """Whether a clock is past its limit, or was when it stopped or ended."""
    return reading.is_over


def _sorted_by(reading: Reading, sort: Sort) -> int:
    if sort == "over":
        return -(reading.over_by.working_days if reading.is_over else _NOT_OVER)
    if sort == "elapsed":
        return -reading.elapsed.working_days
    if sort == "hidden":
        return -(_NO_HIDDEN if reading.hidden is None else reading.hidden.working_days)
    return (reading.clock.started_on if sort == "started_on" else reading.clock.due_on).toordinal()


def _write_cursor(wanted: Wanted, key: int, child: str, clock_id: str) -> str:
    text = json.dumps([wanted.sort, key, child, clock_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(wanted: Wanted) -> Key:
    cursor = wanted.cursor or ""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sort, key, child, clock_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise Invalid([Problem("cursor", "is not one that was given; ask again without it")]) from None
    is_key = isinstance(key, int) and not isinstance(key, bool) and abs(key) < 2**31
    if is_key and wanted.sort in _DAYS:
        is_key = 1 <= key <= date.max.toordinal()
    if sort != wanted.sort or not is_key or not isinstance(child, str) or not isinstance(clock_id, str):
        raise Invalid([Problem("cursor", "belongs to another list; ask again without it")])
    return key, child, clock_id
