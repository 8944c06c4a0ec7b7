"""What clocks are drawn from: the facts of a child, sorted by what they tell, and what they are judged by."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any

from domain.circumstances import Circumstances, Elsewhere
from domain.event import Event
from domain.field import FactReference
from domain.policy import Policy
from domain.telling import Told
from domain.working_days import WorkingDays

Placed = tuple[int, Told]
"""A fact with its place in the reading order."""


@dataclass(slots=True)
class Material:
    """The facts of a child up to ``day``, in reading order; what else bears on its clocks; and the terms.

    ``because_of``: of repeating clocks those are wanted that one of these facts starts or stops; None: all.
    """

    facts: Sequence[Told]
    around: Circumstances
    elsewhere: Elsewhere
    calendar: WorkingDays
    policy: Policy
    day: date
    because_of: Collection[FactReference] | None = None
    _by_type: dict[type[Event], list[Placed]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_type = {}
        for place, told in enumerate(self.facts):
            self._by_type.setdefault(type(told.fact), []).append((place, told))

    def wants(self, told: Told) -> bool:
        """Whether a repeating clock that a fact starts or stops is wanted."""
        return self.because_of is None or told.reference in self.because_of

    def of(self, *types: type[Event]) -> list[Placed]:
        """The facts of some types, in reading order."""
        found = [self._by_type[one] for one in types if one in self._by_type]
        if len(found) < 2:
            return found[0] if found else []
        return sorted((placed for of_type in found for placed in of_type), key=itemgetter(0))


def superseded_reports(
    facts: Iterable[Placed], begins: type[Event] | tuple[type[Event], ...], id_field: str, *, each: bool
) -> set[int]:
    """The places of ends that do not count: of one kind of end of one thing, the latest told does, unless a
    new beginning lies between. ``each`` tells that a beginning is of its own thing only, and not of all.
    """
    out: set[int] = set()
    pending: dict[tuple[Any, type[Event]], int] = {}
    for place, told in facts:
        fact = told.fact
        thing = getattr(fact, id_field, None)
        if isinstance(fact, begins):
            pending = {key: at for key, at in pending.items() if key[0] != thing} if each else {}
            continue
        earlier = pending.get((thing, type(fact)))
        if earlier is not None:
            out.add(earlier)
        pending[thing, type(fact)] = place
    return out
