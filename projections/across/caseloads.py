"""Caseloads: how many children each worker, or team, holds on a day."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.policy import Policy
from projections.measured.row import Measured
from projections.worker_rows import WorkerRow

SERIES = "caseloads"
OVER, WITHIN = "over", "within"


@dataclass(frozen=True, slots=True)
class CaseloadPolicy:
    """How many children one full-time worker should hold at most, and how much of that, in percent, one who
    is newly qualified.
    """

    most_children: int
    newly_qualified_percent: int

    def most(self, full_time_equivalent: float, is_newly_qualified: bool) -> float:
        percent = self.newly_qualified_percent if is_newly_qualified else 100
        return self.most_children * full_time_equivalent * percent / 100


def caseload_policy(policy: Policy, day: date, most_children: int | None = None) -> CaseloadPolicy:
    """What the authority's policy asks for on ``day``, or with another number of children."""
    return CaseloadPolicy(
        policy.parameter("caseload_children", day).value if most_children is None else most_children,
        policy.parameter("newly_qualified_caseload_percent", day).value,
    )


class Held(NamedTuple):
    """A time that a worker held a child's case, allocated on ``allocated_on``; ``is_open``: it was open."""

    child: str
    worker_id: str
    team_id: str | None
    since: date
    until: date | None
    allocated_on: date
    is_open: bool


class Leavings:
    """When workers left, and did not come back on that day."""

    def __init__(self, workers: Sequence[WorkerRow]) -> None:
        there = {(row.worker_id, row.since) for row in workers if row.until != row.since}
        self._left: dict[str, list[date]] = {}
        for row in workers:
            if row.has_left and row.until is not None and (row.worker_id, row.until) not in there:
                self._left.setdefault(row.worker_id, []).append(row.until)

    def first_since(self, worker_id: str, allocated_on: date) -> date | None:
        """When a worker left to whom a case was allocated."""
        return min((day for day in self._left.get(worker_id, ()) if day >= allocated_on), default=None)

    def ends(self, spell: Held) -> date | None:
        """When a time of holding a case was over: with the worker's first leaving since it was allocated."""
        left = self.first_since(spell.worker_id, spell.allocated_on)
        return spell.until if left is None else min(left, spell.until or date.max)


@dataclass(frozen=True, slots=True)
class Caseload:
    """What a worker holds on a day. ``most``: what the policy allows; ``is_known``: we were told of whom."""

    day: date
    worker_id: str
    team_id: str | None
    children: int
    full_time_equivalent: float
    is_newly_qualified: bool
    is_known: bool
    most: float

    @property
    def is_over(self) -> bool:
        return self.children > self.most


def caseloads(
    spells: Iterable[Held], workers: Sequence[WorkerRow], day: date, policy: CaseloadPolicy
) -> list[Caseload]:
    """The caseload of each worker who held a child on ``day``, or was there to hold one, by worker.

    A worker is judged as was told for that day. One of whom nothing was counts as a full-time worker, not
    newly qualified. Who left holds nobody, until a case is allocated anew.
    """
    held = held_by_worker(spells, workers, day)
    there = {worker.worker_id: worker for worker in workers if worker.goes_on(day)}
    return [
        _caseload(day, worker_id, held.get(worker_id, Counter()), there.get(worker_id), policy)
        for worker_id in sorted(there.keys() | held.keys())
    ]


def held_by_worker(
    spells: Iterable[Held], workers: Sequence[WorkerRow], day: date
) -> dict[str, Counter[str | None]]:
    """How many children each worker holds on ``day`` who holds any, by team."""
    held: dict[str, Counter[str | None]] = {}
    for spell in held_on(spells, workers, day):
        held.setdefault(spell.worker_id, Counter())[spell.team_id] += 1
    return held


def held_on(spells: Iterable[Held], workers: Sequence[WorkerRow], day: date) -> Iterator[Held]:
    """The times of holding a case that go on at the end of ``day``."""
    leavings = Leavings(workers)
    for spell in spells:
        until = leavings.ends(spell)
        if spell.since <= day and (until is None or day < until):
            yield spell


def _caseload(
    day: date,
    worker_id: str,
    held: Counter[str | None],
    worker: WorkerRow | None,
    policy: CaseloadPolicy,
) -> Caseload:
    children = held.total()
    # That of most of the cases; of as many, always the same one.
    team = max((team for team in held if team), key=lambda team: (held[team], team), default=None)
    equivalent = worker.full_time_equivalent if worker else 1.0
    until = worker.newly_qualified_until if worker else None
    is_new = until is not None and day <= until
    return Caseload(
        day=day,
        worker_id=worker_id,
        team_id=team or (worker.team_id if worker else None),
        children=children,
        full_time_equivalent=equivalent,
        is_newly_qualified=is_new,
        is_known=worker is not None,
        most=policy.most(equivalent, is_new),
    )


def measured_caseloads(loads: Iterable[Caseload]) -> Iterator[Measured]:
    """The same as measures count them; lengths are children."""
    for load in loads:
        yield Measured(
            child=f"worker:{load.worker_id}",
            series=SERIES,
            thing=load.worker_id,
            day=load.day,
            since=load.day,
            outcome=OVER if load.is_over else WITHIN,
            kind="newly_qualified" if load.is_newly_qualified else "experienced",
            length=load.children,
            worker_id=load.worker_id,
            team_id=load.team_id,
        )
