"""Who held a child's case, and since when."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.assessment import AssessmentCompleted
from domain.history import Recorded
from domain.people import (
    WORKER_PREFIX,
    CaseTransferred,
    SupervisionHeld,
    WorkerAllocated,
    WorkerJoined,
    WorkerUnallocated,
)
from domain.telling import Told

_HANDING_ON = (WorkerAllocated, WorkerUnallocated, CaseTransferred)
HANDING_ON = frozenset(fact.__name__ for fact in (*_HANDING_ON, WorkerJoined))
"""The types of facts that tell who holds a case, or where a worker is."""


def workers_named(facts: Iterable[Recorded]) -> dict[str, date]:
    """The workers that facts name, each with the first day for which one does: whose work it was, who
    authorised it, and who supervised whom.
    """
    found: dict[str, date] = {}
    for recorded in facts:
        fact = recorded.fact
        named = [fact.worker_id]
        if isinstance(fact, AssessmentCompleted):
            named.append(fact.authorised_by)
        elif isinstance(fact, SupervisionHeld):
            named.append(fact.supervisor_id)
        day = fact.occurred_on.day
        for worker in named:
            if worker is not None and found.get(worker, date.max) > day:
                found[worker] = day
    return found


@dataclass(frozen=True, slots=True)
class Holders:
    """From each day on, which worker and which team; days in order."""

    since: tuple[tuple[date, str | None, str | None], ...]
    _days: list[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_days", [day for day, _, _ in self.since])

    def on(self, day: date) -> tuple[str | None, str | None]:
        """The worker and the team at the end of ``day``."""
        place = bisect_right(self._days, day)
        return self.since[place - 1][1:] if place else (None, None)


NOBODY = Holders(())
"""Of a case that nobody ever held."""


def holders(facts: Sequence[Told]) -> Holders:
    """Who held the case, from the allocations and transfers in facts in reading order."""
    worker: str | None = None
    team: str | None = None
    since: list[tuple[date, str | None, str | None]] = []
    for told in facts:
        if since and type(told.fact) not in _HANDING_ON:
            continue
        worker, team = _after(told, worker, team)
        if not since or since[-1][1:] != (worker, team):
            since.append((told.day, worker, team))
    return Holders(tuple(since))


def worker_in_post(stream: str, facts: Sequence[Told]) -> Holders:
    """A worker, in the team that was last told on joining."""
    worker = stream.removeprefix(WORKER_PREFIX)
    return Holders(tuple((t.day, worker, t.fact.team_id) for t in facts if isinstance(t.fact, WorkerJoined)))


def _after(told: Told, worker: str | None, team: str | None) -> tuple[str | None, str | None]:
    fact = told.fact
    if isinstance(fact, WorkerAllocated):
        return fact.worker_id, fact.team_id or team
    if isinstance(fact, WorkerUnallocated):
        return (None if fact.worker_id == worker else worker), team
    if isinstance(fact, CaseTransferred):
        return worker, fact.to_team_id
    return worker, team
