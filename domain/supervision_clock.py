"""The clocks of supervision: of a worker, and of a child's case with whoever holds it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter

from domain.care import CareEnded, CareStarted, PlacementEnded, PlacementStarted
from domain.clock import Clock
from domain.clock_making import Numbers, make_clock
from domain.day_order import day_by_day, is_after_start, is_before_end
from domain.event import Event
from domain.flag import Flag
from domain.intervals import Occasion, Reports, Spell, intervals, spells
from domain.material import Material, Placed
from domain.months import months_after
from domain.people import (
    WORKER_PREFIX,
    SupervisionHeld,
    WorkerAllocated,
    WorkerJoined,
    WorkerLeft,
    is_worker,
)
from domain.plan import PlanEnded, PlanStarted
from domain.plan_clocks import interval_clock
from domain.referral_episode import Episode
from domain.telling import RECEIPTS, Told

WEEKLY_FOR = timedelta(weeks=6)
FORTNIGHTLY_FOR_MONTHS = 6


def supervision_clocks(material: Material) -> list[Clock]:
    """The clocks of a worker's own supervision, from joining until leaving."""
    joined = material.of(WorkerJoined)
    if not joined:
        return []
    worker = joined[0][1].recorded.stream.removeprefix(WORKER_PREFIX)
    of_worker = [
        (place, told)
        for place, told in material.of(WorkerJoined, WorkerLeft)
        if is_worker(told.recorded.stream)
    ]
    in_post = spells(of_worker, lambda told: isinstance(told.fact, WorkerJoined), lambda _: worker)
    reports = Reports(material.of(SupervisionHeld), "supervision_id")
    numbers = Numbers()
    clocks = []
    for spell in in_post:
        until = _newly_qualified_until(of_worker, spell)
        again = [other.start for other in in_post if other.place > spell.place]
        for interval in intervals(spell, in_post, reports.since(spell.start, again), None):
            started_on = interval.start[1].day
            part = _part(started_on, spell.start[1].day, until)
            row = material.policy.row("supervision", started_on, part)
            clocks.append(
                interval_clock(
                    interval, row, numbers.next("supervision", worker), ("worker", worker), "supervision", [],
                    material,
                )
            )  # fmt: skip
    return clocks


def _newly_qualified_until(of_worker: list[Placed], spell: Spell) -> date | None:
    days = [
        placed[1].fact.newly_qualified_until
        for placed in of_worker
        if isinstance(placed[1].fact, WorkerJoined)
        and is_after_start(placed, spell.start)
        and is_before_end(placed, spell.end)
    ]
    return max((day for day in days if day is not None), default=None)


def _part(started_on: date, joined_on: date, newly_qualified_until: date | None) -> str:
    if newly_qualified_until is None or started_on > newly_qualified_until:
        return ""
    if started_on < joined_on + WEEKLY_FOR:
        return "newly qualified, first 6 weeks"
    if started_on < months_after(joined_on, FORTNIGHTLY_FOR_MONTHS):
        return "newly qualified, to 6 months"
    return ""


def case_supervision_clocks(episodes: list[Episode], material: Material) -> list[Clock]:
    """The clocks of a case being discussed in supervision, from its first allocation.

    No change of worker, and no time without one, ends or restarts them. They end with the case: on the day
    the last of its referrals, plans, placements and episodes of care is over. What opens the case again
    within the window sets the same clock running.
    """
    if not material.of(WorkerAllocated):
        return []
    reading = _CaseReading(material, episodes)
    reading.read()
    return reading.clocks


_OPENING: dict[type[Event], tuple[str, str]] = {
    PlanStarted: ("plan", "plan_id"),
    PlacementStarted: ("placement", "placement_id"),
    CareStarted: ("episode", "episode_id"),
}
_CLOSING: dict[type[Event], tuple[str, str]] = {
    PlanEnded: ("plan", "plan_id"),
    PlacementEnded: ("placement", "placement_id"),
    CareEnded: ("episode", "episode_id"),
}


@dataclass(slots=True)
class _Running:
    """The interval that runs: ``from_`` is the supervision it began with, ``begun`` the allocation that began
    the first of them, of ``worker``.
    """

    worker: str
    begun: Placed
    start: Placed
    from_: Occasion | None
    flags: list[Flag] = field(default_factory=list)


