"""What is told of a child over time, and what is answered when each of its days is asked about."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from domain.amended import Amended
from domain.history import Recorded
from domain.pieces import Piece, pieces
from domain.question import Question
from infra.holidays import england
from projections.child_rows import child_rows
from projections.clock_rows import ClockRow, clock_rows
from projections.discrepancy_rows import discrepancy_rows
from projections.measured.holding import holding_of
from projections.over_time import Held, Stood, changing_on, stood
from projections.practice import alike
from projections.projection import Case
from projections.vanished_rows import vanished_rows

CALENDAR = england()
AFTER = timedelta(days=40)
Told = Counter[tuple[str, Any]]


def case_of(child: str, facts: Sequence[Recorded], day: date) -> Case:
    known = Question(day).known(facts)
    return Case(child, known, Question(day), CALENDAR, everything=Amended(known))


def days_in(facts: Sequence[Recorded]) -> tuple[date, date]:
    """From before the first of some facts, or from amidst them, to long after the last."""
    days = sorted({fact.occurred_on.day for fact in facts})
    first = days[len(days) // 3] if len(facts) % 2 else days[0] - timedelta(days=2)
    return first, days[-1] + AFTER


def pieces_of(child: str, facts: Sequence[Recorded]) -> list[Piece]:
    first, last = days_in(facts)
    latest = case_of(child, facts, last)
    return list(pieces(child, latest.amended, latest.follows, first, last, CALENDAR, latest.policy))


def told_otherwise(child: str, facts: Sequence[Recorded]) -> str | None:
    """The first difference between what is told of some day and what is answered as at it; None for none."""
    first, last = days_in(facts)
    latest = case_of(child, facts, last)
    over_time = list(stood(latest, first, last))
    days = {one.since for one in over_time} | {one.until for one in over_time if one.until is not None}
    days |= set(changing_on(latest, first, last))
    days |= {fact.occurred_on.day + timedelta(days=1) for fact in facts}
    for day in sorted(days):
        if first <= day <= last:
            told, asked = _told_on(over_time, day), _asked_on(child, facts, day)
            if told != asked:
                return f"{child} on {day}: told {told - asked}, asked {asked - told}"
    return None


def _told_on(over_time: Iterable[Stood], day: date) -> Told:
    found: Told = Counter()
    for one in over_time:
        if one.since <= day and (one.until is None or day < one.until):
            found.update(_told(one.clocks, one.held, one.discrepancies, one.vanished))
    return found


def _asked_on(child: str, facts: Sequence[Recorded], day: date) -> Told:
    case = case_of(child, facts, day)
    if case.figures.child != child:
        return Counter()
    rows = child_rows.rows(case)
    return _told(
        clock_rows.rows(case),
        Held(rows[0].status, holding_of(case)) if rows and rows[0].facts else None,
        [row.code for row in discrepancy_rows.rows(case)],
        [row.record_kind for row in vanished_rows.rows(case)],
    )


def _told(
    clocks: Iterable[ClockRow], held: Held | None, discrepancies: Iterable[str], vanished: Iterable[str]
) -> Told:
    found: Told = Counter(("clock", bare(row)) for row in clocks)
    found.update(("held", one) for one in (held,) if one is not None)
    found.update(("discrepancy", code) for code in discrepancies)
    found.update(("vanished", kind) for kind in vanished)
    return found


def bare(row: ClockRow) -> tuple[object, ...]:
    """What a day's figures are counted from: what only explains a clock is left out."""
    clock = row.clock
    is_open = clock.status == "open"
    return (
        clock.timescale.id, clock.status, clock.started_on, clock.stopped_on, clock.in_time_until,
        clock.is_met_in_time, clock.has_records, row.worker_id, row.team_id,
        clock.on_record.intervals if is_open and clock.on_record else None,
        tuple(sorted(alike(clock))) if is_open else (),
    )  # fmt: skip
