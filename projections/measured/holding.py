"""Who held the child's case, and for how long nobody did."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from domain.care import CareEnded, CareStarted
from domain.people import WorkerAllocated
from domain.referral_episode import Episode
from domain.telling import Told
from projections.hands import Holders, workers_named
from projections.measured.plans import PlanLife, plan_lives
from projections.measured.row import Measured
from projections.projection import Case

OPEN, NOT_OPEN = "open", "not_open"
"""Whether a case was open while it was held."""

Spell = tuple[date, date | None]
"""From a day to a day, or still going on."""


@dataclass(frozen=True, slots=True)
class Part:
    """A time in which one worker held the case in one team, since it was last allocated to that worker."""

    worker: str
    team: str | None
    allocated_on: date
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Whether a case is open at the end of a day, and the worker who holds it, if one does, allocated on
    ``allocated_on``. Of the worker's leaving nothing is known.
    """

    is_open: bool
    worker_id: str | None = None
    allocated_on: date | None = None


def holding(opened: Sequence[Spell], parts: Iterable[Part], day: date) -> Holding:
    """How a case is held at the end of ``day``, by when it was open and who held it up to then."""
    is_open = any(_covers(since, until, day) for since, until in opened)
    held = next((part for part in parts if _covers(part.since, part.until, day)), None)
    if held is None:
        return Holding(is_open)
    is_over = any(until is not None and held.allocated_on <= until <= day for _, until in opened)
    if is_over and not is_open:
        return Holding(is_open)
    return Holding(is_open, held.worker, held.allocated_on)


def holding_of(case: Case) -> Holding:
    """How a case is held on the day asked about."""
    return holding(_open_spells(case), _parts(case), case.day)


def _covers(since: date, until: date | None, day: date) -> bool:
    return since <= day and (until is None or day < until)


def holding_things(case: Case) -> Iterator[Measured]:
    """A row for each spell a worker held the case, placed by the allocation, each change from one worker to
    another, and each spell of an open case without a worker, with its length in working days.

    A spell ends with the case, though nobody took the worker off it, and goes on where the case opens again;
    one is told apart by whether the case was open.
    """
    parts = _parts(case)
    opened = _open_spells(case)
    for part in parts:
        of_part = _without([(part.since, part.until)], _over(opened, part.allocated_on))
        for held in of_part:
            not_open = list(_without([held], opened))
            for outcome, spells in ((OPEN, _without([held], not_open)), (NOT_OPEN, not_open)):
                for since, until in spells:
                    yield _row(
                        case, "held", f"{part.worker}:{since.isoformat()}", since, until, outcome,
                        part.worker, part.team, day=part.allocated_on,
                    )  # fmt: skip
    for before, after in pairwise(parts):
        if before.worker != after.worker:
            thing = f"{before.worker}:{after.worker}:{after.since.isoformat()}"
            yield _row(
                case, "worker_changes", thing, after.since, after.since, "changed", after.worker, after.team
            )
    for since, until in _without(opened, [(part.since, part.until) for part in parts]):
        _, team = case.holders.on(until or case.day)
        yield _row(case, "unallocated", since.isoformat(), since, until, "nobody", None, team)


def named_things(case: Case) -> Iterator[Measured]:
    """A row for each worker that facts of the child name, whoever held the case, from the first such day."""
    for worker, day in sorted(workers_named(case.known).items()):
        yield _row(case, "workers_named", worker, day, day, "named", worker, None)


def _over(opened: list[Spell], allocated_on: date) -> list[Spell]:
    """When a case that had been open was over, but for what was over before it was allocated."""
    ends = [until for _, until in opened if until is not None]
    again: list[date | None] = [since for since, _ in opened[1:]]
    return [(end, next_) for end, next_ in zip(ends, [*again, None], strict=False) if allocated_on <= end]


def _row(
    case: Case,
    series: str,
    thing: str,
    since: date,
    until: date | None,
    outcome: str,
    worker: str | None,
    team: str | None,
    *,
    day: date | None = None,
) -> Measured:
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=thing,
        day=day or since,
        since=since,
        until=until,
        outcome=outcome,
        length=None if until is None else case.calendar.between(since, until),
        worker_id=worker,
        team_id=team,
    )


def _parts(case: Case) -> list[Part]:
    return parts_of(case.holders, case.told("WorkerAllocated"))


def parts_of(holders: Holders, allocations: Iterable[Told]) -> list[Part]:
    """The times of one worker in one team each; those alike that follow each other are one."""
    allocated: dict[str, list[date]] = {}
    for told in allocations:
        if isinstance(told.fact, WorkerAllocated):
            allocated.setdefault(told.fact.worker_id, []).append(told.day)
    found: list[Part] = []
    changes = holders.since
    for place, (since, worker, team) in enumerate(changes):
        until = changes[place + 1][0] if place + 1 < len(changes) else None
        if worker is None or until == since:
            continue
        # Allocated again to who holds it already, it is held anew.
        again = [day for day in allocated.get(worker, ()) if since < day and (until is None or day < until)]
        before = found[-1] if found and found[-1].worker == worker and found[-1].until == since else None
        goes_on = before is not None and since not in allocated.get(worker, ())
        days = sorted({since, *again})
        for day, next_ in zip(days, [*days[1:], until], strict=True):
            allocated_on = before.allocated_on if before and goes_on and day == since else day
            found.append(Part(worker, team, allocated_on, day, next_))
    return found


def _open_spells(case: Case) -> list[Spell]:
    return open_spells(case.episodes, plan_lives(case), case.told("CareStarted", "CareEnded"))


def open_spells(referrals: Iterable[Episode], plans: Iterable[PlanLife], care: Iterable[Told]) -> list[Spell]:
    """When a case was open: a referral was, or a plan, or the child was in care."""
    spells: list[Spell] = [(episode.received_on, episode.over_on) for episode in referrals]
    spells += [(life.start, life.end) for life in plans]
    in_care: dict[str, date] = {}
    for told in care:
        if isinstance(told.fact, CareStarted):
            in_care.setdefault(told.fact.episode_id, told.day)
        elif isinstance(told.fact, CareEnded) and told.fact.episode_id in in_care:
            spells.append((in_care.pop(told.fact.episode_id), told.day))
    spells += [(since, None) for since in in_care.values()]
    return _joined(spells)


def _joined(spells: list[Spell]) -> list[Spell]:
    joined: list[Spell] = []
    for since, until in sorted(spells, key=lambda spell: (spell[0], spell[1] or date.max)):
        if joined and (joined[-1][1] is None or since <= joined[-1][1]):
            last = joined[-1][1]
            joined[-1] = (joined[-1][0], None if last is None or until is None else max(last, until))
        else:
            joined.append((since, until))
    return joined


def _without(spells: list[Spell], held: list[Spell]) -> Iterator[Spell]:
    """What is left of spells, which lie apart and in order, where others, likewise, are taken out."""
    for since, until in spells:
        start: date | None = since
        for a, b in held:
            if start is None or (until is not None and a >= until):
                break
            if b is not None and b <= start:
                continue
            if a > start:
                yield (start, a)
            start = b
        if start is not None and (until is None or start < until):
            yield (start, until)
