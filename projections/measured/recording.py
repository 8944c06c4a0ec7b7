"""What measures count of the record itself: facts that do not follow, and facts that came too late."""

from collections.abc import Iterator
from datetime import date, timedelta

from domain.families import families_moved, families_of
from domain.history import Outline, Recorded
from domain.moment import london_day
from domain.months import months_after
from domain.working_days import WorkingDays
from projections.measure import Period
from projections.measured.row import Measured
from projections.projection import Case

PUBLISHED_AFTER_WORKING_DAYS = 10
"""A month's figures count as published so many working days after it ended."""


def discrepancy_things(case: Case) -> Iterator[Measured]:
    """A row for each discrepancy, placed by the day it was learnt."""
    known = case.by_reference
    streams = {case.survivor[0], *case.survivor[1]}
    for found in case.discrepancies:
        fact = known[found.fact]
        if fact.stream in streams:
            learnt_on = london_day(fact.recorded_at)
            thing = f"{found.code}:{fact.source}:{fact.id}"
            yield _row(case, "discrepancies", thing, learnt_on, fact.occurred_on.day, found.code, None)


def late_things(case: Case) -> Iterator[Measured]:
    """A row for each fact that starts or stops a clock and was learnt after the figures of its month were
    published, with its delay in working days.
    """
    late = {fact.reference: fact for fact in case.known if is_late(fact, case.period, case.calendar)}
    if not late:
        # Nothing is asked of clocks that nothing late can have started or stopped.
        return
    # What was corrected may bear on other clocks than it did as reported.
    is_amended = bool(case.amended.amendments)
    families = (
        families_of(fact.type for fact in late.values())
        if is_amended
        else families_moved(fact.fact for fact in late.values())
    )
    figures = case.of_families(families, late.keys()).figures
    on_clocks = dict.fromkeys(reference for clock in figures.clocks for reference in clock.because)
    for reference in on_clocks:
        if reference in late:
            fact = late[reference]
            day, learnt_on = fact.occurred_on.day, fact.entered_on
            delay = case.calendar.between(day, learnt_on)
            yield _row(case, "late_facts", f"{fact.source}:{fact.id}", learnt_on, day, fact.type, delay)


def is_late(fact: Recorded | Outline, period: Period | None, calendar: WorkingDays) -> bool:
    """Whether a fact was learnt, in a period if one is told, after its month's figures were published."""
    day, entered_on = fact.occurred_on.day, fact.entered_on
    # Most are told within days: those cannot be too late, whatever the calendar says.
    is_soon = (entered_on - day).days <= PUBLISHED_AFTER_WORKING_DAYS
    if is_soon or fact.historic or not (period is None or period.holds(entered_on)):
        return False
    # Nor are those told within the month, while those told after two more months are.
    months = (entered_on.year - day.year) * 12 + entered_on.month - day.month
    return months > 0 and (months > 2 or entered_on > published_on(day, calendar))


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
