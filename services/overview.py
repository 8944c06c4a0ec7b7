"""The overview of an authority: what is late today, and what hides it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.reviewed_timescales import all_ids
from domain.working_days import WorkingDays

LATE_RECORDING_WORKING_DAYS = 3
"""A fact recorded later than this many working days after it happened counts as recorded late."""

BANDS = ((0, 10), (11, 20), (21, 30), (31, 45), (46, 60), (61, 75), (76, 90), (91, None))
"""Ages in working days, both ends included, by which open assessments are counted."""

ALWAYS_SHOWN = ("contact_decision", "referral_decision", "assessment_child_seen")
"""Timescales of which it is told how many clocks are late, though none be."""

MONTHS_SHOWN = 12
HIDDEN_SHOWN = 8


class ClockRow(Protocol):
    """A clock as read on the day asked about. The limit is counted in ``limit_unit``."""

    @property
    def child(self) -> str: ...
    @property
    def clock_id(self) -> str: ...
    @property
    def timescale(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def started_on(self) -> date: ...
    @property
    def stopped_on(self) -> date | None: ...
    @property
    def due_on(self) -> date: ...
    @property
    def limit_value(self) -> int: ...
    @property
    def limit_unit(self) -> str: ...
    @property
    def elapsed_working_days(self) -> int: ...
    @property
    def recorded_working_days(self) -> int | None: ...
    @property
    def hidden_working_days(self) -> int | None: ...
    @property
    def over_by_working_days(self) -> int | None: ...
    @property
    def flags(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def team_id(self) -> str | None: ...
    @property
    def worker_id(self) -> str | None: ...


class ChildRow(Protocol):
    """How a child stands: ``status`` is the kind of plan, or that the child is referred or in need."""

    @property
    def child(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def team_id(self) -> str | None: ...
    @property
    def worker_id(self) -> str | None: ...
    @property
    def last_seen_on(self) -> date | None: ...
    @property
    def last_seen_alone(self) -> bool | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How far the figures go: events counted, the newest of them, and how many the views are behind the log.

    ``recorded_late`` counts the facts of the last 30 days that were recorded more than
    ``LATE_RECORDING_WORKING_DAYS`` after they happened.
    """

    events: int
    newest_recorded_at: datetime | None
    position: int
    lag: int
    recorded_late: int


@dataclass(frozen=True, slots=True)
class Month:
    """Of the assessments completed in a month, how many were in time by the records, and in truth.

    ``first_day`` names the month.
    """

    first_day: date
    completed: int
    in_time_recorded: int
    in_time_true: int


@dataclass(frozen=True, slots=True)
class Band:
    """Open assessments of a true age; ``late`` are over their limit, ``hidden`` of these look in time."""

    low: int
    high: int | None
    count: int
    late: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """An open assessment whose records hide how long the need has run, in working days."""

    child: str
    clock_id: str
    status: str
    limit: int
    recorded: int | None
    elapsed: int
    hidden: int
    flags: Sequence[Mapping[str, object]]
    team_id: str | None
    last_seen_on: date | None
    last_seen_working_days: int | None
    is_seen_late: bool


