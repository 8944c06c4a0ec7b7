"""Clocks of single matters: each begins with one fact about a thing and is done with another about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from domain.audit import ActionDone, ActionReopened, ActionSet
from domain.clock import Clock
from domain.clock_making import Numbers, gone_flags, make_clock
from domain.day_order import day_by_day
from domain.event import Event
from domain.flag import Flag
from domain.material import Material, Placed
from domain.meeting import DecisionsSent, MeetingHeld, MinutesDistributed
from domain.pre_proceedings import (
    LetterBeforeProceedingsSent,
    PreProceedingsDecided,
    PreProceedingsMeetingHeld,
    ProceedingsConcluded,
    ProceedingsIssued,
)
from domain.telling import Told
from domain.timescale import Limit, with_limit
from domain.working_days import calendar_days

CONFERENCES = frozenset({"initial_conference", "review_conference", "transfer_in_conference"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A timescale of single matters: what starts and stops it, and the kind of thing that both name.

    ``part`` is the part of the timescale that a starting fact comes under, None where it starts no clock.
    ``reopens`` sets a clock that had stopped running again.
    """

    timescale: str
    thing: str
    starts: type[Event]
    stops: type[Event]
    reopens: type[Event] | None = None
    part: Callable[[Event], str | None] = lambda _: ""

    @property
    def types(self) -> tuple[type[Event], ...]:
        return (self.starts, self.stops, *([self.reopens] if self.reopens else []))


@dataclass(slots=True)
class _Run:
    """One run of a matter, and all facts that started it. ``done`` may be told several times: it was done on
    the latest day.
    """

    start: Placed
    done: Placed | None = None
    starts: list[Event] = field(default_factory=list)
    reopenings: list[Told] = field(default_factory=list)


def _minutes_part(fact: Event) -> str:
    return "conference" if isinstance(fact, MeetingHeld) and fact.kind in CONFERENCES else ""


def _conference_only(fact: Event) -> str | None:
    return "" if isinstance(fact, MeetingHeld) and fact.kind in CONFERENCES else None


MATTERS: tuple[Matter, ...] = (
    Matter(
        timescale="minutes",
        thing="meeting",
        starts=MeetingHeld,
        stops=MinutesDistributed,
        part=_minutes_part,
    ),
    Matter(
        timescale="conference_decisions",
        thing="meeting",
        starts=MeetingHeld,
        stops=DecisionsSent,
        part=_conference_only,
    ),
    Matter(
        timescale="pre_proceedings_letter",
        thing="track",
        starts=PreProceedingsDecided,
        stops=LetterBeforeProceedingsSent,
    ),
    Matter(
        timescale="pre_proceedings_meeting",
        thing="track",
        starts=LetterBeforeProceedingsSent,
        stops=PreProceedingsMeetingHeld,
    ),
    Matter(timescale="proceedings", thing="case", starts=ProceedingsIssued, stops=ProceedingsConcluded),
    Matter(
        timescale="action", thing="action", starts=ActionSet, stops=ActionDone, reopens=ActionReopened
    ),
)  # fmt: skip


def matter_clocks(material: Material) -> list[Clock]:
    """The clocks of all single matters."""
    return [clock for matter in MATTERS for clock in _clocks(matter, material)]


def _clocks(matter: Matter, material: Material) -> list[Clock]:
    if not material.of(matter.starts):
        return []
    runs: dict[str, list[_Run]] = {}

    def rank(told: Told) -> int:
        """What runs in the morning is done before it begins again; what does not begins before it is done."""
        of_thing = runs.get(_id(matter, told), [])
        is_running = bool(of_thing) and of_thing[-1].done is None
        if isinstance(told.fact, matter.stops):
            return 0 if is_running else 3
        return 1 if isinstance(told.fact, matter.starts) else 2

    for placed in day_by_day(material.of(*matter.types), rank):
        _read(matter, placed, runs)
    numbers = Numbers()
    return [_clock(matter, thing_id, run, numbers, material) for thing_id, of in runs.items() for run in of]


def _id(matter: Matter, told: Told) -> str:
    id: str = getattr(told.fact, f"{matter.thing}_id")
    return id


def _read(matter: Matter, placed: Placed, runs: dict[str, list[_Run]]) -> None:
    """Start again once done, it is another; told again while it runs, it began on the earlier day."""
    fact = placed[1].fact
    of_thing = runs.setdefault(_id(matter, placed[1]), [])
    is_running = bool(of_thing) and of_thing[-1].done is None
    if isinstance(fact, matter.starts):
        if matter.part(fact) is None:
            return
        if not is_running:
            of_thing.append(_Run(placed))
        of_thing[-1].starts.append(fact)
    elif of_thing and isinstance(fact, matter.stops):
        of_thing[-1].done = placed
    elif of_thing and not is_running:
        of_thing[-1].done = None
        of_thing[-1].reopenings.append(placed[1])


def _clock(matter: Matter, thing_id: str, run: _Run, numbers: Numbers, material: Material) -> Clock:
    start = run.start[1]
    done = run.done[1] if run.done else None
    row = material.policy.row(matter.timescale, start.day, matter.part(start.fact) or "")
    due_on: date | None = None
    if matter.starts is ActionSet:
        # Of several days told, the earliest counts.
        due_on = min(fact.due_on for fact in run.starts if isinstance(fact, ActionSet))
        row = with_limit(row, Limit(calendar_days(start.day, due_on), "calendar_days"))
    thing = (matter.thing, thing_id)
    flags = [Flag("REOPENED_SAME_RECORD", None, (told.reference,)) for told in run.reopenings]
    flags += gone_flags(material, {thing}, start, done)
    return make_clock(
        material,
        row,
        numbers.next(matter.timescale, thing_id),
        begun_by=thing,
        start=start,
        stop=done,
        status="stopped" if done else "open",
        flags=flags,
        due_on=due_on,
    )
