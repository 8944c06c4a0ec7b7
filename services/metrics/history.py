"""The figures about children of past days, as they are known now or were at a moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.question import Question, end_of
from domain.working_days import WorkingDays
from services.compose import Parts
from services.histories import Histories
from services.metrics.openmetrics import Days
from services.metrics.over_time import OverTime
from services.metrics.practice import practice_metrics
from services.shares import Tell, held_histories, of_shares


@dataclass(frozen=True, slots=True)
class Range:
    """The days asked about, and what was known: of ``known`` only that counts."""

    first: date
    last: date
    known: Question


def past_figures(parts: Parts, asked: Range, tell: Tell) -> OverTime:
    """What is watched of all streams, reckoned in every core where that pays."""
    whole = OverTime(asked.first, asked.last, parts.calendar)
    for share in of_shares(parts, _of_share, asked, tell):
        whole.merge(share)
    return whole


def _of_share(parts: Parts, streams: Sequence[str], asked: Range) -> OverTime:
    return over_time(streams, held_histories(parts, streams), parts.calendar, asked)


def over_time(streams: Iterable[str], histories: Histories, calendar: WorkingDays, asked: Range) -> OverTime:
    """What is watched of some streams."""
    figures = OverTime(asked.first, asked.last, calendar)
    question = replace(asked.known, as_at=asked.last)
    for stream in streams:
        history = histories.of(stream)
        if history is not None:
            figures.add(histories.case(history, question))
    return figures


def as_openmetrics(figures: OverTime, step_days: int) -> Iterator[str]:
    """The figures of every ``step_days``-th day as OpenMetrics text, each at the end of its day."""
    days = range(0, (figures.last - figures.first).days + 1, step_days)
    times = [end_of(figures.first + timedelta(days=place)).timestamp() - 1 for place in days]
    kept = Days(times)
    for place, (_, one) in enumerate(figures.figures()):
        if place % step_days == 0:
            kept.add(place // step_days, practice_metrics(one))
    return kept.lines()
