"""A measure as it was known when it was published, and as it is known now: case by case, with the facts that
changed it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

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
from services.shares import Tell, held_histories, of_shares
from services.timeline import instant_json

MOST_FACTS_TRIED = 40
"""Of more new facts of one child it is not tried which of them changed a case: all are named."""

Rows = dict[tuple[str, str], Measured]
"""Rows that count, by whose they are and which."""


@dataclass(slots=True)
class _Share:
    """What came of some streams: counted as then known and as now, and the cases that differ."""

    then: Part
    now: Part
    changed: list[dict[str, Any]] = field(default_factory=list)

    def take(self, other: "_Share") -> None:
        self.then.take(other.then)
        self.now.take(other.now)
        self.changed += other.changed


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
    if measure.series in ACROSS:
        changes = _changed_across(whole, ask, parts)
    changes.sort(key=lambda change: (change["child"], change["case"]))
    (then,) = whole.then.counted
    (now,) = whole.now.counted
    return Restated(measure_json(then, wanted), measure_json(now, wanted), changes)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done with a share of the streams, in whatever process."""

    before: datetime

    def __call__(self, parts: Parts, streams: Sequence[str], ask: Ask) -> _Share:
        share = _Share(nothing_of(ask), nothing_of(ask))
        histories = held_histories(parts, streams)
        now = ask.wanted.asked.question
        then = replace(now, known_before=self.before)
        for stream in streams:
            history = histories.of(stream)
            if history is not None:
                self._add(share, histories, history, then, now, ask)
        return share

    def _add(
        self, share: _Share, histories: Histories, history: History, then: Question, now: Question, ask: Ask
    ) -> None:
        case_now, case_then = histories.case(history, now), histories.case(history, then)
        is_same = len(case_then.known) == len(history.recorded) and case_then.elsewhere == case_now.elsewhere
        if is_same:
            case_then = case_now
        for case, part in ((case_now, share.now), (case_then, share.then)):
            if case.survivor[0] == case.child:
                part.take(count_cases(iter([case]), ask))
        if not is_same and ask.measures[0].series not in ACROSS:
            share.changed += _changes(histories, history, case_then, case_now, ask)


def _changes(
    histories: Histories, history: History, case_then: Case, case_now: Case, ask: Ask
) -> Iterator[dict[str, Any]]:
    then, now = _counting(case_then, ask), _counting(case_now, ask)
    calendar = case_now.calendar
    differ = [
        key for key in then.keys() | now.keys() if not _is_alike(then.get(key), now.get(key), ask, calendar)
    ]
    if not differ:
        return
    causes = _causes(histories, history, case_then, differ, ask)
    for key in differ:
        yield _change_json(key, then.get(key), now.get(key), causes[key], ask, calendar)


def _counting(case: Case, ask: Ask) -> Rows:
    """The rows of a case that count for the measure."""
    (measure,) = ask.measures
    if case.survivor[0] != case.child:
        return {}
    needed = Needed.by(ask.measures)
    rows = needed.rows(case, nothing_of(ask).across)
    return {(row.child, row.thing): row for row in rows if _counts(row, measure, ask.wanted)}


def _counts(row: Measured, measure: Measure, wanted: Wanted) -> bool:
    if not is_counted(row, measure, wanted):
        return False
    by_records = measure.recorded_among is not None and meets(row, measure.recorded_among, wanted.day)
    return by_records or meets(row, measure.among, wanted.day)


def _is_alike(one: Measured | None, other: Measured | None, ask: Ask, calendar: WorkingDays) -> bool:
    return _counts_as(one, ask, calendar) == _counts_as(other, ask, calendar)


def _counts_as(row: Measured | None, ask: Ask, calendar: WorkingDays) -> tuple[object, ...] | None:
    """All of a row that bears on the numbers of the measure."""
    (measure,), wanted = ask.measures, ask.wanted
    if row is None:
        return None
    day = wanted.day
    length = length_of(row, measure, day, calendar) if measure.has_lengths else None
    is_true = meets(row, measure.among, day)
    told: tuple[object, ...] = (
        is_true,
        is_true and is_of_these(row, measure, day, length),
        length if is_true else None,
    )
    if measure.recorded_among is None or not meets(row, measure.recorded_among, day):
        return told
    recorded = recorded_length_of(row, measure, day, calendar) if measure.has_lengths else None
    return (*told, is_recorded_of_these(row, measure, day, recorded), recorded)


def _causes(
    histories: Histories,
    history: History,
    case_then: Case,
    keys: Iterable[tuple[str, str]],
    ask: Ask,
) -> dict[tuple[str, str], list[Recorded]]:
    """The facts learnt since, each told of the cases that it changed when it came to what was known."""
    known = list(case_then.known)
    were_known = {fact.reference for fact in known}
    new = sorted(
        (fact for fact in history.recorded if fact.reference not in were_known), key=lambda f: f.log_order
    )
    causes: dict[tuple[str, str], list[Recorded]] = {key: [] for key in keys}
    if len(new) > MOST_FACTS_TRIED:
        return dict.fromkeys(causes, new)
    before = _counting(case_then, ask)
    for fact in new:
        known.append(fact)
        told = History(history.child, history.streams, tuple(known), history.version)
        case = histories.case(told, ask.wanted.asked.question)
        after = _counting(case, ask)
        for key, facts in causes.items():
            if not _is_alike(before.get(key), after.get(key), ask, case.calendar):
                facts.append(fact)
        before = after
    return causes


def _change_json(
    key: tuple[str, str],
    then: Measured | None,
    now: Measured | None,
    facts: Iterable[Recorded],
    ask: Ask,
    calendar: WorkingDays,
) -> dict[str, Any]:
    (measure,) = ask.measures

    def told(row: Measured | None) -> dict[str, Any] | None:
        return None if row is None else case_json(row, measure, ask.wanted.day, calendar)

    facts_told = [_fact(fact) for fact in facts]
    return {"child": key[0], "case": key[1], "then": told(then), "now": told(now), "facts": facts_told}


def _fact(fact: Recorded) -> dict[str, Any]:
    return {
        "source": fact.source,
        "id": fact.id,
        "type": fact.type,
        "occurred_on": fact.occurred_on.text,
        "recorded_at": instant_json(fact.recorded_at),
    }


def _changed_across(whole: _Share, ask: Ask, parts: Parts) -> list[dict[str, Any]]:
    """The cases that differ where a measure looks at several children at once. Which of many facts did it is
    not told.
    """
    (measure,), wanted = ask.measures, ask.wanted
    found: list[Rows] = []
    for part in (whole.then, whole.now):
        pairs = list(looked_across(part, ask))
        count_rows(pairs, part.counted, wanted, parts.calendar)
        rows = {(row.child, row.thing): row for row, _ in pairs if _counts(row, measure, wanted)}
        found.append(rows)
    then, now = found
    return [
        _change_json(key, then.get(key), now.get(key), (), ask, parts.calendar)
        for key in then.keys() | now.keys()
        if not _is_alike(then.get(key), now.get(key), ask, parts.calendar)
    ]
