"""Measures and their cases answered: from the views where they were made for the question, else from the
log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import Any

from domain.question import Question
from projections.across.caseloads import caseload_policy
from projections.measure import Measure
from projections.measure_catalogue import BY_NAME
from projections.measured.rows import measured_rows
from services.compose import Parts
from services.measures import caseloads, cases, counted
from services.measures.asked import Wanted
from services.measures.cases import Listed
from services.measures.counted import Counted
from services.measures.past import Ask, looked_across
from services.measures.reply import measure_json
from services.measures.restated import Restated, restate
from services.measures.shares import past_part
from services.shares import Tell


def tell_nobody(done: int, of: int) -> None:
    """For those who do not ask how far it is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked for, and how many events it is behind the log."""

    items: list[dict[str, Any]]
    next: str | None
    lag: int


class Measures:
    """Answers what is asked of measures."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def count(self, measures: Sequence[Measure], wanted: Wanted, tell: Tell = tell_nobody) -> Answer:
        """Each measure with its numbers."""
        wanted = self._held_to_policy(wanted)
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            found = self._count_past(measures, wanted, tell)
        else:
            found = counted.from_views(self._parts.views, measures, wanted)
        return Answer([measure_json(one, wanted) for one in found], None, lag or 0)

    def _count_past(self, measures: Sequence[Measure], wanted: Wanted, tell: Tell) -> list[Counted]:
        ask = Ask(tuple(measures), wanted)
        part = past_part(self._parts, ask, tell)
        counted.count_rows(looked_across(part, ask), part.counted, wanted, self._parts.calendar)
        return part.counted

    def cases(self, measure: Measure, wanted: Wanted, listed: Listed, tell: Tell = tell_nobody) -> Answer:
        """A page of the cases behind a measure. Raises Invalid for a cursor that was not given."""
        wanted = self._held_to_policy(wanted)
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            ask = Ask((measure,), wanted, keeps_rows=True, listed=listed)
            part = past_part(self._parts, ask, tell)
            rows = chain(part.kept, looked_across(part, ask))
            page = cases.from_rows(rows, measure, wanted, listed, self._parts.calendar)
        else:
            page = cases.from_views(self._parts.views, measure, wanted, listed)
        return Answer(page.cases, page.next, lag or 0)

    def caseloads(
        self, wanted: Wanted, by: caseloads.By, most: int | None = None, tell: Tell = tell_nobody
    ) -> Answer:
        """What each worker or team holds, at the end of each month of the period and on its last day;
        ``most``: how many children a full-time worker should hold, else as the policy has it.
        """
        wanted = self._held_to_policy(wanted)
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            part = past_part(self._parts, Ask((BY_NAME["caseloads_over_threshold"],), wanted), tell)
            return Answer(caseloads.in_rows(part.across, wanted, by, most), None, 0)
        return Answer(caseloads.in_views(self._parts.views, wanted, by, most), None, lag)

    def caseload_cases(self, wanted: Wanted, worker_id: str, tell: Tell = tell_nobody) -> Answer:
        """The children that a worker holds on the day."""
        lag = self._lag_of_views(wanted.asked.question)
        if lag is None:
            wanted = self._held_to_policy(wanted)
            part = past_part(self._parts, Ask((BY_NAME["caseloads_over_threshold"],), wanted), tell)
            return Answer(caseloads.cases_in_rows(part.across, wanted.day, worker_id), None, 0)
        return Answer(caseloads.cases_in_views(self._parts.views, wanted.day, worker_id), None, lag)

    def restated(
        self, measure: Measure, wanted: Wanted, published_before: datetime, tell: Tell = tell_nobody
    ) -> Restated:
        """A measure as it was known before an instant, and as it is known now."""
        return restate(self._parts, measure, self._held_to_policy(wanted), published_before, tell)

    def threshold(self, day: date) -> int:
        """How many children a full-time worker should hold on a day."""
        return caseload_policy(self._parts.policy, day).most_children

    def _held_to_policy(self, wanted: Wanted) -> Wanted:
        return replace(wanted, policy=self._parts.policy)

    def _lag_of_views(self, question: Question) -> int | None:
        """How many events the views are behind; None where they were not made for the question."""
        if question != Question(self._parts.today()):
            return None
        # Read before the rows are: they are at least as far as this.
        positions = self._parts.views.positions()
        position = next(one for one in positions if one.projection == measured_rows.name)
        # What other code has made lacks what that did not know to make.
        is_made = position.build.is_of_this_code and position.build.answers(question.as_at)
        return position.lag(self._parts.log.heads()) if is_made else None
