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
    """ "the number of England working days d with s < d <= e"; the start is day 0."""
    count, day = 0, start
    while day < end:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count


@cache
def nth_working_day(start: date, count: int) -> date:
    """ "`due_on` is the n-th working day"."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def months_after(day: date, count: int) -> date:
    """calendar months, the last day of a shorter month where the day is missing."""
    year, month = day.year, day.month
    for _ in range(count):
        month += 1
        if month > 12:
            year, month = year + 1, 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError(day)


def twelve_months_after(day: date) -> date:
    return months_after(day, 12)


def due(start: date, value: int, unit: str) -> date:
    """The last day on which a limit is kept, a weekend after it apart."""
    if unit == "working_days":
        return nth_working_day(start, value)
    if unit == "months":
        return months_after(start, value)
    return start + timedelta(days=value * {"calendar_days": 1, "weeks": 7}[unit])


def last_day_in_time(start: date, value: int, unit: str) -> date:
    """The due day, or the last day of the weekend or holiday after it."""
    day = due(start, value, unit)
    while unit == "working_days" and not is_working_day(day + timedelta(days=1)):
        day += timedelta(days=1)
    return day


def is_late(start: date, end: date, value: int, unit: str) -> bool:
    """ "Late is more working days than the limit, so a weekend after the due day is still in time; for
    weeks and months, late is after the due day"."""
    if unit == "working_days":
        return working_days(start, end) > value
    return end > due(start, value, unit)
