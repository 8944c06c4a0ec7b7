"""What is measured, for a past question: every child, worker and the authority, folded from the log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from domain.families import FAMILIES, Family
from domain.question import Question
from domain.timescale_facts import ALONE, EXPLAINED
from projections.delay_rows import delay_rows
from projections.hands import HANDING_ON
from projections.measure import Measure
from projections.measured.row import Measured
from projections.measured.rows import Sources, measured_rows, rows_of, sources_of
from projections.projection import Case, Projection
from projections.worker_rows import worker_rows
from services.histories import Histories
from services.measures.across import ACROSS, Rows, Weighed
from services.measures.asked import Wanted
from services.measures.counted import Counted, by_series, counts, is_counted


class Log(Protocol):
    """What is asked of the log, beside histories."""

    def streams(self, after: str = ...) -> Iterator[str]: ...


def cases_of(
    streams: Sequence[str],
    histories: Histories,
    question: Question,
    families: Sequence[Family] = FAMILIES,
) -> Iterator[Case]:
    """Some streams with a question put to each; of those merged with one another, the one that survives.
    ``families``: of which clocks are wanted.
    """
    for stream in streams:
        history = histories.of(stream)
        if history is not None:
            case = replace(histories.case(history, question), families=families)
            if case.survivor[0] == stream:
                yield case


def cases_as_at(log: Log, histories: Histories, question: Question) -> Iterator[Case]:
    """Every child, worker and the authority with a question put to it; one in memory at a time."""
    return cases_of(list(log.streams()), histories, question)


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
            if projection.name != measured_rows.name:
                across.take(projection, projection.rows(case))
                continue
            for row in rows_of(case, self.own | self.looked_across):
                if row.series in self.own:
                    yield row
                if row.series in self.looked_across:
                    across.measured.append(row)


_READ_BY: Mapping[str, frozenset[str] | None] = {
    worker_rows.name: frozenset({"WorkerJoined", "WorkerLeft"}),
    delay_rows.name: None,
}
"""The types of facts that other projections are made from; None: of all."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of each share of the streams; ``keeps_rows``: what counts is wanted one by one."""

    measures: tuple[Measure, ...]
    wanted: Wanted
    keeps_rows: bool = False

    @property
    def sources(self) -> Sources:
        """What the facts and clocks are that it is answered from."""
        needed = Needed.by(self.measures)
        is_told_whole = self.keeps_rows or _looks_at_explained(self.measures)
        found = sources_of(needed.own | needed.looked_across, with_flags=is_told_whole)
        for projection in needed.projections:
            found = found.with_types(_READ_BY.get(projection.name, frozenset()))
        only = self.wanted.only
        is_by_holder = self.wanted.by in ("team", "worker") or only.team_id or only.worker_id
        if self.keeps_rows or is_by_holder or needed.looked_across:
            found = found.with_types(HANDING_ON)
        return found


@dataclass(slots=True)
class Part:
    """What came of some of the streams. Parts make the whole."""

    counted: list[Counted]
    kept: list[Measured] = field(default_factory=list)
    across: Rows = field(default_factory=Rows)

    def take(self, other: "Part") -> None:
        for mine, others in zip(self.counted, other.counted, strict=True):
            mine.take(others)
        self.kept += other.kept
        self.across.measured += other.across.measured
        self.across.workers += other.across.workers
        self.across.delays += other.across.delays


def _looks_at_explained(measures: Sequence[Measure]) -> bool:
    """Whether any measure tells clocks apart by flags that other facts explain."""
    return any(
        not EXPLAINED.isdisjoint((*where.marked, *where.unmarked))
        for measure in measures
        if measure.series in ALONE
        for where in measure.conditions
    )


def nothing_of(ask: Ask) -> Part:
    """The part that comes of no streams."""
    return Part([Counted(measure) for measure in ask.measures])


def count_cases(cases: Iterator[Case], ask: Ask) -> Part:
    """What comes of some cases; what is looked across is laid by for when all are there."""
    part, needed = nothing_of(ask), Needed.by(ask.measures)
    of_series = by_series(part.counted)
    for case in cases:
        for row in needed.rows(case, part.across):
            for counted in of_series[row.series]:
                if is_counted(row, counted.measure, ask.wanted):
                    counts(counted, row, 1, ask.wanted, case.calendar)
                    if ask.keeps_rows:
                        part.kept.append(row)
    return part


def looked_across(part: Part, ask: Ask) -> Weighed:
    """The rows made by looking across all that was laid by."""
    for series in {measure.series for measure in ask.measures if measure.series in ACROSS}:
        yield from ACROSS[series].from_rows(part.across, ask.wanted)
