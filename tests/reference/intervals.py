"""The repeating timescales: one clock per interval, each begun by what stopped the one before it.

Where the rules leave two readings, the one that hides no time is taken:

- "what was once reported is not undone": a visit or meeting reported on two days stopped the running interval
  on the later, and began the next on the earlier.
- "stops: MeetingHeld core_group": one that names a plan is about that plan alone; one that names none, about
  any.
- "ending the plan or placement ends its running interval": the end of a care episode ends that of
  `looked_after_review`, since nothing else would; the end of care does not end that of `looked_after_visit`,
  the end of the placement does. A worker who has left needs no supervision. The end of the case ends
  `case_supervision` ("only the end of the need itself ends it"), whoever is or was allocated.
- "an interval whose plan ended runs on if one of the same kind starts within the window": the new plan starts
  intervals of its own as well, as "PlanStarted" says; what runs on stops with the first stop since the old
  plan ended, or ends with the new one. A care episode is taken as a plan, a placement is not ("each").
- "`VisitFrequencySet` applies to the intervals that start after it": not to one begun on the same day,
  without a time.
- "a visit limit wider than the policy's": one that is in time until a later day.
- "on the clocks that a second child protection plan starts": the intervals begun by the plan itself, where a
  plan ended on or before that day.
- "newly qualified: weekly for 6 weeks, then fortnightly to 6 months": by the day an interval starts, counted
  from joining, while that day is not after ``newly_qualified_until``.
- The subject of every interval is what it repeats for: the plan, placement, episode or worker; of
  `case_supervision` the worker first allocated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.reference.cases import cases
from tests.reference.days import last_day_in_time, months_after
from tests.reference.lives import (
    Happening,
    Life,
    happenings,
    is_not_after,
    is_not_before,
    lives,
    lives_of_each,
    meetings,
    of_type,
    place,
    seen_at,
)
from tests.reference.told import Fact

CONTINUATION_WINDOW_DAYS = 28
NEWLY_QUALIFIED_WEEKLY_FOR_DAYS = 42
NEWLY_QUALIFIED_FORTNIGHTLY_TO_MONTHS = 6
REPEAT_PLAN_MONTHS = 24
PLAN_GAP_DAYS = 90

Limit = tuple[int, str]
Flag = tuple[str, object, list[Fact]]


@dataclass
class Interval:
    """One clock of a repeating timescale."""

    timescale: str
    subject: str
    start_fact: Fact
    limit: Limit
    status: str = "open"
    end_fact: Fact | None = None
    flags: list[Flag] = field(default_factory=list)


@dataclass(frozen=True)
class Need:
    """What repeats: "`timescales`" names the first interval's and the others', ``limit`` gives the limit of
    the n-th interval (from 0), begun by a fact, of a life."""

    timescales: tuple[str, str]
    limit: Callable[[int, Fact, Life], Limit]
    stops: Sequence[Happening]
    continues: bool
    """Whether an interval "runs on if one of the same kind starts within" the window."""


def intervals_of_child(
    facts: Sequence[Fact], held: Sequence[Fact], child: str, as_at: date
) -> list[Interval]:
    """All intervals of a child; ``held`` are the supervisions of workers."""
    found: list[Interval] = []
    plans = {kind: plan_lives(facts, kind) for kind in ("child_protection", "child_in_need")}
    placements = lives_of_each(facts, "placement_id", of_type("PlacementStarted"), of_type("PlacementEnded"))
    care = lives_of_each(facts, "episode_id", of_type("CareStarted"), of_type("CareEnded"))
    for need in _of_protection(facts):
        made = _intervals(need, plans["child_protection"])
        for interval in made:
            interval.flags += _repeat_plan(interval, plans["child_protection"])
        found += made
    for need in _of_need(facts):
        found += _intervals(need, plans["child_in_need"])
    visit = Need(
        ("looked_after_visit", "looked_after_visit"),
        lambda n, *_: (6, "weeks") if n else (1, "weeks"),
        seen_at(facts, "looked_after"),
        continues=False,
    )
    found += _intervals(visit, placements)
    review = Need(
        ("looked_after_review", "looked_after_review"),
        lambda n, *_: [(20, "working_days"), (3, "months"), (6, "months")][min(n, 2)],
        meetings(facts, "looked_after_review"),
        continues=True,
    )
    found += _intervals(review, care)
    found += _case_supervision(facts, held, child, as_at)
    return found


def plan_lives(facts: Sequence[Fact], kind: str) -> list[Life]:
    """The plans of a kind. The end of a plan names no kind."""
    return lives_of_each(
        facts,
        "plan_id",
        lambda f: f.type == "PlanStarted" and f.data.get("kind") == kind,
        of_type("PlanEnded"),
    )


def _of_protection(facts: Sequence[Fact]) -> list[Need]:
    core_group = Need(
        ("core_group_first", "core_group"),
        lambda n, *_: (6, "weeks") if n else (10, "working_days"),
        meetings(facts, "core_group"),
        continues=True,
    )
    review = Need(
        ("review_conference_first", "review_conference"),
        lambda n, *_: (6, "months") if n else (3, "months"),
        meetings(facts, "review_conference", must_be_quorate=True),
        continues=True,
    )
    visit = Need(
        ("child_protection_visit", "child_protection_visit"),
        lambda _, start, life: _frequency(facts, start, life) or (10, "working_days"),
        seen_at(facts, "child_protection"),
        continues=True,
    )
    return [core_group, review, visit]


def _of_need(facts: Sequence[Fact]) -> list[Need]:
    review = Need(
        ("child_in_need_review", "child_in_need_review"),
        lambda *_: (3, "months"),
        meetings(facts, "child_in_need_review"),
        continues=True,
    )
    visit = Need(
        ("child_in_need_visit", "child_in_need_visit"),
        lambda _, start, life: _frequency(facts, start, life) or (20, "working_days"),
        seen_at(facts, "child_in_need"),
        continues=True,
    )
    return [review, visit]


POLICY: dict[str, Limit] = {
    "child_protection_visit": (10, "working_days"),
    "child_in_need_visit": (20, "working_days"),
}


def _frequency(facts: Sequence[Fact], start: Fact, life: Life) -> Limit | None:
    """ "`VisitFrequencySet` applies to the intervals that start after it": the last one set before."""
    found = None
    for fact in sorted(facts, key=place):
        is_ours = fact.type == "VisitFrequencySet" and fact.data.get("plan_id") == life.id
        is_of_that_day = fact.day == start.day and fact.instant is start.instant is None
        if is_ours and place(fact) < place(start) and not is_of_that_day:
            found = fact
    return (found.data["every"], found.data["unit"]) if found else None


def _intervals(need: Need, lives: Sequence[Life]) -> list[Interval]:
    return [interval for life in lives for interval in _of_life(need, life, lives)]


def _of_life(need: Need, life: Life, all_lives: Sequence[Life]) -> list[Interval]:
    """The intervals of one life, the last of them open, ended with the life, or run on after it."""
    found = [_begun(need, 0, life.start, life)]
    began: Happening | None = None
    for stop in _of_this_life(need.stops, life, all_lives):
        if is_not_after(stop.last, life.end) and _is_about([life.id], stop.last):
            found[-1].status, found[-1].end_fact = "stopped", stop.last
            found.append(_begun(need, len(found), stop.first_since(life.start), life))
            began = stop
    if life.end is not None:
        found[-1].status, found[-1].end_fact = "ended_without_completion", life.end
        if need.continues:
            _run_on(found[-1], began, need, life, all_lives)
    return found


def _of_this_life(stops: Sequence[Happening], life: Life, all_lives: Sequence[Life]) -> list[Happening]:
    """What stops a life's intervals, as reported since it began: "with no new beginning between", so what was
    reported since the same plan or placement began again is of that one."""
    same = [other for other in all_lives if other.id == life.id]
    later = [other for other in same if place(other.start) > place(life.start)]
    before = [other for other in same if place(other.start) < place(life.start)]
    found = []
    for stop in stops:
        reports = [
            one
            for one in stop.reports
            if is_not_before(one, life.start)
            and not (before and is_not_after(one, before[-1].end))
            and not (later and _is_of(later[0], one, life))
        ]
        if reports:
            found.append(Happening(tuple(reports)))
    return sorted(found, key=lambda stop: place(stop.last))


def _is_of(later: Life, one: Fact, life: Life) -> bool:
    """Whether a report is of the later of two lives of a plan: of the day it began it is, unless it still
    comes before the end of the earlier."""
    return is_not_before(one, later.start) and not is_not_after(one, life.end)


def _begun(need: Need, number: int, start: Fact, life: Life) -> Interval:
    timescale = need.timescales[1 if number else 0]
    interval = Interval(timescale, life.id, start, need.limit(number, start, life))
    policy = POLICY.get(timescale)
    if policy is not None and last_day_in_time(start.day, *interval.limit) > last_day_in_time(
        start.day, *policy
    ):
        interval.flags.append(("FREQUENCY_WIDENED", None, [start]))
    return interval


def _is_about(plan_ids: Sequence[str], stop: Fact) -> bool:
    """A meeting that names a plan is about that plan; one that names none, about any."""
    return stop.data.get("plan_id") in (None, *plan_ids) or stop.type != "MeetingHeld"


def _run_on(
    interval: Interval, began: Happening | None, need: Need, life: Life, all_lives: Sequence[Life]
) -> None:
    """ "An interval whose plan ended runs on if one of the same kind starts within
    `continuation_window_days`", or is open then: until a stop, or until that one ends."""
    window = timedelta(days=CONTINUATION_WINDOW_DAYS)
    continuing: list[Life] = []
    ends = [life.end]
    for other in sorted(all_lives, key=lambda other: place(other.start)):
        if other is life:
            continue
        if any(end and _is_open_or_starts_within(window, other, end) for end in ends):
            continuing.append(other)
            ends.append(other.end)
    if not continuing:
        return
    interval.flags.append(("CONTINUATION_WITHIN_WINDOW", None, [other.start for other in continuing]))
    same = [o for o in all_lives if o.id == life.id and place(o.start) >= place(life.start)]
    stops = [stop for one in same for stop in _of_this_life(need.stops, one, all_lives)]
    for stop in sorted(stops, key=lambda stop: place(stop.last)):
        begun = [other.id for other in continuing if is_not_before(stop.last, other.start)]
        if (began is not None and stop.last is began.last) or not _is_about([life.id, *begun], stop.last):
            continue
        is_of_it = is_not_before(stop.last, interval.start_fact) and not is_not_after(stop.last, life.end)
        if is_of_it and any(is_not_after(stop.last, other.end) for other in continuing):
            interval.status, interval.end_fact = "stopped", stop.last
            return
    if any(other.end is None for other in continuing):
        interval.status, interval.end_fact = "open", None
    else:
        interval.end_fact = max((o.end for o in continuing if o.end), key=place)


