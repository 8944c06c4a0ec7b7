"""Measures and their cases answered: from the views where they were made for the question, else from the
log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.question import Question
from domain.working_days import WorkingDays
from infra.log.log import Log
from infra.views.views import Views
from projections.across.caseloads import SERIES, CaseloadPolicy
from projections.measure import Measure
from projections.measured.rows import measured_rows
from services.compose import Parts
from services.histories import Histories
from services.measures import caseloads, cases, counted
from services.measures.asked import Wanted
from services.measures.cases import Listed
from services.measures.past import Tell, all_rows, rows_across
from services.measures.reply import measure_json


def tell_nobody(done: int, of: int) -> None:
    """For those who do not ask how far it is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked for, and how many events it is behind the log."""

    items: list[dict[str, Any]]
    next: str | None
    lag: int


def measures_of(parts: Parts) -> "Measures":
    """What answers for a service made of some parts."""
    return Measures(parts.log, parts.histories, parts.views, parts.calendar, parts.today)


class Measures:
    """Answers what is asked of measures."""

    def __init__(
        self,
        log: Log,
        histories: Histories,
        views: Views,
        calendar: WorkingDays,
        today: Callable[[], date],
    ) -> None:
        self._log = log
        self._histories = histories
        self._views = views
        self._calendar = calendar
        self._today = today

    def count(self, measures: Sequence[Measure], wanted: Wanted, tell: Tell = tell_nobody) -> Answer:
        """Each measure with its numbers."""
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            rows = all_rows(measures, wanted, self._log, self._histories, tell)
            found = counted.from_rows(rows, measures, wanted, self._calendar)
        else:
            found = counted.from_views(self._views, measures, wanted)
        return Answer([measure_json(one, wanted) for one in found], None, lag or 0)

    def cases(self, measure: Measure, wanted: Wanted, listed: Listed, tell: Tell = tell_nobody) -> Answer:
        """A page of the cases behind a measure. Raises Invalid for a cursor that was not given."""
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            rows = all_rows([measure], wanted, self._log, self._histories, tell)
            page = cases.from_rows(rows, measure, wanted, listed, self._calendar)
        else:
            page = cases.from_views(self._views, measure, wanted, listed)
        return Answer(page.cases, page.next, lag or 0)

    def caseloads(
        self, wanted: Wanted, by: caseloads.By, policy: CaseloadPolicy, tell: Tell = tell_nobody
    ) -> Answer:
        """What each worker or team holds, at the end of each month of the period and on its last day."""
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            rows = rows_across(SERIES, wanted, self._log, self._histories, tell)
            return Answer(caseloads.in_rows(rows, wanted, by, policy), None, 0)
        return Answer(caseloads.in_views(self._views, wanted, by, policy), None, lag)

    def _lag_of_views(self, question: Question) -> int | None:
        """How many events the views are behind; None where they were not made for the question."""
        if question != Question(self._today()):
            return None
        # Read before the rows are: they are at least as far as this.
        position = next(one for one in self._views.positions() if one.projection == measured_rows.name)
        return position.lag(self._log.heads()) if position.build.answers(question.as_at) else None
