"""When something happened, at the precision at which it was told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EARLIEST = date(1900, 1, 1)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or an instant and the day it falls on in London.

    ``text`` is what was reported and is what is shown; ``day`` is the Europe/London date;
    ``instant`` is aware UTC, or None where only a day was told.
    """

    text: str
    day: date
    instant: datetime | None

    @staticmethod
    def parse(text: str) -> "Moment":
        """Read an ISO date or an instant with an offset.

        Raises ValueError, with a sentence saying what to write instead, for anything else.
        """
        if len(text) == 10:
            return _day_alone(text)
        instant = read_instant(text)
        return Moment(text, london_day(instant), instant)


@lru_cache(maxsize=65_536)
def _day_alone(text: str) -> Moment:
    return Moment(text, read_day(text), None)


@lru_cache(maxsize=65_536)
def read_day(text: str) -> date:
    """Read ``YYYY-MM-DD``. Raises ValueError for any other form, or a day that no calendar has."""
    if not _DAY.fullmatch(text):
        raise ValueError("is not a date; write it as 2019-03-05")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day of the calendar; write it as 2019-03-05") from None


def read_instant(text: str) -> datetime:
    """Read an instant with an offset into aware UTC. Raises ValueError with what to write instead."""
    if not _INSTANT.fullmatch(text):
        if _NAIVE.fullmatch(text):
            raise ValueError("has no offset from UTC; write it as 2019-03-05T14:30:00+00:00")
        raise ValueError("is neither a date (2019-03-05) nor an instant (2019-03-05T14:30:00+00:00)")
    try:
        instant = datetime.fromisoformat(text.upper())
        # Nearly all are in UTC as they are, which takes a quarter of the time to see.
        return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a time that exists; write it as 2019-03-05T14:30:00+00:00") from None


_LATE_HOUR = 22
"""Until this hour UTC the day is the same in London, which since 1847 has been at most two hours ahead of UTC
and never behind it.
"""

_hour = attrgetter("hour")


def london_day(instant: datetime) -> date:
    """The Europe/London date on which an aware instant falls."""
    if instant.tzinfo is UTC and instant.hour < _LATE_HOUR and instant.year >= EARLIEST.year:
        return instant.date()
    return instant.astimezone(LONDON).date()


def london_days(instants: Sequence[datetime]) -> list[date]:
    """The same for many, all of them in UTC, with less ado for each."""
    days = list(map(datetime.date, instants))
    if min(days, default=EARLIEST) < EARLIEST:
        return list(map(london_day, instants))
    for place, hour in enumerate(map(_hour, instants)):
        if hour >= _LATE_HOUR:
            days[place] = london_day(instants[place])
    return days
