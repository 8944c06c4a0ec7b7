"""Counting England's working days."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

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
        low, high = start.toordinal(), end.toordinal()
        holidays = bisect_right(self.holidays, high) - bisect_right(self.holidays, low)
        return _weekdays_up_to(high) - _weekdays_up_to(low) - holidays

    def after(self, start: date, count: int) -> date:
        """The day on which the ``count``-th working day after ``start`` falls; ``start`` itself for none."""
        if count == 0:
            return start
        day = start + timedelta(days=count // 5 * 7)
        short = count - self.between(start, day)
        while short > 0:
            day += timedelta(days=1)
            short -= self.is_working_day(day)
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

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