def _is_open_or_starts_within(window: timedelta, other: Life, end: Fact) -> bool:
    if other.start.day > end.day:
        return other.start.day <= end.day + window
    return other.end is None or not is_not_after(other.end, end)


def _repeat_plan(interval: Interval, plans: Sequence[Life]) -> list[Flag]:
    """ "on the clocks that a second child protection plan starts; value: days since the last ended, where
    90 or fewer"."""
    start = interval.start_fact
    if start.type != "PlanStarted":
        return []
    ended = [p.end for p in plans if p.end is not None and p.start is not start and _is_over(p, start)]
    if not ended:
        return []
    last = max(ended, key=place)
    flags: list[Flag] = []
    if start.day <= months_after(last.day, REPEAT_PLAN_MONTHS):
        flags.append(("REPEAT_PLAN_WITHIN_2_YEARS", None, [start, last]))
    gap = (start.day - last.day).days
    if gap <= PLAN_GAP_DAYS:
        flags.append(("PLAN_GAP", gap, [start, last]))
    return flags


def _is_over(plan: Life, start: Fact) -> bool:
    """Whether a plan had ended when another started: on one day, one that was open that morning had."""
    assert plan.end is not None
    if plan.end.day != start.day or plan.end.instant is not None or start.instant is not None:
        return place(plan.end) < place(start)
    return plan.start.day < start.day


