"""What measures count of the record itself: facts that do not follow, and facts that came too late."""

from collections.abc import Iterator
from datetime import date, timedelta

from domain.moment import london_day
from domain.months import months_after
from domain.working_days import WorkingDays
from projections.measured.row import Measured
from projections.projection import Case

PUBLISHED_AFTER_WORKING_DAYS = 10
"""A month's figures count as published so many working days after it ended."""


def recording_things(case: Case) -> Iterator[Measured]:
    """A row for each discrepancy, placed by the day it was learnt, and one for each fact that starts or stops
    a clock and was learnt after the figures of its month were published, with its delay in working days.
    """
    known = case.by_reference
    streams = {case.survivor[0], *case.survivor[1]}
    for found in case.discrepancies:
        fact = known[found.fact]
        if fact.stream in streams:
            learnt_on = london_day(fact.recorded_at)
            thing = f"{found.code}:{fact.source}:{fact.id}"
            yield _row(case, "discrepancies", thing, learnt_on, fact.occurred_on.day, found.code, None)
    on_clocks = dict.fromkeys(reference for clock in case.figures.clocks for reference in clock.because)
    for reference in on_clocks:
        fact = known[reference]
        day, learnt_at = fact.occurred_on.day, fact.entered_at or fact.recorded_at
        # Most are told within days: those cannot be too late, whatever the calendar says.
        if fact.historic or (learnt_at.date() - day).days <= PUBLISHED_AFTER_WORKING_DAYS:
            continue
        learnt_on = london_day(learnt_at)
        if learnt_on > published_on(day, case.calendar):
            delay = case.calendar.between(day, learnt_on)
            yield _row(case, "late_facts", f"{fact.source}:{fact.id}", learnt_on, day, fact.type, delay)


def published_on(day: date, calendar: WorkingDays) -> date:
    """The day on which the figures of the month of ``day`` count as published."""
    last = months_after(day.replace(day=1), 1) - timedelta(days=1)
    return calendar.after(last, PUBLISHED_AFTER_WORKING_DAYS)


def _row(
    case: Case, series: str, thing: str, day: date, since: date, kind: str, length: int | None
) -> Measured:
    worker, team = case.holders.on(since)
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=thing,
        day=day,
        since=since,
        until=day,
        outcome="listed",
        kind=kind,
        length=length,
        worker_id=worker,
        team_id=team,
    )
