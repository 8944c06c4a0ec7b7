"""A measure as it was known when it was published, and as it is known now: case by case, with the facts that
changed it.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from domain.history import Recorded
from domain.question import Question
from domain.working_days import WorkingDays
from projections.measure import Measure
from projections.measured.row import Measured
from projections.measuring import (
    is_of_these,
    is_recorded_of_these,
    length_of,
    meets,
    recorded_length_of,
)  # fmt: skip
from projections.projection import Case
from services.compose import Parts
from services.histories import Histories, History
from services.measures.across import ACROSS
from services.measures.asked import Wanted
from services.measures.cases import case_json
from services.measures.counted import count_rows, is_counted
from services.measures.past import Ask, Needed, Part, count_cases, looked_across, nothing_of
from services.measures.reply import measure_json
from services.measures.restated_across import Causes, Differing, laid_rows
from services.shares import Tell, of_shares
from services.some_facts import read_facts
from services.timeline import instant_json

MOST_FACTS_TRIED = 40
"""Of more new facts of one child it is not tried which of them changed a case: all are named."""

Key = TypeVar("Key", bound=tuple[str, ...])

Weighed = tuple[Measured, int]
"""A row, and how many cases it stands for."""

Rows = dict[tuple[str, str], Weighed]
"""Rows that count, by whose they are and which."""


@dataclass(slots=True)
class _Share:
    """What came of some streams: counted as then known and as now, the cases that differ, and what differs of
    what is looked across.
    """

    then: Part
    now: Part
    changed: list[dict[str, Any]] = field(default_factory=list)
    laid: list[Differing] = field(default_factory=list)

    def take(self, other: "_Share") -> None:
        self.then.take(other.then)
        self.now.take(other.now)
        self.changed += other.changed
        self.laid += other.laid


@dataclass(frozen=True, slots=True)
class Restated:
    """The numbers then and now, and every case that counts otherwise now."""

    then: dict[str, Any]
    now: dict[str, Any]
    changes: list[dict[str, Any]]


def restate(
    parts: Parts, measure: Measure, wanted: Wanted, published_before: datetime, tell: Tell
) -> Restated:
    """Compare a measure as known before an instant with the same as known now.

    ``wanted`` asks as everything is known; the day, period and cases are the same both times.
    """
    work = _Work(published_before)
    ask = Ask((measure,), wanted)
    whole = _Share(nothing_of(ask), nothing_of(ask))
    for share in of_shares(parts, work, ask, tell):
        whole.take(share)
    changes = whole.changed
    if _is_looked_across(measure):
        changes = list(_changed_across(whole, ask, parts))
    changes.sort(key=lambda change: (change["child"], change["case"]))
    (then,) = whole.then.counted
    (now,) = whole.now.counted
    return Restated(measure_json(then, wanted), measure_json(now, wanted), changes)


def _is_looked_across(measure: Measure) -> bool:
    return measure.series in ACROSS and ACROSS[measure.series].from_rows is not None


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done with a share of the streams, in whatever process."""

    before: datetime

    def __call__(self, parts: Parts, streams: Sequence[str], ask: Ask) -> _Share:
        share = _Share(nothing_of(ask), nothing_of(ask))
        read = read_facts(parts, streams, replace(ask, keeps_rows=True).sources)
        now = ask.wanted.asked.question
        then = replace(now, known_before=self.before)
        for stream in read.streams:
            history = read.histories.of(stream)
            if history is not None:
                self._add(share, read.histories, history, then, now, ask)
        return share

    def _add(
        self, share: _Share, histories: Histories, history: History, then: Question, now: Question, ask: Ask
    ) -> None:
        families = ask.sources.families
        case_now, case_then = (
            replace(histories.case(history, question), families=families) for question in (now, then)
        )
        is_same = len(case_then.known) == len(history.recorded) and case_then.elsewhere == case_now.elsewhere
        if is_same:
            case_then = case_now
        for case, part in ((case_now, share.now), (case_then, share.then)):
            if case.survivor[0] == case.child:
                part.take(count_cases(iter([case]), ask))
        if is_same:
            return
        if _is_looked_across(ask.measures[0]):
            share.laid += _differing(histories, history, case_then, case_now, ask)
        else:
            share.changed += _changes(histories, history, case_then, case_now, ask)


def _changes(
    histories: Histories, history: History, case_then: Case, case_now: Case, ask: Ask
) -> Iterator[dict[str, Any]]:
    then, now = _counting(case_then, ask), _counting(case_now, ask)
    calendar = case_now.calendar

    def alike(one: Weighed | None, other: Weighed | None) -> bool:
        return _is_alike(one, other, ask, calendar)

    differ = [key for key in then.keys() | now.keys() if not alike(then.get(key), now.get(key))]
    if not differ:
        return
    causes = _causes(histories, history, case_then, differ, ask, lambda case: _counting(case, ask), alike)
    for key in differ:
        facts = [_fact(fact) for fact in causes[key]]
        yield _change_json(key, then.get(key), now.get(key), facts, ask, calendar)


def _counting(case: Case, ask: Ask) -> Rows:
    """The rows of a case that count for the measure."""
    (measure,) = ask.measures
    if case.survivor[0] != case.child:
        return {}
    needed = Needed.by(ask.measures)
    rows = needed.rows(case, nothing_of(ask).across, ask.wanted)
    return {
        (row.child, row.thing): (row, number) for row, number in rows if _counts(row, measure, ask.wanted)
    }


