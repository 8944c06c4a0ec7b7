"""The figures about children of past days, as they are known now or were at a moment."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from domain.question import Question, end_of
from domain.working_days import WorkingDays
from projections.projection import Case
from services.histories import Histories, History
from services.metrics.openmetrics import Days
from services.metrics.over_time import CaseOn, OverTime
from services.metrics.practice import practice_metrics

Tell = Callable[[int, int], None]
"""Told how many of how many streams were read."""


def over_time(
    streams: Iterable[str],
    histories: Histories,
    calendar: WorkingDays,
    first: date,
    last: date,
    known: Question,
    tell: Tell = lambda done, of: None,
) -> OverTime:
    """What is watched of some streams from ``first`` to ``last``, of what was known as ``known`` says."""
    figures = OverTime(first, last, calendar)
    share = list(streams)
    for done, stream in enumerate(share, 1):
        history = histories.of(stream)
        if history is not None:
            figures.add(stream, _case_on(histories, history, known))
        tell(done, len(share))
    return figures


def _case_on(histories: Histories, history: History, known: Question) -> CaseOn:
    def case_on(day: date) -> Case:
        return histories.case(history, Question(day, known.known_before, known.basis))

    return case_on


def as_openmetrics(figures: OverTime, step_days: int) -> Iterator[str]:
    """The figures of every ``step_days``-th day as OpenMetrics text, each at the end of its day."""
    days = range(0, (figures.last - figures.first).days + 1, step_days)
    times = [end_of(figures.first + timedelta(days=place)).timestamp() - 1 for place in days]
    kept = Days(times)
    for place, (_, one) in enumerate(figures.figures()):
        if place % step_days == 0:
            kept.add(place // step_days, practice_metrics(one))
    return kept.lines()
