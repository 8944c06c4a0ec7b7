"""Counting: how many rows a measure holds, and of these how many, as at a day and for a period."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from domain.months import months_completed
from domain.working_days import WorkingDays, calendar_days
from projections.measure import Figure, Measure, Period, Quartiles, Share, Unit, Where, Which, by_band


class Countable(Protocol):
    """What counting asks of a row, or of many rows that are alike."""

    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def marks(self) -> str: ...
    @property
    def length(self) -> int | None: ...
    @property
    def late_from(self) -> date | None: ...
    @property
    def recorded_outcome(self) -> str | None: ...
    @property
    def recorded_since(self) -> date | None: ...
    @property
    def recorded_length(self) -> int | None: ...
    @property
    def recorded_late_from(self) -> date | None: ...


def meets(row: Countable, which: Which, day: date) -> bool:
    """Whether a row meets any of some conditions, as read on ``day``."""
    for where in which:  # noqa: SIM110 (a generator for each of millions of rows takes longer)
        if _meets(row, where, day):
            return True
    return False


def _meets(row: Countable, where: Where, day: date) -> bool:
    return (
        (not where.outcomes or row.outcome in where.outcomes)
        and (not where.kinds or row.kind in where.kinds)
        and (not where.recorded_outcomes or row.recorded_outcome in where.recorded_outcomes)
        and (not where.marked or _is_marked(row.marks, where.marked))
        and (not where.unmarked or not _is_marked(row.marks, where.unmarked))
        and (where.is_late is None or where.is_late == has_come(row.late_from, day))
        and (
            where.is_recorded_late is None or where.is_recorded_late == has_come(row.recorded_late_from, day)
        )
    )


def _is_marked(marks: str, any_of: Iterable[str]) -> bool:
    return any(f"|{mark}|" in marks for mark in any_of)


def has_come(late_from: date | None, day: date) -> bool:
    return late_from is not None and late_from <= day


class Dated(Protocol):
    """What places a row in a period."""

    @property
    def day(self) -> date: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...


def is_placed(row: Dated, measure: Measure, period: Period, day: date) -> bool:
    """Whether a measure counts a row in a period, or, of what stands, on ``day``."""
    if measure.placed == "day":
        return period.holds(row.day)
    if measure.placed == "until":
        return row.until is not None and period.holds(row.until)
    if measure.placed == "standing":
        return row.until is None and row.since <= day
    return row.since <= period.last and (row.until is None or row.until >= period.first)


def span(unit: Unit, start: date, end: date, calendar: WorkingDays) -> int:
    """How many complete units there are from ``start``, day zero, to ``end``; of ``weekdays``, Mondays to
    Fridays from ``start`` up to the day before ``end``.
    """
    if unit == "working_days":
        return calendar.between(start, end)
    if unit == "months":
        return months_completed(start, end)
    if unit == "weekdays":
        return _weekdays_before(end) - _weekdays_before(start) if end > start else 0
    days = max(calendar_days(start, end), 0)
    return days // 7 if unit == "weeks" else days


def _weekdays_before(day: date) -> int:
    # Ordinal 1 (1 January of the year 1) is a Monday.
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(rest, 5)


def length_of(row: Countable, measure: Measure, day: date, calendar: WorkingDays) -> int | None:
    """How long it took, or has gone on until ``day``."""
    if row.length is not None and measure.unit != "weekdays":
        return row.length
    return span(measure.unit, row.since, row.until or day, calendar)


def recorded_length_of(row: Countable, measure: Measure, day: date, calendar: WorkingDays) -> int | None:
    """The same as the case system shows it; None where it shows none."""
    if row.recorded_length is not None and measure.unit != "weekdays":
        return row.recorded_length
    if row.recorded_since is None:
        return None
    return span(measure.unit, row.recorded_since, row.until or day, calendar)


@dataclass(slots=True)
class Count:
    """Rows counted by one way of seeing them."""

    number: int = 0
    of_these: int = 0
    lengths: Counter[int] = field(default_factory=Counter)

    def add(self, is_of_these: bool, length: int | None, number: int) -> None:
        self.add_many(number, number * is_of_these, length)

    def add_many(self, number: int, of_these: int, length: int | None) -> None:
        """Add rows of one length, so many of them in the numerator too."""
        self.number += number
        self.of_these += of_these
        if length is not None:
            self.lengths[length] += number

    def take(self, other: "Count") -> None:
        self.number += other.number
        self.of_these += other.of_these
        self.lengths.update(other.lengths)


@dataclass(slots=True)
class Tally:
    """A measure's rows counted, by true and by recorded dates. Tallies of parts make that of the whole."""

    true: Count = field(default_factory=Count)
    recorded: Count = field(default_factory=Count)

    def add(
        self, row: Countable, measure: Measure, day: date, calendar: WorkingDays, number: int = 1
    ) -> None:
        """Count a row that is placed in the period, or so many like it."""
        if meets(row, measure.among, day):
            length = length_of(row, measure, day, calendar) if measure.has_lengths else None
            self.true.add(is_of_these(row, measure, day, length), length, number)
        if measure.recorded_among is not None and meets(row, measure.recorded_among, day):
            length = recorded_length_of(row, measure, day, calendar) if measure.has_lengths else None
            self.recorded.add(is_recorded_of_these(row, measure, day, length), length, number)

    @property
    def is_empty(self) -> bool:
        return not self.true.number and not self.recorded.number

    def take(self, other: "Tally") -> None:
        self.true.take(other.true)
        self.recorded.take(other.recorded)

    def figure(self, measure: Measure) -> Figure:
        return _figure(self.true, measure)

    def recorded_figure(self, measure: Measure) -> Figure | None:
        return None if measure.recorded_among is None else _figure(self.recorded, measure)


