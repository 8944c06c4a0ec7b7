"""What comes before what: by day and time, and of one day's facts without a time by what they do."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from domain.material import Placed
from domain.telling import Told

When = tuple[date, bool, datetime]
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def when(told: Told) -> When:
    """Orders facts by when they happened. A day alone stands for its start, before any time of that day."""
    return (told.day, told.instant is not None, told.instant or _NO_TIME)


def is_after_start(one: Placed, start: Placed) -> bool:
    """Whether a fact comes after what begins with another: on one day and without times, it does."""
    if one[1].day != start[1].day:
        return one[1].day > start[1].day
    at, begun = when(one[1]), when(start[1])
    return at > begun or (at == begun and (not at[1] or one[0] > start[0]))


def is_before_end(one: Placed, end: Placed | None) -> bool:
    """Whether a fact comes before what ends with another: on one day and without times, it does."""
    if end is None:
        return True
    if one[1].day != end[1].day:
        return one[1].day < end[1].day
    at, ended = when(one[1]), when(end[1])
    return at < ended or (at == ended and (not at[1] or one[0] < end[0]))


def day_by_day(facts: Iterable[Placed], rank: Callable[[Told], Any]) -> Iterator[Placed]:
    """Facts in reading order, those of one day without a time in the order of ``rank``.

    The rank of a fact is asked once all before that day have been taken: it may tell what is open that
    morning.
    """
    group: list[Placed] = []
    for placed in facts:
        if group and (group[0][1].day != placed[1].day or placed[1].instant is not None):
            yield from _ranked(group, rank)
            group = []
        if placed[1].instant is not None:
            yield placed
        else:
            group.append(placed)
    yield from _ranked(group, rank)


def _ranked(group: list[Placed], rank: Callable[[Told], Any]) -> list[Placed]:
    return group if len(group) < 2 else sorted(group, key=lambda placed: rank(placed[1]))
