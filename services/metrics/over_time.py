"""The figures about children of every day of a range, added up child by child."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from datetime import date, timedelta
from typing import Generic, TypeVar

from domain.people import is_worker
from domain.working_days import WorkingDays
from projections.across.caseloads import Leavings
from projections.daily import Daily
from projections.hands import workers_named
from projections.over_time import Held, Stood, stood
from projections.projection import Case
from projections.worker_rows import WorkerRow, worker_rows
from services.metrics.from_views import DELAYS_OF_CALENDAR_DAYS
from services.metrics.labels import FEWEST_CHILDREN
from services.metrics.practice import Facts, Figures

Steps = Counter[int]
"""By how much a number changes on which day of the range."""

_DELAYS_COUNT_FOR = timedelta(days=DELAYS_OF_CALENDAR_DAYS)
Key = TypeVar("Key", bound=Hashable)


class OverTime:
    """What is watched, for each day from ``first`` to ``last``. Children are added in any order."""

    def __init__(self, first: date, last: date, calendar: WorkingDays) -> None:
        self.first, self.last = first, last
        self._days = (last - first).days + 1
        self._clocks = Daily(first, last, calendar)
        self._children: defaultdict[str, Steps] = defaultdict(Counter)
        self._without_worker: Steps = Counter()
        self._held: defaultdict[tuple[str, date, bool], Steps] = defaultdict(Counter)
        """By worker, by when the case was allocated, and by whether it was open."""
        self._workers: list[WorkerRow] = []
        self._facts: defaultdict[tuple[str, str], Steps] = defaultdict(Counter)
        self._delays: defaultdict[int, Steps] = defaultdict(Counter)
        self._discrepancies: defaultdict[str, Steps] = defaultdict(Counter)
        self._vanished: defaultdict[str, Steps] = defaultdict(Counter)
        self._children_of: defaultdict[str, set[str]] = defaultdict(set)
        self._people: set[str] = set()

    def add(self, latest: Case) -> None:
        """Count one child, by its case as at the last day."""
        self._people.add(latest.child)
        self._people.update(workers_named(latest.known))
        if is_worker(latest.child):
            self._workers += worker_rows.rows(latest)
        self._count_facts(latest)
        for one in stood(latest, self.first, self.last):
            self._count(one)

    def merge(self, other: "OverTime") -> None:
        """Add what another counted over the same days."""
        self._clocks.merge(other._clocks)
        self._without_worker.update(other._without_worker)
        self._people |= other._people
        self._workers += other._workers
        for held, steps in other._held.items():
            self._held[held].update(steps)
        for ours, theirs in (
            (self._children, other._children),
            (self._discrepancies, other._discrepancies),
            (self._vanished, other._vanished),
        ):
            for name, steps in theirs.items():
                ours[name].update(steps)
        for of, steps in other._facts.items():
            self._facts[of].update(steps)
        for delay, steps in other._delays.items():
            self._delays[delay].update(steps)
        for source, children in other._children_of.items():
            self._children_of[source] |= children

    def figures(self) -> Iterator[tuple[date, Figures]]:
        """Each day's figures, in order."""
        named = {s for s, children in self._children_of.items() if len(children) >= FEWEST_CHILDREN}
        children = _Sums(self._children)
        held, without = self._in_hand()
        without_worker = _Sums({"": without})
        facts, delays = _Sums(self._facts), _Sums(self._delays)
        discrepancies, vanished = _Sums(self._discrepancies), _Sums(self._vanished)
        caseloads = _Caseloads(held)
        people = frozenset(self._people)
        for place, (day, clocks) in enumerate(self._clocks.days()):
            yield (
                day,
                Figures(
                    clocks=clocks,
                    children=children.on(place),
                    without_worker=without_worker.on(place).get("", 0),
                    caseloads=caseloads.on(place),
                    facts=[Facts(*of, count) for of, count in sorted(facts.on(place).items())],
                    delays=delays.on(place),
                    discrepancies=discrepancies.on(place),
                    vanished=vanished.on(place),
                    named_sources=frozenset(named),
                    people=people,
                ),
            )

    def _count(self, one: Stood) -> None:
        for row in one.clocks:
            self._clocks.add(row, one.since, one.until)
        if one.held is not None:
            self._between(self._children[one.held.status], one.since, one.until)
            self._count_held(one.held, one.since, one.until)
        for code in one.discrepancies:
            self._between(self._discrepancies[code], one.since, one.until)
        for kind in one.vanished:
            self._between(self._vanished[kind], one.since, one.until)

    def _count_held(self, held: Held, since: date, until: date | None) -> None:
        by = held.by
        if by.worker_id is not None and by.allocated_on is not None:
            self._between(self._held[by.worker_id, by.allocated_on, by.is_open], since, until)
        elif by.is_open:
            self._between(self._without_worker, since, until)

    def _in_hand(self) -> tuple[dict[str, Steps], Steps]:
        """How many children each worker held, and how many open cases nobody did: who has left holds none of
        those that were allocated before.
        """
        held: defaultdict[str, Steps] = defaultdict(Counter)
        without: Steps = Counter(self._without_worker)
        leavings = Leavings(self._workers)
        for (worker, allocated_on, is_open), steps in self._held.items():
            left_on = leavings.first_since(worker, allocated_on)
            place = self._days if left_on is None else max((left_on - self.first).days, 0)
            kept = Counter({at: by for at, by in steps.items() if at < place})
            left = Counter({at: by for at, by in steps.items() if at >= place})
            if place < self._days:
                kept[place] -= kept.total()
                left[place] += -kept[place]
            held[worker].update(kept)
            if is_open:
                without.update(left)
        return held, without

    def _count_facts(self, case: Case) -> None:
        """Count what was recorded under its own reference: what was under another is counted there."""
        child, working_days = case.child, case.calendar.between
        for fact in case.known:
            if fact.stream != child:
                continue
            self._between(self._facts[fact.type, fact.source], fact.occurred_on.day, None)
            few = self._children_of[fact.source]
            if len(few) < FEWEST_CHILDREN:
                few.add(child)
            if not fact.historic:
                delay = working_days(fact.occurred_on.day, fact.entered_on)
                until = fact.entered_on + _DELAYS_COUNT_FOR
                self._between(self._delays[delay], fact.entered_on, until)

    def _between(self, steps: Steps, since: date, until: date | None, by: int = 1) -> None:
        start = max((since - self.first).days, 0)
        end = self._days if until is None else min((until - self.first).days, self._days)
        if start < end:
            steps[start] += by
            if end < self._days:
                steps[end] -= by


class _Sums(Generic[Key]):
    """Numbers by key, as the days go by."""

    def __init__(self, steps: Mapping[Key, Steps]) -> None:
        self._changes: defaultdict[int, list[tuple[Key, int]]] = defaultdict(list)
        for key, by_place in steps.items():
            for place, by in by_place.items():
                self._changes[place].append((key, by))
        self._now: Counter[Key] = Counter()

    def on(self, place: int) -> dict[Key, int]:
        """What is not 0 on a day. Days must be asked for in order."""
        for key, by in self._changes.pop(place, ()):
            self._now[key] += by
            if not self._now[key]:
                del self._now[key]
        return dict(self._now)


class _Caseloads:
    """How many workers hold how many children, as the days go by."""

    def __init__(self, held: Mapping[str, Steps]) -> None:
        self._held = _Sums(held)

    def on(self, place: int) -> dict[int, int]:
        return dict(Counter(self._held.on(place).values()))