def is_of_these(row: Countable, measure: Measure, day: date, length: int | None) -> bool:
    """Whether a row that counts is in the numerator too."""
    if measure.of_these_lengths is not None:
        return length is not None and measure.of_these_lengths.holds(length)
    return measure.of_these is not None and meets(row, measure.of_these, day)


def is_recorded_of_these(row: Countable, measure: Measure, day: date, length: int | None) -> bool:
    """The same by the records."""
    if measure.of_these_lengths is not None:
        return length is not None and measure.of_these_lengths.holds(length)
    return measure.recorded_of_these is not None and meets(row, measure.recorded_of_these, day)


def _figure(count: Count, measure: Measure) -> Figure:
    share = Share(count.of_these, count.number) if measure.is_share else Share(count.number, None)
    return Figure(
        share,
        by_band(count.lengths, measure.bands),
        quartiles(count.lengths) if measure.has_quartiles else None,
    )


def quartiles(lengths: Counter[int]) -> Quartiles | None:
    """The least lengths within which a quarter, half and three quarters lie; None of no cases."""
    total = sum(lengths.values())
    if not total:
        return None
    found: list[int] = []
    seen = 0
    for length in sorted(lengths):
        seen += lengths[length]
        while len(found) < 3 and seen * 4 >= total * (len(found) + 1):
            found.append(length)
    return Quartiles(*found)


def last_twelve_months(day: date) -> Period:
    """The twelve months that end with ``day``: what is asked about where no period is named."""
    try:
        first = day.replace(year=day.year - 1)
    except ValueError:
        first = day.replace(year=day.year - 1, day=28)
    return Period(first + timedelta(days=1), day)


def tally(
    measure: Measure, rows: Iterable["Placeable"], period: Period, day: date, calendar: WorkingDays
) -> Tally:
    """Count the rows of a measure's series one by one."""
    counted = Tally()
    for row in rows:
        if is_placed(row, measure, period, day):
            counted.add(row, measure, day, calendar)
    return counted


class Placeable(Countable, Dated, Protocol):
    """A whole row."""
