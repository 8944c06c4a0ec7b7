"""How long it was between one visit and the next, and one review and the next, under plans that run."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from domain.meeting import MeetingHeld
from domain.visit import VisitMade
from domain.working_days import calendar_days
from projections.measured.plans import PlanLife, plan_lives
from projections.measured.row import Measured
from projections.projection import Case

VISITED_KINDS = frozenset({"child_protection", "child_in_need"})


def gap_things(case: Case) -> Iterator[Measured]:
    """Of each plan that runs: the longest time between one visit at which the child was seen and the next,
    from its start on, in calendar days, and the time since the last; and since when it was not reviewed.
    """
    running = [life for life in plan_lives(case) if life.end is None and life.kind in VISITED_KINDS]
    if not running:
        return
    visits = [t.day for t in case.told("VisitMade") if isinstance(t.fact, VisitMade) and t.fact.seen]
    reviews = [
        t.day
        for t in case.told("MeetingHeld")
        if isinstance(t.fact, MeetingHeld) and t.fact.kind == "review_conference" and t.fact.quorate
    ]
    for life in running:
        points = [life.start, *sorted(day for day in visits if day >= life.start)]
        longest = max(pairwise(points), key=lambda gap: (gap[1] - gap[0], gap), default=None)
        if longest is not None:
            since, until = longest
            yield _row(case, life, "visit_gaps", life.plan_id, since, until)
        yield _row(case, life, "visit_gaps", f"{life.plan_id}:running", points[-1], None)
        if life.kind == "child_protection":
            last = max((day for day in reviews if day >= life.start), default=life.start)
            yield _row(case, life, "last_reviewed", life.plan_id, last, None)


def _row(case: Case, life: PlanLife, series: str, thing: str, since: date, until: date | None) -> Measured:
    worker, team = case.holders.on(case.day)
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=thing,
        day=since,
        since=since,
        until=until,
        outcome="running" if until is None else "over",
        kind=life.kind,
        length=None if until is None else calendar_days(since, until),
        worker_id=worker,
        team_id=team,
    )
