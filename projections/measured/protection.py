"""Strategy discussions, enquiries and conferences as measures count them: what each led to."""

from collections.abc import Iterator
from datetime import date, timedelta

from domain.meeting import MeetingHeld
from domain.plan import PlanStarted
from domain.protection import Section47Completed, Section47Started, StrategyDiscussionHeld
from projections.measured.row import Measured
from projections.projection import Case

PLAN_FOLLOWS_WITHIN = timedelta(days=10)
"""A child protection plan started within so many calendar days of a conference came of it."""


def protection_things(case: Case) -> Iterator[Measured]:
    yield from _discussions(case)
    yield from _enquiries(case)
    yield from _conferences(case)


def _discussions(case: Case) -> Iterator[Measured]:
    """Each strategy discussion, as last reported, and whether an enquiry came of it."""
    latest: dict[str, tuple[date, str]] = {}
    for told in case.told("StrategyDiscussionHeld"):
        if isinstance(told.fact, StrategyDiscussionHeld):
            latest[told.fact.meeting_id] = (told.day, told.fact.outcome)
    for meeting, (day, outcome) in latest.items():
        yield _row(case, "strategy_discussions", meeting, day, day, outcome)


def _enquiries(case: Case) -> Iterator[Measured]:
    began: dict[str, date] = {}
    ended: dict[str, tuple[date, str]] = {}
    for told in case.told("Section47Started", "Section47Completed"):
        fact = told.fact
        if isinstance(fact, Section47Started):
            began.setdefault(fact.enquiry_id, told.day)
        elif isinstance(fact, Section47Completed) and fact.enquiry_id in began:
            ended[fact.enquiry_id] = (told.day, fact.outcome)
    for enquiry, day in began.items():
        until, outcome = ended.get(enquiry, (None, "open"))
        yield _row(case, "enquiries", enquiry, day, until, outcome)


def _conferences(case: Case) -> Iterator[Measured]:
    """Each quorate initial conference, and whether a child protection plan came of it; over on the day after
    the last on which one could begin in time.
    """
    held: dict[str, date] = {}
    for told in case.told("MeetingHeld"):
        fact = told.fact
        if isinstance(fact, MeetingHeld) and fact.kind == "initial_conference" and fact.quorate:
            held[fact.meeting_id] = told.day
    if not held:
        return
    plans = [
        told.day
        for told in case.told("PlanStarted")
        if isinstance(told.fact, PlanStarted) and told.fact.kind == "child_protection"
    ]
    for meeting, day in held.items():
        has_plan = any(day <= start <= day + PLAN_FOLLOWS_WITHIN for start in plans)
        over_on = day + PLAN_FOLLOWS_WITHIN + timedelta(days=1)
        outcome = "plan" if has_plan else "no_plan"
        yield _row(case, "initial_conferences", meeting, day, over_on, outcome, held_on=day)


def _row(
    case: Case,
    series: str,
    thing: str,
    day: date,
    until: date | None,
    outcome: str,
    *,
    held_on: date | None = None,
) -> Measured:
    worker, team = case.holders.on(held_on or until or case.day)
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=thing,
        day=day,
        since=day,
        until=until,
        outcome=outcome,
        worker_id=worker,
        team_id=team,
    )
