"""England working days and Europe/London days, counted the slow way."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
_BANK_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG", years=range(1900, 2031))


def day_of(text: str) -> date:
    """the day of an instant is its Europe/London day."""
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(LONDON).date()


def instant_of(text: str) -> datetime | None:
    """The instant, or None where only a date was given."""
    return None if len(text) == 10 else datetime.fromisoformat(text).astimezone(UTC)


def learnt_by(known_at: str) -> datetime:
    """``known_at`` is an instant, or a date meaning its end."""
    if len(known_at) > 10:
        return datetime.fromisoformat(known_at).astimezone(UTC)
    next_day = date.fromisoformat(known_at) + timedelta(days=1)
    midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=LONDON)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


@cache
def is_working_day(day: date) -> bool:
    """not a Saturday, a Sunday or an England and Wales bank holiday."""
    return day.weekday() < 5 and day not in _BANK_HOLIDAYS


@cache
def working_days(start: date, end: date) -> int:
    """"the number of England working days d with s < d <= e"; the start is day 0."""
    count, day = 0, start
    while day < end:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count


@cache
def nth_working_day(start: date, count: int) -> date:
    """"`due_on` is the n-th working day"."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def twelve_months_after(day: date) -> date:
    """calendar months, the last day of a shorter month where the day is missing."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)
