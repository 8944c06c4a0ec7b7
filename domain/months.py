"""Counting calendar months: the same day of a later month, or its last day where it has no such day."""

from calendar import monthrange
from datetime import date


def months_after(day: date, months: int) -> date:
    """The day so many calendar months after ``day``, or before it where ``months`` is negative."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_completed(start: date, end: date) -> int:
    """How many calendar months after ``start`` had passed on ``end``: 3 from the day three months on."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(months if end >= months_after(start, months) else months - 1, 0)
