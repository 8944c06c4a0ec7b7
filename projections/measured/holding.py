"""Who held the child's case, and for how long nobody did."""

from collections.abc import Iterator
from datetime import date

from domain.care import CareEnded, CareStarted
from projections.measured.plans import plan_lives
from projections.measured.row import Measured
from projections.projection import Case

Spell = tuple[date, date | None]
"""From a day to a day, or still going on."""


def holding_things(case: Case) -> Iterator[Measured]:
    """A row for each spell a worker held the case, each change from one worker to another, and each spell of
    an open case without a worker, with its length in working days.
    """
    held = _spells_held(case)
    before: str | None = None
    for since, until, worker, team in held:
        yield _row(case, "held", f"{worker}:{since.isoformat()}", since, until, "held", worker, team)
        if before is not None and worker != before:
            thing = f"{before}:{worker}:{since.isoformat()}"
            yield _row(case, "worker_changes", thing, since, since, "changed", worker, team)
        before = worker
    for since, until in _without(_open_spells(case), [(a, b) for a, b, _, _ in held]):
        _, team = case.holders.on(until or case.day)
        yield _row(case, "unallocated", since.isoformat(), since, until, "nobody", None, team)


def _row(
    case: Case,
    series: str,
    thing: str,
    since: date,
    until: date | None,
    outcome: str,
    worker: str | None,
    team: str | None,
) -> Measured:
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=thing,
        day=since,
        since=since,
        until=until,
        outcome=outcome,
        length=None if until is None else case.calendar.between(since, until),
        worker_id=worker,
        team_id=team,
    )


def _spells_held(case: Case) -> list[tuple[date, date | None, str, str | None]]:
    """Spells of one worker in one team each, those alike that follow each other made one."""
    found: list[tuple[date, date | None, str, str | None]] = []
    changes = case.holders.since
    for place, (since, worker, team) in enumerate(changes):
        until = changes[place + 1][0] if place + 1 < len(changes) else None
        if worker is None or until == since:
            continue
        if found and found[-1][1:] == (since, worker, team):
            found[-1] = (found[-1][0], until, worker, team)
        else:
            found.append((since, until, worker, team))
    return found


def _open_spells(case: Case) -> list[Spell]:
    """When the case was open: a referral was, or a plan, or the child was in care."""
    spells: list[Spell] = [(episode.received_on, episode.over_on) for episode in case.episodes]
    spells += [(life.start, life.end) for life in plan_lives(case)]
    in_care: dict[str, date] = {}
    for told in case.told("CareStarted", "CareEnded"):
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
