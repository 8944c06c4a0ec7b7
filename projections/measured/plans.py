"""Plans as measures count them: how long they ran, whether they were reviewed in time, when the child was
last seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.months import months_after, months_completed
from domain.plan import PlanEnded, PlanStarted
from domain.telling import Told
from domain.visit import VisitMade
from projections.measured.row import Measured, marked
from projections.projection import Case

SUBSEQUENT, WITHIN_2_YEARS, ALONE = "SUBSEQUENT", "WITHIN_2_YEARS", "ALONE"
_REVIEWS = frozenset({"review_conference_first", "review_conference"})
REVIEWABLE_AFTER_MONTHS = 3
LOOKED_AFTER = "looked_after"


@dataclass(slots=True)
class PlanLife:
    """A plan, or a time of being looked after, from its start to its end, None while it runs."""

    plan_id: str
    kind: str
    start: date
    end: date | None = None


def plan_lives(case: Case) -> list[PlanLife]:
    """The lives of a child's plans."""
    return lives_of_plans(case.told("PlanStarted", "PlanEnded"))


def lives_of_plans(facts: Iterable[Told]) -> list[PlanLife]:
    """The lives of plans in order of start; an id started again after its end lives again. Of several reports
    of an end, the last counts.
    """
    lives: list[PlanLife] = []
    latest: dict[str, PlanLife] = {}
    for told in facts:
        fact = told.fact
        if isinstance(fact, PlanStarted):
            if fact.plan_id not in latest or latest[fact.plan_id].end is not None:
                latest[fact.plan_id] = PlanLife(fact.plan_id, fact.kind, told.day)
                lives.append(latest[fact.plan_id])
        elif isinstance(fact, PlanEnded) and fact.plan_id in latest:
            latest[fact.plan_id].end = told.day
    return lives


def _care_lives(case: Case) -> list[PlanLife]:
    """The lives of episodes of care, and after them of placements, each sort in order of start."""
    episodes = _lives(case, "CareStarted", "CareEnded", "episode_id")
    return episodes + _lives(case, "PlacementStarted", "PlacementEnded", "placement_id")


def _lives(case: Case, start: str, end: str, id_field: str) -> list[PlanLife]:
    lives: list[PlanLife] = []
    running: dict[str, PlanLife] = {}
    for told in case.told(start, end):
        id = getattr(told.fact, id_field)
        if told.recorded.type == start and id not in running:
            running[id] = PlanLife(id, LOOKED_AFTER, told.day)
            lives.append(running[id])
        elif told.recorded.type == end and id in running:
            running.pop(id).end = told.day
    return lives


def plan_things(case: Case) -> Iterator[Measured]:
    """A row for each life of a plan, placed by its start (lengths are complete months); and for those that
    run, one for its reviews, and one for when the child was last seen. A child looked after has one of
    these, however many episodes of care and placements go on.
    """
    lives = plan_lives(case)
    visits = case.told("VisitMade")
    for place, life in enumerate(lives):
        yield _row(case, "plans", life, life.start, life.end, "running" if life.end is None else "ended",
                   marks=marked(_marks(life, lives[:place])))  # fmt: skip
        if life.end is None and life.kind == "child_protection":
            yield _reviewed(case, life)
        if life.end is None and life.kind != LOOKED_AFTER:
            yield _last_seen(case, life, visits)
    # Plans are often left open when care ends: they tell only of whom nothing else does.
    looked_after = _care_lives(case) or [life for life in lives if life.kind == LOOKED_AFTER]
    running = [life for life in looked_after if life.end is None]
    if running:
        since = min(life.start for life in running)
        yield _last_seen(case, PlanLife(running[0].plan_id, LOOKED_AFTER, since), visits)


def _marks(life: PlanLife, before: Sequence[PlanLife]) -> Iterator[str]:
    earlier = [one for one in before if one.kind == life.kind]
    if earlier:
        yield SUBSEQUENT
    if any(one.end is None or life.start <= months_after(one.end, 24) for one in earlier):
        yield WITHIN_2_YEARS


def _reviewed(case: Case, life: PlanLife) -> Measured:
    """Whether all reviews that a plan required were in time; one that is running is late from a day on."""
    late_from: date | None = None
    outcome = "in_time"
    for clock in case.figures.clocks:
        if clock.timescale.id not in _REVIEWS or clock.subject != life.plan_id:
            continue
        over_on = clock.stopped_on
        if clock.started_on < life.start and over_on is not None and over_on <= life.start:
            # Of an earlier life of the plan.
            continue
        if clock.status == "open":
            late_from = clock.in_time_until + timedelta(days=1)
        elif not clock.is_met_in_time:
            outcome = "late"
    day = months_after(life.start, REVIEWABLE_AFTER_MONTHS)
    return _row(case, "plans_reviewed", life, day, None, outcome, late_from=late_from)


def _last_seen(case: Case, life: PlanLife, visits: Sequence[Told]) -> Measured:
    """When the child was last seen since a plan, or care, began; where never, since its beginning."""
    seen = [
        (told.day, told.fact)
        for told in visits
        if isinstance(told.fact, VisitMade) and told.fact.seen and told.day >= life.start
    ]
    if not seen:
        return _row(case, "last_seen", life, life.start, None, "never")
    day, visit = seen[-1]
    return _row(case, "last_seen", life, day, None, "seen", marks=marked([ALONE] if visit.seen_alone else []))


def _row(
    case: Case,
    series: str,
    life: PlanLife,
    day: date,
    until: date | None,
    outcome: str,
    *,
    marks: str = "|",
    late_from: date | None = None,
) -> Measured:
    worker, team = case.holders.on(until or case.day)
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=life.plan_id,
        day=day,
        since=day,
        until=until,
        outcome=outcome,
        kind=life.kind,
        marks=marks,
        length=None if until is None else months_completed(life.start, until),
        late_from=late_from,
        worker_id=worker,
        team_id=team,
    )
