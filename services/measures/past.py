"""What is measured, for a past question: every child, worker and the authority, folded from the log."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from domain.families import FAMILIES, Family
from domain.question import Question
from domain.timescale_facts import ALONE, EXPLAINED
from domain.working_days import WorkingDays
from projections.hands import HANDING_ON
from projections.measure import Measure, Period
from projections.measured.row import Measured
from projections.measured.rows import Sources, rows_of, sources_of
from projections.projection import Case
from projections.worker_rows import worker_rows
from services.histories import Histories
from services.measures.across import ACROSS, FromOutlines, Rows, Weighed
from services.measures.asked import Wanted
from services.measures.cases import Listed, first_listed
from services.measures.counted import Counted, by_series, counts, is_counted


class Log(Protocol):
    """What is asked of the log, beside histories."""

    def streams(self, after: str = ...) -> Iterator[str]: ...


KEPT_AT_MOST = 2_000
"""Of more rows kept for a page, those are let go that cannot stand on it."""


def cases_of(
    streams: Sequence[str],
    histories: Histories,
    question: Question,
    families: Sequence[Family] = FAMILIES,
    period: Period | None = None,
) -> Iterator[Case]:
    """Some streams with a question put to each; of those merged with one another, the one that survives.
    ``families``: of which clocks are wanted; ``period``: in which days rows are to be placed that are.
    """
    for stream in streams:
        history = histories.of(stream)
        if history is not None:
            case = replace(histories.case(history, question), families=families, period=period)
            if case.survivor[0] == stream:
                yield case


def cases_as_at(log: Log, histories: Histories, question: Question) -> Iterator[Case]:
    """Every child, worker and the authority with a question put to it; one in memory at a time."""
    return cases_of(list(log.streams()), histories, question)


@dataclass(frozen=True, slots=True)
class Needed:
    """Which rows some measures are counted from: those of their own series; those that other projections make
    of each case; and those looked across, with the workers or without.
    """

    own: frozenset[str]
    made: tuple[Callable[[Case], Weighed], ...]
    looked_across: frozenset[str]
    knows_workers: bool

    @staticmethod
    def by(measures: Sequence[Measure]) -> "Needed":
        across = {measure.series: ACROSS[measure.series] for measure in measures if measure.series in ACROSS}
        return Needed(
            frozenset(measure.series for measure in measures if measure.series not in ACROSS),
            tuple(one.from_case for one in across.values() if one.from_case is not None),
            frozenset(series for one in across.values() for series in one.of),
            any(one.knows_workers for one in across.values()),
        )

    def rows(self, case: Case, laid: Rows, wanted: Wanted) -> Weighed:
        """The rows of a case that count by themselves; what is to be looked across is laid by."""
        for make in self.made:
            yield from make(case)
        if self.knows_workers:
            laid.workers += worker_rows.rows(case)
        found = rows_of(case, self.own | self.looked_across) if self.own or self.looked_across else []
        laid.lay((row for row in found if row.series in self.looked_across), wanted)
        yield from ((row, 1) for row in found if row.series in self.own)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of each share of the streams; ``keeps_rows``: what counts is wanted one by one;
    ``listed``: and of that no more than a page.
    """

    measures: tuple[Measure, ...]
    wanted: Wanted
    keeps_rows: bool = False
    listed: Listed | None = None

    @property
    def sources(self) -> Sources:
        """What the facts and clocks are that it is answered from."""
        needed = Needed.by(self.measures)
        is_told_whole = self.keeps_rows or _looks_at_explained(self.measures)
        found = sources_of(needed.own | needed.looked_across, with_flags=is_told_whole)
        if needed.made:
            found = found.with_types(None)
        if needed.knows_workers:
            found = found.with_types(frozenset({"WorkerJoined", "WorkerLeft"}))
        if self.keeps_rows or self.is_by_holder or needed.looked_across:
            found = found.with_types(HANDING_ON)
        only_of = {ACROSS[m.series].only_of if m.series in ACROSS else None for m in self.measures}
        return replace(found, only_of=only_of.pop() if len(only_of) == 1 else None)

    @property
    def is_by_holder(self) -> bool:
        """Whether it matters who held the cases."""
        only = self.wanted.only
        return self.wanted.by in ("team", "worker") or bool(only.team_id or only.worker_id)

    @property
    def from_outlines(self) -> FromOutlines | None:
        """What makes all rows that are counted of no more than the outlines of facts; None: nothing does."""
        found = {ACROSS[m.series].from_outlines if m.series in ACROSS else None for m in self.measures}
        is_told_more = self.keeps_rows or self.is_by_holder or self.period is None
        return found.pop() if len(found) == 1 and not is_told_more else None

    @property
    def period(self) -> Period | None:
        """In which days all rows that are wanted are placed; None where others are, too."""
        is_all = all(measure.placed == "day" for measure in self.measures)
        return self.wanted.period if is_all and not Needed.by(self.measures).looked_across else None


@dataclass(slots=True)
class Part:
    """What came of some of the streams. Parts make the whole."""

    counted: list[Counted]
    kept: list[tuple[Measured, int]] = field(default_factory=list)
    across: Rows = field(default_factory=Rows)

    def count(
        self,
        row: Measured,
        number: int,
        of_series: Mapping[str, Sequence[Counted]],
        ask: Ask,
        calendar: WorkingDays,
    ) -> None:
        """Count a row, or so many like it, where it belongs."""
        for counted in of_series[row.series]:
            if is_counted(row, counted.measure, ask.wanted):
                counts(counted, row, number, ask.wanted, calendar)
                if ask.keeps_rows:
                    self.kept.append((row, number))

    def take(self, other: "Part") -> None:
        for mine, others in zip(self.counted, other.counted, strict=True):
            mine.take(others)
        self.kept += other.kept
        self.across.take(other.across)


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
        for row, number in needed.rows(case, part.across, ask.wanted):
            part.count(row, number, of_series, ask, case.calendar)
        if ask.listed is not None and len(part.kept) > KEPT_AT_MOST:
            part.kept = _on_page(part.kept, ask, ask.listed, case.calendar)
    return part


def _on_page(
    rows: Sequence[tuple[Measured, int]], ask: Ask, listed: Listed, calendar: WorkingDays
) -> list[tuple[Measured, int]]:
    (measure,) = ask.measures
    return first_listed(rows, measure, ask.wanted, listed, calendar)


def looked_across(part: Part, ask: Ask) -> Weighed:
    """The rows made by looking across all that was laid by; for who only counts, those alike as one."""
    wanted = ask.wanted
    is_told_apart = ask.keeps_rows or wanted.by == "kind" or wanted.only.kind is not None
    for series in {measure.series for measure in ask.measures if measure.series in ACROSS}:
        one = ACROSS[series]
        make = one.from_rows if is_told_apart else one.alike_from_rows or one.from_rows
        if make is not None:
            yield from make(part.across, wanted)
