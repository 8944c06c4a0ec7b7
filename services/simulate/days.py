"""The days of a simulation, as numbers that are quick to add to."""

from collections.abc import Sequence
from datetime import date, timedelta

from domain.working_days import WorkingDays

BEFORE = 60
AHEAD = 2_000


class Days:
    """Every day from ``BEFORE`` days before ``first`` to ``AHEAD`` days after ``last``, numbered from 0.

    ``first`` and ``last`` are numbers of days here. ``text`` is the ISO date of each, ``working`` the first
    working day on or after it, ``counted`` how many working days there are up to and with it, ``month_end``
    the last working day of its month.
    """

    __slots__ = ("_working_days", "counted", "first", "last", "month_end", "start", "text", "working")

    def __init__(self, first: date, last: date, calendar: WorkingDays) -> None:
        self.start = first - timedelta(days=BEFORE)
        self.first = BEFORE
        self.last = BEFORE + (last - first).days
        dates = [self.start + timedelta(days=n) for n in range(self.last + AHEAD)]
        self.text = [day.isoformat() for day in dates]
        self._working_days = [n for n, day in enumerate(dates) if calendar.is_working_day(day)]
        self.counted: list[int] = []
        self.working: list[int] = []
        for n in range(len(dates)):
            passed = self.counted[-1] if n else 0
            upcoming = self._working_days[min(passed, len(self._working_days) - 1)]
            self.counted.append(passed + (upcoming == n))
            self.working.append(upcoming)
        self.month_end = _month_ends(dates, self.counted, self._working_days)

    def after(self, day: int, count: int) -> int:
        """The ``count``-th working day after ``day``."""
        return self._working_days[self.counted[day] + count - 1]

    def between(self, start: int, end: int) -> int:
        """Working days after ``start`` up to and with ``end``."""
        return self.counted[end] - self.counted[start]

    def number(self, day: date) -> int:
        """The number of a date, which may lie outside the days held."""
        return (day - self.start).days


def _month_ends(dates: Sequence[date], counted: Sequence[int], working_days: Sequence[int]) -> list[int]:
    ends: list[int] = [0] * len(dates)
    end = working_days[-1]
    for n in reversed(range(len(dates))):
        if n + 1 < len(dates) and dates[n + 1].day == 1:
            end = working_days[max(counted[n] - 1, 0)]
        ends[n] = end
    return ends
