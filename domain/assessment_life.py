"""The life of one assessment record, and which of its reported ends count."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from domain.assessment import AssessmentCancelled, AssessmentClosed, AssessmentCompleted, AssessmentStarted
from domain.telling import COUNTED_KIND, OPENINGS, Told

if TYPE_CHECKING:
    from domain.need import Need


class State(Enum):
    """How a record stands."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


UNDER_WAY = frozenset({State.OPEN, State.PAUSED})
_BEGIN_OR_END = frozenset({*OPENINGS, AssessmentCompleted, AssessmentClosed, AssessmentCancelled})


@dataclass(frozen=True, slots=True)
class Turn:
    """A change in a record: from ``place`` in the reading order, and ``day``, it stands so."""

    place: int
    day: date
    state: State
    told: Told


@dataclass(slots=True, eq=False)
class AssessmentLife:
    """One assessment record from its start; started again after its completion, it is another.

    ``turns`` are its states; ``gone`` the days between which the case system did not show it (a deletion is
    for good); ``correcting`` the days between which it was open again after its completion.
    """

    id: str
    referral_id: str | None
    start: Told
    place: int
    need: "Need"
    turns: list[Turn] = field(default_factory=list)
    completion: Told | None = None
    reopenings: list[Turn] = field(default_factory=list)
    corrections: list[Told] = field(default_factory=list)
    correcting: list[tuple[date, date | None]] = field(default_factory=list)
    deletion: Turn | None = None
    gone: list[tuple[date, date | None]] = field(default_factory=list)

    @property
    def state(self) -> State:
        return self.turns[-1].state

    def turn(self, place: int, state: State, told: Told) -> Turn:
        turn = Turn(place, told.day, state, told)
        self.turns.append(turn)
        return turn

    @property
    def is_gone(self) -> bool:
        """Whether the case system no longer shows it: deleted, or vanished and not back."""
        return bool(self.gone) and self.gone[-1][1] is None

    def is_deleted_before(self, place: int) -> bool:
        return self.deletion is not None and self.deletion.place < place


def superseded(facts: Sequence[Told], kind: str = COUNTED_KIND) -> set[int]:
    """The places, in reading order, of ends of assessments of a kind that do not count.

    A kind of end came on the latest day ever reported for it with no new beginning between, so the reports
    before that one do not count; nor does a completion that a later cancelling of the same record takes back.
    """
    out: set[int] = set()
    pending: dict[tuple[str, type], int] = {}
    uncancelled: dict[str, list[int]] = {}
    for place, told in enumerate(facts):
        fact = told.fact
        if type(fact) not in _BEGIN_OR_END:
            continue
        if isinstance(fact, OPENINGS):
            if isinstance(fact, AssessmentStarted) and fact.kind != kind:
                continue
            for end in (AssessmentCompleted, AssessmentClosed, AssessmentCancelled):
                pending.pop((fact.assessment_id, end), None)
            if isinstance(fact, AssessmentStarted):
                uncancelled.pop(fact.assessment_id, None)
        elif isinstance(fact, (AssessmentCompleted, AssessmentClosed, AssessmentCancelled)):
            earlier = pending.get((fact.assessment_id, type(fact)))
            if earlier is not None:
                out.add(earlier)
            pending[(fact.assessment_id, type(fact))] = place
            if isinstance(fact, AssessmentCompleted):
                uncancelled.setdefault(fact.assessment_id, []).append(place)
            elif isinstance(fact, AssessmentCancelled):
                out.update(uncancelled.pop(fact.assessment_id, ()))
    return out
