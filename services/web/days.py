"""Days as people in England write them, and as they type them."""

import re
from datetime import date, datetime

from domain.moment import EARLIEST, LONDON, Moment, read_day

MONTHS = "January February March April May June July August September October November December".split()

_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b(?!T)", re.ASCII)
_TYPED = re.compile(r"(\d{1,2})[/. -](\d{1,2}|[A-Za-z]{3,9})[/. -](\d{4})", re.ASCII)


def in_full(day: date) -> str:
    """``22 October 2019``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def in_short(day: date) -> str:
    """``22 Oct``, for where the year is plain from what stands around it."""
    return f"{day.day} {month_in_short(day)}"


def month_in_short(day: date) -> str:
    return MONTHS[day.month - 1][:3]


def month_in_full(day: date) -> str:
    """``October 2019``."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def as_typed(day: date) -> str:
    """``22/10/2019``, as `read_typed` reads it back."""
    return f"{day.day}/{day.month}/{day.year}"


def span_in_short(start: date, end: date) -> str:
    """``6 Mar to 17 Apr``, with the years where they differ."""
    if start.year == end.year:
        return f"{in_short(start)} to {in_short(end)}"
    return f"{in_short(start)} {start.year} to {in_short(end)} {end.year}"


def time_of(moment: Moment) -> str | None:
    """The London time of day where an instant was told, as ``14:30``; None where only the day was."""
    return None if moment.instant is None else f"{moment.instant.astimezone(LONDON):%H:%M}"


def instant_in_full(instant: datetime) -> str:
    """``22 October 2019 at 14:30``, London time."""
    local = instant.astimezone(LONDON)
    return f"{in_full(local.date())} at {local:%H:%M}"


def days_in_words(sentence: str) -> str:
    """A sentence with its ISO dates written out in full."""
    return _ISO.sub(lambda match: _in_words(match[0]), sentence)


def _in_words(text: str) -> str:
    try:
        return in_full(read_day(text))
    except ValueError:
        return text


def read_typed(text: str) -> date:
    """Read ``22/10/2019``, ``22 October 2019`` or ``2019-10-22``.

    Raises ValueError, with a sentence saying what to type instead, for anything else.
    """
    text = text.strip()
    if not text:
        raise ValueError("Enter a date, like 22/10/2019")
    typed = _TYPED.fullmatch(text)
    try:
        day = _day(*typed.groups()) if typed else read_day(text)
    except ValueError:
        raise ValueError("Enter a real date, like 22/10/2019") from None
    if day < EARLIEST:
        raise ValueError("Enter a date in 1900 or later, like 22/10/2019")
    return day


def _day(day: str, month: str, year: str) -> date:
    if month.isdigit():
        return date(int(year), int(month), int(day))
    named = [n for n, name in enumerate(MONTHS, 1) if name.lower().startswith(month.lower())]
    if len(named) != 1:
        raise ValueError("no such month")
    return date(int(year), named[0], int(day))
