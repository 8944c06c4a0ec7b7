"""When a child's case is held by a worker, and when it is over: what `case_supervision` runs for.

A case is over on the day on which the last of its referrals, plans, care episodes and placements is over,
where there was a referral at all. Allocations end nothing. Whatever opens it again within the window
continues it; later only the allocation of a worker begins another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.reference.lives import Life, lives_of_each, of_type, place
from tests.reference.openings import all_openings
from tests.reference.told import Fact
from tests.reference.walk import RECEIPTS

CONTINUATION_WINDOW_DAYS = 28


@dataclass
class Case:
    """From the allocation of a worker until the case is over; ``continued`` has each end that did not last,
    and what came after it."""

    start: Fact
    end: Fact | None = None
    continued: list[tuple[Fact, Fact]] = field(default_factory=list)


@dataclass(frozen=True)
class _Event:
    what: str  # opens, closes, allocated
    fact: Fact
    day: date
    is_timed: bool
    began: date  # the day on which what closes had begun


def cases(facts: Sequence[Fact], as_at: date) -> list[Case]:
    events = _events(facts, as_at)
    found: list[Case] = []
    open_now, was_referred = 0, False
    for day in sorted({event.day for event in events}):
        todays = [event for event in events if event.day == day]
        undated = [event for event in todays if not event.is_timed]
        timed = sorted((e for e in todays if e.is_timed), key=lambda event: place(event.fact))
        # of what has no time, what was open that morning is closed first, then what begins begins; "last,
        # referrals ending"
        first = [e for e in undated if _is_of_the_morning(e)]
        then = sorted((e for e in undated if e not in first), key=_rank)
        for at_once in [first, then, *([event] for event in timed)]:
            closing: Fact | None = None
            for event in at_once:
                if event.what == "closes":
                    open_now -= 1
                    closing = event.fact
                    continue
                if event.what == "opens":
                    open_now += 1
                    was_referred = was_referred or event.fact.type in RECEIPTS
                _begin(found, event)
            if closing is not None and not open_now and was_referred and found and found[-1].end is None:
                found[-1].end = closing
    return found


_ENDS_OF_SPELLS = ("PlanEnded", "CareEnded", "PlacementEnded")


def _is_of_the_morning(event: _Event) -> bool:
    is_spell = event.fact.type in _ENDS_OF_SPELLS
    return event.what == "closes" and is_spell and event.began < event.day


def _rank(event: _Event) -> tuple[bool, bool, int]:
    return event.what == "closes", event.fact.type not in _ENDS_OF_SPELLS, event.fact.order


def _begin(found: list[Case], event: _Event) -> None:
    last = found[-1] if found else None
    if last is not None and last.end is None:
        return
    window = timedelta(days=CONTINUATION_WINDOW_DAYS)
    if last is not None and last.end is not None and event.day <= last.end.day + window:
        last.continued.append((last.end, event.fact))
        last.end = None
    elif event.what == "allocated":
        found.append(Case(event.fact))


def _events(facts: Sequence[Fact], as_at: date) -> list[_Event]:
    found = [
        _Event("allocated", f, f.day, f.instant is not None, f.day)
        for f in sorted(facts, key=place)
        if f.type == "WorkerAllocated"
    ]
    for opening in all_openings(facts, "referral_id", RECEIPTS, as_at):
        received, over = opening.received, opening.over()
        found.append(_Event("opens", received.fact, received.day, received.timed, received.day))
        if over is not None:
            found.append(_Event("closes", over.fact, over.day, over.timed, received.day))
    for life in _spells(facts):
        start, end = life.start, life.end
        found.append(_Event("opens", start, start.day, start.instant is not None, start.day))
        if end is not None:
            found.append(_Event("closes", end, end.day, end.instant is not None, start.day))
    return found


def _spells(facts: Sequence[Fact]) -> list[Life]:
    kinds = (
        ("plan_id", "PlanStarted", "PlanEnded"),
        ("episode_id", "CareStarted", "CareEnded"),
        ("placement_id", "PlacementStarted", "PlacementEnded"),
    )
    return [
        life
        for id_field, start, end in kinds
        for life in lives_of_each(facts, id_field, of_type(start), of_type(end))
    ]
