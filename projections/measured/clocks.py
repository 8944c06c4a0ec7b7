"""The clocks of a child as measures count them: true, and as the case system shows them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from domain.clock import Clock, OnRecord, read
from domain.plan import RiskAssessed
from domain.working_days import WorkingDays
from projections.measured.row import Measured, marked
from projections.projection import Case

MET, LATE, RUNNING, ENDED = "met", "late", "running", "ended"
"""Stopped in time, stopped late, not stopped, and ended without completion."""

APART = "APART"
"""Marks the clocks that measures of timeliness leave out, to be measured by themselves."""

BY_RISK = frozenset({"child_protection_visit", "child_in_need_visit", "looked_after_visit"})
"""Timescales whose clocks are parted by the level of risk last assessed on or before the day they began."""

NOT_ASSESSED = "not_assessed"
_Recorded = tuple[str | None, int | None, date | None]
_NOT_RECORDED: _Recorded = (None, None, None)

_APART_FLAGS = frozenset({"NO_OPEN_REFERRAL", "SUBSEQUENT_ON_OPEN_REFERRAL"})
_WHAT_STOPPED = frozenset({"initial_conference"})


def clock_things(case: Case) -> Iterator[Measured]:
    """One row for each clock, placed by the day it was due. Lengths are in working days."""
    held_by, day, calendar = case.holders, case.day, case.calendar
    child = case.survivor[0]
    levels = [(t.day, t.fact.level) for t in case.told("RiskAssessed") if isinstance(t.fact, RiskAssessed)]
    for clock in case.figures.clocks:
        if case.period is not None and not case.period.holds(clock.due_on):
            continue
        over, shown = clock.stopped_on, clock.on_record
        worker, team = held_by.on(over or day)
        outcome, length, late_from = _recorded(clock, day, calendar) if shown else _NOT_RECORDED
        yield Measured(
            child=child,
            series=clock.timescale.id,
            thing=clock.id,
            day=clock.due_on,
            since=clock.started_on,
            until=over,
            outcome=_outcome(clock),
            kind=_level(clock, levels) if clock.timescale.id in BY_RISK else None,
            marks=marked(_marks(clock, case)),
            length=None if over is None else calendar.between(clock.started_on, over),
            late_from=clock.in_time_until + timedelta(days=1),
            recorded_outcome=outcome,
            recorded_since=shown.since if shown and outcome else None,
            recorded_length=length,
            recorded_late_from=late_from,
            worker_id=worker,
            team_id=team,
        )


def _level(clock: Clock, levels: Sequence[tuple[date, str]]) -> str:
    for day, level in reversed(levels):
        if day <= clock.started_on:
            return level
    return NOT_ASSESSED


def _outcome(clock: Clock) -> str:
    if clock.status == "open":
        return RUNNING
    if clock.status == "ended_without_completion":
        return ENDED
    return MET if clock.is_met_in_time else LATE


def _marks(clock: Clock, case: Case) -> list[str]:
    codes = [flag.code for flag in clock.flags]
    if codes and not _APART_FLAGS.isdisjoint(codes):
        codes.append(APART)
    if clock.timescale.id in _WHAT_STOPPED and clock.status == "stopped":
        codes.append(case.by_reference[clock.because[-1]].type)
    return codes


def _recorded(clock: Clock, day: date, calendar: WorkingDays) -> _Recorded:
    """What the record shows became of a clock, how long it took if it is over, and from when it is late."""
    shown = clock.on_record
    if shown is None or clock.status == "ended_without_completion":
        return _NOT_RECORDED
    if clock.status == "open":
        return RUNNING, None, _late_from(clock, shown, calendar)
    recorded = read(clock, day, calendar).recorded
    assert recorded is not None
    limit = clock.timescale.limit
    if _counts_working_days(clock):
        is_met = recorded.working_days <= limit.value
    else:
        spent = timedelta(days=recorded.calendar_days)
        is_met = shown.since + spent <= clock.timescale.due_on(shown.since, calendar)
    return MET if is_met else LATE, recorded.working_days, None


def _late_from(clock: Clock, shown: OnRecord, calendar: WorkingDays) -> date | None:
    """The first day on which an open clock is late by its record; None where the record no longer runs, and
    was not late.
    """
    over = [(since, until) for since, until in shown.intervals if until is not None]
    running = [since for since, until in shown.intervals if until is None]
    timescale = clock.timescale
    if running and not over:
        return timescale.in_time_until(running[0], calendar) + timedelta(days=1)
    if _counts_working_days(clock):
        left = timescale.limit.value - sum(calendar.between(since, until) for since, until in over)
        start, is_late = shown.since, left < 0
        later = calendar.after(running[0], left + 1) if running and not is_late else None
    else:
        spent = sum((until - since for since, until in over), timedelta())
        start, due = shown.since, timescale.due_on(shown.since, calendar)
        is_late = shown.since + spent > due
        later = running[0] + (due - shown.since - spent) + timedelta(days=1) if running else None
    return timescale.in_time_until(start, calendar) + timedelta(days=1) if is_late else later


def _counts_working_days(clock: Clock) -> bool:
    unit: str = clock.timescale.limit.unit
    return unit == "working_days"