@dataclass(slots=True)
class _CaseReading:
    material: Material
    episodes: list[Episode]
    clocks: list[Clock] = field(default_factory=list)
    numbers: Numbers = field(default_factory=Numbers)
    running: _Running | None = None
    ended: tuple[_Running, Placed] | None = None
    going_on: set[tuple[str, str]] = field(default_factory=set)
    received: dict[int, Episode] = field(default_factory=dict)
    over: dict[int, list[Episode]] = field(default_factory=dict)
    was_referred: bool = False

    def read(self) -> None:
        for episode in self.episodes:
            self.received[episode.place] = episode
            if episode.over_place is not None:
                self.over.setdefault(episode.over_place, []).append(episode)
        material = self.material
        supervised = material.of(SupervisionHeld)
        latest = {_supervision_id(told): place for place, told in supervised}
        steps = material.of(WorkerAllocated, SupervisionHeld, *_OPENING, *_CLOSING)
        referrals = [(place, material.facts[place]) for place in {*self.received, *self.over}]
        for placed in day_by_day(sorted([*steps, *referrals], key=itemgetter(0)), self._rank):
            place, told = placed
            was_open = bool(self.going_on)
            self._follow(place, told)
            if isinstance(told.fact, SupervisionHeld):
                if self.running is not None and latest[told.fact.supervision_id] == place:
                    self._supervised(placed, supervised)
            elif isinstance(told.fact, WorkerAllocated):
                self._open(placed)
                if self.running is None:
                    self.running = _Running(told.fact.worker_id, placed, placed, None)
            elif self.going_on and not was_open:
                self._open(placed)
            elif self.running is not None and was_open and not self.going_on and self.was_referred:
                self.ended = (self.running, placed)
                self.running = None
        self._finish()

    def _rank(self, told: Told) -> int:
        """A case that goes on in the morning is discussed first; what ends, ends before anything begins, and
        what is new is discussed, and ends, after. Referrals end last, but for one received again that day.
        """
        fact = told.fact
        if isinstance(fact, SupervisionHeld):
            return 0 if self.running is not None else 4
        if isinstance(fact, WorkerAllocated) or type(fact) in _OPENING or isinstance(fact, RECEIPTS):
            return 3
        if type(fact) in _CLOSING:
            kind, id_field = _CLOSING[type(fact)]
            return 2 if (kind, getattr(fact, id_field)) in self.going_on else 5
        referral_id = getattr(fact, "referral_id", None)
        is_again = any(
            episode.referral_id == referral_id and episode.receipt.day == told.day and was.day < told.day
            for episode in self.episodes
            for was in (e.receipt for e in self.episodes if e.referral_id == referral_id)
        )
        return 1 if is_again else 6

    def _follow(self, place: int, told: Told) -> None:
        """Keep up with what goes on: referrals, plans, placements and episodes of care."""
        fact = told.fact
        for episode in self.over.get(place, ()):
            self.going_on.discard(("referral", f"{episode.place}"))
        if place in self.received:
            self.going_on.add(("referral", f"{place}"))
            self.was_referred = True
        if type(fact) in _OPENING:
            kind, id_field = _OPENING[type(fact)]
            self.going_on.add((kind, getattr(fact, id_field)))
        elif type(fact) in _CLOSING:
            kind, id_field = _CLOSING[type(fact)]
            self.going_on.discard((kind, getattr(fact, id_field)))

    def _open(self, placed: Placed) -> None:
        """Set running again what ended within the window; what ended before it stays ended."""
        if self.ended is None:
            return
        before, end = self.ended
        window = timedelta(days=self.material.policy.days("continuation_window_days", end[1].day))
        if placed[1].day <= end[1].day + window:
            before.flags.append(Flag("CONTINUATION_WITHIN_WINDOW", None, (placed[1].reference,)))
            self.running, self.ended = before, None
        elif isinstance(placed[1].fact, WorkerAllocated):
            self._finish()

    def _supervised(self, placed: Placed, reports: list[Placed]) -> None:
        assert self.running is not None
        id = _supervision_id(placed[1])
        begun = self.running.begun
        of_it = [p for p in reports if _supervision_id(p[1]) == id and is_after_start(p, begun)]
        occasion = Occasion(id, of_it[0] if of_it else placed, placed)
        self._make(self.running, occasion, None)
        self.running = _Running(self.running.worker, begun, occasion.first, occasion)

    def _finish(self) -> None:
        if self.running is not None:
            self._make(self.running, None, None)
        elif self.ended is not None:
            self._make(self.ended[0], None, self.ended[1])
        self.running = self.ended = None

    def _make(self, running: _Running, stop: Occasion | None, end: Placed | None) -> None:
        start = running.start[1]
        things = [("supervision", one.id) for one in (running.from_, stop) if one is not None]
        stopped_by = stop.last[1] if stop else end[1] if end else None
        self.clocks.append(
            make_clock(
                self.material,
                self.material.policy.row("case_supervision", start.day),
                self.numbers.next("case_supervision", running.worker),
                begun_by=("allocation", running.worker),
                start=start,
                stop=stopped_by,
                status="stopped" if stop else "ended_without_completion" if end else "open",
                things=things,
                flags=running.flags,
            )
        )


def _supervision_id(told: Told) -> str:
    assert isinstance(told.fact, SupervisionHeld)
    return told.fact.supervision_id
