"""The limits that statute, guidance and policy set, and the last days in time under them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from domain.months import months_after
from domain.working_days import WorkingDays

Kind = Literal["statute", "statutory guidance", "national guidance", "local policy"]
Unit = Literal["working_days", "calendar_days", "weeks", "months"]
Confidence = Literal[
    "primary text read",
    "secondary text read",
    "one authority's policy read",
    "not verified",
    "as the operator's file says",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """``value`` counted in ``unit``; the day of the start is day zero. Months are calendar months."""

    value: int
    unit: Unit

    def due_on(self, started_on: date, calendar: WorkingDays) -> date:
        """The last day of the limit: the n-th working day, or so many days, weeks or months after the
        start.
        """
        if self.unit == "working_days":
            return calendar.after(started_on, self.value)
        if self.unit == "months":
            return months_after(started_on, self.value)
        days = self.value * 7 if self.unit == "weeks" else self.value
        return started_on + timedelta(days=days)

    def allows_more_than(self, other: "Limit", started_on: date, calendar: WorkingDays) -> bool:
        """Whether the last day in time of what starts on a day is later than under another limit."""
        if self.unit == other.unit:
            return self.value > other.value
        return self.in_time_until(started_on, calendar) > other.in_time_until(started_on, calendar)

    def in_time_until(self, started_on: date, calendar: WorkingDays) -> date:
        """The last day in time: of working days, the last on which no more than the limit have passed."""
        if self.unit == "working_days":
            return calendar.after(started_on, self.value + 1) - timedelta(days=1)
        return self.due_on(started_on, calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timescale:
    """One row of the catalogue: a limit, what starts and stops it, and where it comes from.

    ``part`` tells apart the rows of a timescale that has several limits at once, such as those of first and
    later visits; it is empty where there is one. ``repeats`` tells that each stop starts the next interval.
    In force from ``in_force_from`` until ``in_force_to``, which is None while no later row replaced it.
    ``confidence`` says how sure we are of the source.
    """

    id: str
    part: str = ""
    limit: Limit
    starts: str
    stops: str
    repeats: bool = False
    kind: Kind
    source: str
    paragraph: str
    edition: str
    in_force_from: date
    in_force_to: date | None
    confidence: Confidence
    nation: str = "England"

    def is_in_force_on(self, day: date) -> bool:
        return self.in_force_from <= day and (self.in_force_to is None or day < self.in_force_to)

    def due_on(self, started_on: date, calendar: WorkingDays) -> date:
        """The day on which a clock that starts on a day is due."""
        return self.limit.due_on(started_on, calendar)

    def in_time_until(self, started_on: date, calendar: WorkingDays) -> date:
        """The last day in time of a clock that starts on a day."""
        return self.limit.in_time_until(started_on, calendar)

    def days(self, started_on: date, calendar: WorkingDays) -> tuple[date, date]:
        """The day on which a clock that starts on a day is due, and its last day in time."""
        if self.limit.unit == "working_days":
            return calendar.last_days(started_on, self.limit.value)
        due_on = self.limit.due_on(started_on, calendar)
        return due_on, due_on


def with_limit(row: Timescale, limit: Limit) -> Timescale:
    """The row with a limit of its own, set for one thing."""
    return row if row.limit == limit else replace(row, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number beside the limits on which the reading of clocks or a measure rests, ``value`` counted in
    ``unit``.
    """

    name: str
    value: int
    unit: Literal["working_days", "calendar_days", "children", "percent"]
    meaning: str
    source: str
    edition: str
    in_force_from: date
    in_force_to: date | None
    kind: Kind = "local policy"

    def is_in_force_on(self, day: date) -> bool:
        return self.in_force_from <= day and (self.in_force_to is None or day < self.in_force_to)
