"""The figures about children, as metrics: the same for today and for every past day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import get_args

from prometheus_client.core import Metric

from domain.field import RecordKind
from domain.reviewed_timescales import all_ids
from projections.measure_catalogue import WITH_RECORDS
from projections.practice import AGE_BOUNDS_WORKDAYS, Ages, OfTimescale
from services.metrics import names
from services.metrics.labels import (
    MOST_SOURCES,
    MOST_SOURCES_WATCHED,
    MOST_TEAMS,
    naming_people,
    of_the_most,
    summed,
)

CASELOAD_BOUNDS_CHILDREN = (0, 5, 10, 12, 14, 16, 18, 20, 25, 30, 40)
DELAY_BOUNDS_WORKDAYS = (0, 1, 2, 5, 10, 20, 45, 90)

Bucketed = tuple[Sequence[tuple[str, float]], float]


@dataclass(frozen=True, slots=True)
class Facts:
    """How many facts of a type a source reported, and when the newest was recorded."""

    type: str
    source: str
    facts: int
    newest_s: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about children that is watched, on one day.

    ``caseloads``: how many workers hold so many children. ``delays``: how many facts were entered so many
    working days late in the four weeks up to the day. ``named_sources``: those that may stand in a label.
    ``people``: the references of children and workers, which may never stand in one.
    """

    clocks: Mapping[str, OfTimescale]
    children: Mapping[str, int] = field(default_factory=dict)
    without_worker: int = 0
    caseloads: Mapping[int, int] = field(default_factory=dict)
    facts: Sequence[Facts] = ()
    delays: Mapping[int, int] = field(default_factory=dict)
    discrepancies: Mapping[str, int] = field(default_factory=dict)
    vanished: Mapping[str, int] = field(default_factory=dict)
    named_sources: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


def practice_metrics(figures: Figures) -> Iterator[Metric]:
    """The figures as metrics, each under its name of `services.metrics.names`."""
    # What there is none of is 0: an alert on what begins from nothing must have seen nothing.
    nothing = {id: OfTimescale(has_records=id in WITH_RECORDS) for id in all_ids()}
    clocks = sorted({**nothing, **figures.clocks}.items())
    yield from _by_team(clocks, figures.people)
    yield names.CLOCKS_WAITING.family(_with_records(clocks, lambda of: of.waiting))
    yield names.CLOCKS_PAUSED.family(_with_records(clocks, lambda of: of.paused))
    yield names.CLOCKS_RESTARTED.family(_each(clocks, lambda of: of.restarted))
    yield names.CLOCKS_CONTINUED.family(_each(clocks, lambda of: of.continued))
    yield names.CLOCKS_ENDED.family(_each(clocks, lambda of: of.ended))
    yield names.CLOCKS_ENDED_PAST_LIMIT.family(_each(clocks, lambda of: of.ended_over))
    yield names.CLOCKS_STOPPED.family(
        sample
        for timescale, of in clocks
        for sample in (((timescale, "no"), of.stopped_late), ((timescale, "yes"), of.stopped_in_time))
    )
    yield names.OPEN_TRUE_AGE.buckets(((timescale,), *_ages(of.true_ages)) for timescale, of in clocks)
    yield names.OPEN_RECORDED_AGE.buckets(
        ((timescale,), *_ages(of.recorded_ages)) for timescale, of in clocks if of.has_records
    )
    yield names.HIDDEN.family(_with_records(clocks, lambda of: of.hidden))
    yield names.HIDDEN_LONGEST.family(_with_records(clocks, lambda of: of.longest_hidden))
    yield names.CHILDREN.family(((status,), count) for status, count in sorted(figures.children.items()))
    yield names.CHILDREN_WITHOUT_WORKER.of(figures.without_worker)
    yield names.CASELOAD.buckets([((), *bucketed(figures.caseloads, CASELOAD_BOUNDS_CHILDREN))])
    yield from _facts(figures)
    yield names.RECORDING_DELAY.buckets([((), *bucketed(figures.delays, DELAY_BOUNDS_WORKDAYS))])
    yield names.DISCREPANCIES.family(((code,), n) for code, n in sorted(figures.discrepancies.items()))
    vanished = {**dict.fromkeys(get_args(RecordKind), 0), **figures.vanished}
    yield names.RECORDS_VANISHED.family(((kind,), n) for kind, n in sorted(vanished.items()))


def bucketed(counted: Mapping[int, int], bounds: Sequence[int]) -> Bucketed:
    """How many are up to each bound, and the sum of all, from how many there are of each."""
    up_to = [
        (str(float(bound)), float(sum(n for of, n in counted.items() if of <= bound))) for bound in bounds
    ]
    return [*up_to, ("+Inf", float(sum(counted.values())))], float(sum(of * n for of, n in counted.items()))


def _ages(ages: Ages) -> Bucketed:
    bounds = [*(str(float(bound)) for bound in AGE_BOUNDS_WORKDAYS), "+Inf"]
    return list(zip(bounds, map(float, accumulate(ages.counts)), strict=True)), float(ages.total)


Clocks = Sequence[tuple[str, OfTimescale]]
Samples = Iterable[tuple[tuple[str, ...], float]]


def _each(clocks: Clocks, number: Callable[[OfTimescale], int]) -> Samples:
    return (((timescale,), number(of)) for timescale, of in clocks)


def _with_records(clocks: Clocks, number: Callable[[OfTimescale], int]) -> Samples:
    return _each([(timescale, of) for timescale, of in clocks if of.has_records], number)


def _by_team(clocks: Clocks, people: frozenset[str]) -> Iterator[Metric]:
    """A team has one label in all timescales, or none."""
    open_of: dict[str, int] = {}
    for _, of in clocks:
        for team, count in of.open_by_team.items():
            if team is not None:
                open_of[team] = open_of.get(team, 0) + count
    label = of_the_most(
        {team: n for team, n in open_of.items() if n}, MOST_TEAMS, naming_people(open_of, people)
    )
    counted: tuple[tuple[names.Name, Callable[[OfTimescale], Mapping[str | None, int]]], ...] = (
        (names.CLOCKS_OPEN, lambda of: of.open_by_team),
        (names.CLOCKS_PAST_LIMIT, lambda of: of.over_by_team),
    )
    for name, by_team in counted:
        yield name.family(
            summed(
                ((timescale, label(team)), n)
                for timescale, of in clocks
                for team, n in (by_team(of) or {None: 0}).items()
            )
        )


def _facts(figures: Figures) -> Iterator[Metric]:
    by_source: dict[str, int] = {}
    newest: dict[str, float] = {}
    for one in figures.facts:
        by_source[one.source] = by_source.get(one.source, 0) + one.facts
        if one.newest_s is not None:
            newest[one.source] = max(newest.get(one.source, 0.0), one.newest_s)
    unnamed = (by_source.keys() - figures.named_sources) | naming_people(by_source, figures.people)
    label = of_the_most(by_source, MOST_SOURCES, unnamed)
    yield names.FACTS.family(summed(((one.type, label(one.source)), one.facts) for one in figures.facts))
    if newest:
        # One series each, so that more of them can be watched for their silence.
        label = of_the_most(by_source, MOST_SOURCES_WATCHED, unnamed)
        last: dict[str, float] = {}
        for source, at in newest.items():
            last[label(source)] = max(last.get(label(source), 0.0), at)
        yield names.SOURCE_LAST_FACT.family(((source,), at) for source, at in sorted(last.items()))
