"""What is measured, for a past question: the rows of every child, worker and the authority, from the log."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.question import Question
from projections.measure import Measure
from projections.measured.row import Measured
from projections.measured.rows import measured_rows
from projections.projection import Case, Projection
from services.histories import Histories
from services.measures.across import ACROSS, Rows, Weighed
from services.measures.asked import Wanted

Tell = Callable[[int, int], None]
"""Told how many of how many streams are done."""


class Log(Protocol):
    """What is asked of the log, beside histories."""

    def streams(self, after: str = ...) -> Iterator[str]: ...


def cases_as_at(log: Log, histories: Histories, question: Question, tell: Tell) -> Iterator[Case]:
    """Each child, worker and the authority with a question put to it, telling how far it is."""
    streams = list(log.streams())
    for done, stream in enumerate(streams, 1):
        history = histories.of(stream)
        if history is not None:
            case = histories.case(history, question)
            if case.figures.child == stream:
                yield case
        tell(done, len(streams))


@dataclass(frozen=True, slots=True)
class Needed:
    """Which rows some measures are counted from: those of their own series, and those looked across."""

    own: frozenset[str]
    looked_across: frozenset[str]
    projections: tuple[Projection[Any], ...]

    @staticmethod
    def by(measures: Sequence[Measure]) -> "Needed":
        across = [ACROSS[measure.series] for measure in measures if measure.series in ACROSS]
        own = frozenset(measure.series for measure in measures if measure.series not in ACROSS)
        projections = {p.name: p for one in across for p in one.projections}
        if own:
            projections[measured_rows.name] = measured_rows
        of = frozenset(series for one in across for series in one.of)
        return Needed(own, of, tuple(projections.values()))

    def rows(self, case: Case, across: Rows) -> Iterator[Measured]:
        """The rows of a case that count by themselves; those to be looked across are laid by."""
        for projection in self.projections:
            found = projection.rows(case)
            if projection.name == measured_rows.name:
                yield from _of(found, self.own)
                found = list(_of(found, self.looked_across))
            across.take(projection, found)


def _of(rows: Sequence[Measured], series: Collection[str]) -> Iterator[Measured]:
    return (row for row in rows if row.series in series)


def rows_across(series: str, wanted: Wanted, log: Log, histories: Histories, tell: Tell) -> Rows:
    """The rows that those of a series looked at across children are made of."""
    across, rows = ACROSS[series], Rows()
    needed = Needed(frozenset(), frozenset(across.of), across.projections)
    for case in cases_as_at(log, histories, wanted.asked.question, tell):
        for _ in needed.rows(case, rows):
            raise AssertionError("nothing counts by itself here")
    return rows


def all_rows(
    measures: Sequence[Measure], wanted: Wanted, log: Log, histories: Histories, tell: Tell
) -> Weighed:
    """Every row that some measures are counted from, each with how many cases it stands for."""
    needed, across = Needed.by(measures), Rows()
    for case in cases_as_at(log, histories, wanted.asked.question, tell):
        for row in needed.rows(case, across):
            yield row, 1
    for series in {measure.series for measure in measures if measure.series in ACROSS}:
        yield from ACROSS[series].from_rows(across, wanted)
