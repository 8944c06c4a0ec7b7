"""What else a history tells that bears on its clocks: visits, workers, births, contacts, and what came in one
go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.contact import ContactReceived
from domain.correction import RecordDeleted
from domain.field import FactReference
from domain.identity import ChildRegistered
from domain.people import CaseTransferred, WorkerAllocated
from domain.snapshot import RecordDisappeared
from domain.telling import Told
from domain.visit import VisitMade

_BEARING = frozenset({
    VisitMade, WorkerAllocated, CaseTransferred, ContactReceived, ChildRegistered, RecordDeleted,
    RecordDisappeared,
})  # fmt: skip
BULK_COMPLETION_CHILDREN = 5
BULK_COMPLETION_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What only a look at other children can tell, as known and as at the moment asked about.

    ``batches``: how many children have facts of a batch. ``bulk_completions``: how many children one manager
    authorised within ten minutes of a completion, itself included, where five or more.
    """

    batches: Mapping[str, int] = field(default_factory=dict)
    bulk_completions: Mapping[FactReference, int] = field(default_factory=dict)


NOWHERE_ELSE = Elsewhere()


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit at which the child was seen, on the latest day ever reported for it."""

    visit_id: str
    told: Told


@dataclass(frozen=True, slots=True)
class Change:
    """A change of worker or of team."""

    day: date
    told: Told


@dataclass(slots=True)
class Circumstances:
    """Drawn once from the facts of a child up to the day asked about, in reading order.

    ``gone`` are the facts of records deleted or vanished, with their places in that order.
    """

    seen: list[SeenVisit]
    worker_changes: list[Change]
    team_changes: list[Change]
    contacts: dict[str, date]
    born_on: date | None
    expected_on: date | None
    gone: list[tuple[int, Told]]

    def is_unborn_on(self, day: date) -> bool:
        if self.born_on is not None:
            return self.born_on > day
        return self.expected_on is not None and self.expected_on > day


def circumstances(facts: Sequence[Told]) -> Circumstances:
    """Draw from facts in reading order what bears on a child's clocks."""
    visits: dict[str, tuple[int, Told]] = {}
    worker_changes: list[Change] = []
    team_changes: list[Change] = []
    contacts: dict[str, date] = {}
    gone: list[tuple[int, Told]] = []
    born_on = expected_on = None
    worker = team = None
    for place, told in enumerate(facts):
        fact = told.fact
        if type(fact) not in _BEARING:
            continue
        if isinstance(fact, VisitMade):
            if fact.seen:
                visits[fact.visit_id] = (place, told)
        elif isinstance(fact, (WorkerAllocated, CaseTransferred)):
            to_team = fact.team_id if isinstance(fact, WorkerAllocated) else fact.to_team_id
            if to_team is not None:
                # A transfer tells that there was another team, an allocation does not.
                if to_team != team and (team is not None or isinstance(fact, CaseTransferred)):
                    team_changes.append(Change(told.day, told))
                team = to_team
            if isinstance(fact, WorkerAllocated):
                if worker is not None and fact.worker_id != worker:
                    worker_changes.append(Change(told.day, told))
                worker = fact.worker_id
        elif isinstance(fact, ContactReceived):
            contacts.setdefault(fact.contact_id, told.day)
        elif isinstance(fact, ChildRegistered):
            born_on = fact.date_of_birth or born_on
            expected_on = fact.expected_birth_on or expected_on
        elif isinstance(fact, (RecordDeleted, RecordDisappeared)):
            gone.append((place, told))
    counted = sorted((place, visit_id, told) for visit_id, (place, told) in visits.items())
    seen = [SeenVisit(visit_id, told) for _, visit_id, told in counted]
    return Circumstances(seen, worker_changes, team_changes, contacts, born_on, expected_on, gone)