def _counts(row: Measured, measure: Measure, wanted: Wanted) -> bool:
    if not is_counted(row, measure, wanted):
        return False
    by_records = measure.recorded_among is not None and meets(row, measure.recorded_among, wanted.day)
    return by_records or meets(row, measure.among, wanted.day)


def _is_alike(one: Weighed | None, other: Weighed | None, ask: Ask, calendar: WorkingDays) -> bool:
    return _counts_as(one, ask, calendar) == _counts_as(other, ask, calendar)


def _counts_as(weighed: Weighed | None, ask: Ask, calendar: WorkingDays) -> tuple[object, ...] | None:
    """All of a row that bears on the numbers of the measure."""
    (measure,), wanted = ask.measures, ask.wanted
    if weighed is None:
        return None
    row, number = weighed
    day = wanted.day
    length = length_of(row, measure, day, calendar) if measure.has_lengths else None
    is_true = meets(row, measure.among, day)
    told: tuple[object, ...] = (
        number,
        is_true,
        is_true and is_of_these(row, measure, day, length),
        length if is_true else None,
    )
    if measure.recorded_among is None or not meets(row, measure.recorded_among, day):
        return told
    recorded = recorded_length_of(row, measure, day, calendar) if measure.has_lengths else None
    return (*told, is_recorded_of_these(row, measure, day, recorded), recorded)


def _differing(
    histories: Histories, history: History, case_then: Case, case_now: Case, ask: Ask
) -> Iterator[Differing]:
    """The rows of what is looked across that differ, each with the facts learnt since that changed it."""
    then, now = laid_rows(case_then, ask), laid_rows(case_now, ask)
    differ = [key for key in then.keys() | now.keys() if then.get(key) != now.get(key)]
    if differ:
        causes = _causes(
            histories, history, case_then, differ, ask, lambda case: laid_rows(case, ask), operator.eq
        )
        for key in differ:
            rows = tuple(row for row in (then.get(key), now.get(key)) if row is not None)
            yield Differing(rows, tuple(_fact(fact) for fact in causes[key]))


def _causes(
    histories: Histories,
    history: History,
    case_then: Case,
    keys: Iterable[Key],
    ask: Ask,
    rows_of: Callable[[Case], Mapping[Key, Any]],
    alike: Callable[[Any, Any], bool],
) -> dict[Key, list[Recorded]]:
    """The facts learnt since, each told of the rows that it changed when it came to what was known."""
    known = list(case_then.known)
    were_known = {fact.reference for fact in known}
    new = sorted(
        (fact for fact in history.recorded if fact.reference not in were_known), key=lambda f: f.log_order
    )
    causes: dict[Key, list[Recorded]] = {key: [] for key in keys}
    if len(new) > MOST_FACTS_TRIED:
        return dict.fromkeys(causes, new)
    before = rows_of(case_then)
    for fact in new:
        known.append(fact)
        told = History(history.child, history.streams, tuple(known), history.version)
        case = histories.case(told, ask.wanted.asked.question)
        after = rows_of(replace(case, families=case_then.families))
        for key, facts in causes.items():
            if not alike(before.get(key), after.get(key)):
                facts.append(fact)
        before = after
    return causes


def _change_json(
    key: tuple[str, str],
    then: Weighed | None,
    now: Weighed | None,
    facts: Iterable[dict[str, Any]],
    ask: Ask,
    calendar: WorkingDays,
) -> dict[str, Any]:
    (measure,) = ask.measures

    def told(weighed: Weighed | None) -> dict[str, Any] | None:
        if weighed is None:
            return None
        row, number = weighed
        return case_json(row, measure, ask.wanted.day, calendar) | {"stands_for": number}

    return {"child": key[0], "case": key[1], "then": told(then), "now": told(now), "facts": list(facts)}


def _fact(fact: Recorded) -> dict[str, Any]:
    return {
        "source": fact.source,
        "id": fact.id,
        "type": fact.type,
        "occurred_on": fact.occurred_on.text,
        "recorded_at": instant_json(fact.recorded_at),
    }


def _changed_across(whole: _Share, ask: Ask, parts: Parts) -> Iterator[dict[str, Any]]:
    """The cases that differ where a measure looks at several children at once, with the facts of what was
    looked at for each of them that changed it.
    """
    (measure,), wanted = ask.measures, ask.wanted
    found: list[Rows] = []
    for part in (whole.then, whole.now):
        pairs = list(looked_across(part, replace(ask, keeps_rows=True)))
        count_rows(pairs, part.counted, wanted, parts.calendar)
        rows = {(row.child, row.thing): (row, n) for row, n in pairs if _counts(row, measure, wanted)}
        found.append(rows)
    then, now = found
    causes = Causes(measure.series, whole.laid, [whole.then.across, whole.now.across])
    for key in then.keys() | now.keys():
        one, other = then.get(key), now.get(key)
        if not _is_alike(one, other, ask, parts.calendar):
            row, _ = other or one or (None, 0)
            assert row is not None
            yield _change_json(key, one, other, causes.of(row), ask, parts.calendar)