@dataclass(frozen=True, slots=True)
class AlsoLate:
    """How many clocks of a timescale are open past their limit, and by how many working days the worst is."""

    timescale: str
    count: int
    longest_over: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview page says, as read at the end of ``today``."""

    today: date
    limit: int
    open_assessments: int
    late_hidden: int
    late_on_both: int
    ended_late: int
    months: tuple[Month, ...]
    bands: tuple[Band, ...]
    longest_hidden: tuple[Hidden, ...]
    also_late: tuple[AlsoLate, ...]
    freshness: Freshness

    @property
    def late_assessments(self) -> int:
        """Assessments on the late list: open past their limit, or ended past it without completion."""
        return self.late_hidden + self.late_on_both + self.ended_late


def overview(
    clock_rows: Iterable[ClockRow],
    child_rows: Iterable[ChildRow],
    today: date,
    calendar: WorkingDays,
    freshness: Freshness,
) -> Overview:
    """What the overview says of clocks as read on ``today`` and of the children they belong to."""
    rows = list(clock_rows)
    children = {row.child: row for row in child_rows}
    assessments = [row for row in rows if row.timescale == "assessment"]
    running = [row for row in assessments if row.status == "open"]
    late = [row for row in running if is_late(row)]
    unseen = {row.child for row in rows if row.timescale == "assessment_child_seen" and _is_open_late(row)}
    return Overview(
        today=today,
        limit=max((row.limit_value for row in running), default=45),
        open_assessments=len(running),
        late_hidden=sum(looks_in_time(row) for row in late),
        late_on_both=sum(not looks_in_time(row) for row in late),
        ended_late=sum(row.status == "ended_without_completion" and is_late(row) for row in assessments),
        months=_months(assessments, today),
        bands=tuple(_band(low, high, running) for low, high in BANDS),
        longest_hidden=tuple(
            _hidden(row, children.get(row.child), row.child in unseen, today, calendar)
            for row in sorted(running, key=_most_hidden_first)[:HIDDEN_SHOWN]
            if row.hidden_working_days
        ),
        also_late=_also_late(rows),
        freshness=freshness,
    )


def _most_hidden_first(row: ClockRow) -> tuple[int, str, str]:
    return -(row.hidden_working_days or 0), row.child, row.clock_id


def is_late(row: ClockRow) -> bool:
    """Whether the need has run, or ran, past its limit."""
    return bool(row.over_by_working_days) or any(flag["code"] == "OPEN_PAST_LIMIT" for flag in row.flags)


def looks_in_time(row: ClockRow) -> bool:
    """Whether the records show no more than the limit. Where there is no record, nothing looks late."""
    return row.recorded_working_days is None or row.recorded_working_days <= row.limit_value


def _is_open_late(row: ClockRow) -> bool:
    return row.status == "open" and is_late(row)


def _months(assessments: Sequence[ClockRow], today: date) -> tuple[Month, ...]:
    stopped: Counter[date] = Counter()
    recorded: Counter[date] = Counter()
    true: Counter[date] = Counter()
    for row in assessments:
        if row.status != "stopped" or row.stopped_on is None:
            continue
        month = row.stopped_on.replace(day=1)
        stopped[month] += 1
        recorded[month] += looks_in_time(row)
        # A need that was over before its assessment was completed was never met in time.
        after_end = any(flag["code"] == "COMPLETED_AFTER_CLOSING" for flag in row.flags)
        true[month] += not is_late(row) and not after_end
    return tuple(Month(m, stopped[m], recorded[m], true[m]) for m in _last_months(today))


def _last_months(today: date) -> list[date]:
    last = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS_SHOWN + 1, last + 1)]


def _band(low: int, high: int | None, running: Sequence[ClockRow]) -> Band:
    rows = [
        r
        for r in running
        if low <= r.elapsed_working_days and (high is None or r.elapsed_working_days <= high)
    ]
    late = [row for row in rows if is_late(row)]
    return Band(low, high, len(rows), len(late), sum(looks_in_time(row) for row in late))


def _hidden(
    row: ClockRow, child: ChildRow | None, is_seen_late: bool, today: date, calendar: WorkingDays
) -> Hidden:
    seen_on = child.last_seen_on if child else None
    return Hidden(
        child=row.child,
        clock_id=row.clock_id,
        status=child.status if child else "",
        limit=row.limit_value,
        recorded=row.recorded_working_days,
        elapsed=row.elapsed_working_days,
        hidden=row.hidden_working_days or 0,
        flags=row.flags,
        team_id=row.team_id,
        last_seen_on=seen_on,
        last_seen_working_days=None if seen_on is None else calendar.between(seen_on, today),
        is_seen_late=is_seen_late,
    )


def _also_late(rows: Sequence[ClockRow]) -> tuple[AlsoLate, ...]:
    late: dict[str, list[ClockRow]] = {name: [] for name in ALWAYS_SHOWN}
    for row in rows:
        if row.timescale != "assessment" and _is_open_late(row):
            late.setdefault(row.timescale, []).append(row)
    # Rows come in any order.
    in_order = [*ALWAYS_SHOWN, *(name for name in all_ids() if name in late and name not in ALWAYS_SHOWN)]
    return tuple(
        AlsoLate(name, len(late[name]), max((row.over_by_working_days or 0 for row in late[name]), default=0))
        for name in in_order
    )
