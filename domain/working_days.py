"""Counting England's working days."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """England's working days: every day but Saturdays, Sundays, and bank holidays of England and Wales.

    The calendar is known from ``first_day`` to ``last_day``, the end of the last published list of
    bank holidays; days after it count as working days but for weekends, and are `is_provisional`.

    Source: "working day" as in the Care Planning, Placement and Case Review (England) Regulations 2010,
    regulation 2: not a Saturday, Sunday, Christmas Day, Good Friday or bank holiday (Banking and Financial
    Dealings Act 1971). Council closure days are working days.
    """

    first_day: date
    last_day: date
    holidays: tuple[int, ...]
    """Ordinals of the bank holidays that fall on weekdays, in order."""
    _first: int = field(init=False, repr=False, compare=False)
    _up_to: list[int] = field(init=False, repr=False, compare=False)
    """How many working days there are from the first day up to each day, that day included."""
    _days: list[int] = field(init=False, repr=False, compare=False)
    """Ordinals of the working days, in order."""

    def __post_init__(self) -> None:
        # Counting is a look-up: a child's clocks ask for hundreds of counts.
        first = self.first_day.toordinal()
        last = max([self.last_day.toordinal(), *self.holidays[-1:]])
        holidays = frozenset(self.holidays)
        # Ordinal 1 (1 January of the year 1) is a Monday.
        days = [day for day in range(first, last + 1) if (day - 1) % 7 < _SATURDAY and day not in holidays]
        working = frozenset(days)
        object.__setattr__(self, "_first", first)
        object.__setattr__(self, "_up_to", list(accumulate(day in working for day in range(first, last + 1))))
        object.__setattr__(self, "_days", days)

    @staticmethod
    def known(first_day: date, last_day: date, bank_holidays: Iterable[date]) -> "WorkingDays":
        """The calendar from ``first_day`` to ``last_day`` with these bank holidays."""
        on_weekdays = {d.toordinal() for d in bank_holidays if d.weekday() < _SATURDAY}
        return WorkingDays(first_day, last_day, tuple(sorted(on_weekdays)))

    def between(self, start: date, end: date) -> int:
        """How many working days d there are with start < d ≤ end; ``start`` is day zero. 0 where end ≤
        start.
        """
        if end <= start:
            return 0
        low, high = start.toordinal() - self._first, end.toordinal() - self._first
        if low >= 0 and high < len(self._up_to):
            return self._up_to[high] - self._up_to[low]
        return self._weekdays_less_holidays(start.toordinal(), end.toordinal())

    def _weekdays_less_holidays(self, low: int, high: int) -> int:
        holidays = bisect_right(self.holidays, high) - bisect_right(self.holidays, low)
        return _weekdays_up_to(high) - _weekdays_up_to(low) - holidays

    def after(self, start: date, count: int) -> date:
        """The day on which the ``count``-th working day after ``start`` falls; ``start`` itself for none."""
        if count == 0:
            return start
        at = start.toordinal() - self._first
        if 0 <= at < len(self._up_to) and (place := self._up_to[at] + count) <= len(self._days):
            return date.fromordinal(self._days[place - 1])
        day = start + timedelta(days=count // 5 * 7)
        short = count - self.between(start, day)
        while short > 0:
            day += timedelta(days=1)
            short -= self.is_working_day(day)
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def last_days(self, start: date, count: int) -> tuple[date, date]:
        """The day on which the ``count``-th working day after ``start`` falls, and the last day by which no
        more than so many have passed.
        """
        at = start.toordinal() - self._first
        if count and 0 <= at < len(self._up_to) and (place := self._up_to[at] + count) < len(self._days):
            return date.fromordinal(self._days[place - 1]), date.fromordinal(self._days[place] - 1)
        return self.after(start, count), self.after(start, count + 1) - timedelta(days=1)

    def is_working_day(self, day: date) -> bool:
        ordinal = day.toordinal()
        position = bisect_right(self.holidays, ordinal)
        return day.weekday() < _SATURDAY and not (position and self.holidays[position - 1] == ordinal)

    def is_provisional(self, day: date) -> bool:
        """Whether a day lies beyond the last published list of bank holidays."""
        return day > self.last_day


def _weekdays_up_to(ordinal: int) -> int:
    # Ordinal 1 (1 January of the year 1) is a Monday.
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)


def calendar_days(start: date, end: date) -> int:
    """Days from ``start``, day zero, to ``end``."""
    return (end - start).days
