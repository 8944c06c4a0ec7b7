"""Where days stand along a drawing, and the months or years that are named under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.web.days import month_in_short
from services.web.svg import text_width


@dataclass(frozen=True, slots=True)
class Axis:
    """Days from ``start`` to ``end``, laid from ``left`` to ``right``."""

    start: date
    end: date
    left: float
    right: float

    def at(self, day: date) -> float:
        """Where a day stands; days beyond the ends stand on them."""
        inside = min(max(day, self.start), self.end)
        length = max((self.end - self.start).days, 1)
        return self.left + (self.right - self.left) * (inside - self.start).days / length

    def reaches(self, start: date, end: date) -> bool:
        """Whether any of a stretch of days lies on the axis."""
        return end >= self.start and start <= self.end


@dataclass(frozen=True, slots=True)
class Period:
    """A named stretch of the axis."""

    start: date
    end: date
    label: str


def periods(axis: Axis, size: float) -> list[Period]:
    """Months, quarters, years or more: the shortest whose names fit. The first may be cut off."""
    lengths = (_periods(axis, months) for months in (1, 3, 12, 24, 60))
    in_decades = _periods(axis, 120)
    found = next((f for f in lengths if all(_fits(axis, period, size) for period in f[1:-1])), in_decades)
    return [p if _fits(axis, p, size) else Period(p.start, p.end, "") for p in found]


def _fits(axis: Axis, period: Period, size: float) -> bool:
    return text_width(period.label, size) + 8 <= axis.at(period.end) - axis.at(period.start)


def _periods(axis: Axis, months: int) -> Sequence[Period]:
    step = min(months, 12)
    at = axis.start.year * 12 + (axis.start.month - 1) // step * step
    found: list[Period] = []
    while (start := _first(at)) <= axis.end:
        found.append(Period(start, _first(at + months), _label(start, months, not found)))
        at += months
    return found


def _first(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def _label(start: date, months: int, is_first: bool) -> str:
    if months >= 12:
        return str(start.year)
    return (
        f"{month_in_short(start)} {start.year}"
        if start.month == 1 and not is_first
        else month_in_short(start)
    )


def around(start: date, end: date) -> tuple[date, date]:
    """The days of a drawing of these: from the first of the month, at least four weeks long."""
    first = start.replace(day=1)
    return first, max(end, first + timedelta(days=27))