def _case_supervision(facts: Sequence[Fact], held: Sequence[Fact], child: str, as_at: date) -> list[Interval]:
    """From the allocation of a worker to the end of the case: "a change of worker never restarts it"."""
    naming = [f for f in held if f.type == "SupervisionHeld" and child in (f.data.get("children") or [])]
    need = Need(
        ("case_supervision", "case_supervision"),
        lambda *_: (6, "weeks"),
        happenings(naming, "supervision_id"),
        continues=False,
    )
    found: list[Interval] = []
    for case in cases(facts, as_at):
        life = Life(case.start.data["worker_id"], case.start, case.end)
        made = _of_life(need, life, [life])
        for end, again in case.continued:
            running = [i for i in made if i.end_fact is None or not is_not_after(i.end_fact, end)]
            running[0].flags.append(("CONTINUATION_WITHIN_WINDOW", None, [again]))
        found += made
    return found


def supervisions_of_worker(facts: Sequence[Fact], worker: str) -> list[Interval]:
    """The intervals of `supervision`, on the record of a worker."""
    held = [f for f in facts if f.type == "SupervisionHeld"]
    need = Need(
        ("supervision", "supervision"),
        lambda _, start, life: _supervision_limit(start, life),
        happenings(held, "supervision_id"),
        continues=False,
    )
    joined = lives(worker, facts, of_type("WorkerJoined"), of_type("WorkerLeft"))
    return _intervals(need, joined)


def _supervision_limit(start: Fact, joined: Life) -> Limit:
    """ "1 month; newly qualified: weekly for 6 weeks, then fortnightly to 6 months"."""
    until = joined.start.data.get("newly_qualified_until")
    if not until or start.day > date.fromisoformat(until):
        return 1, "months"
    first = joined.start.day
    if start.day < first + timedelta(days=NEWLY_QUALIFIED_WEEKLY_FOR_DAYS):
        return 1, "weeks"
    if start.day < months_after(first, NEWLY_QUALIFIED_FORTNIGHTLY_TO_MONTHS):
        return 2, "weeks"
    return 1, "months"
