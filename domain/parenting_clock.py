"""The clock of a parenting assessment: from its start to the manager's authorisation and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.assessment import (
    AssessmentCancelled,
    AssessmentClosed,
    AssessmentCompleted,
    AssessmentPaused,
    AssessmentReopened,
    AssessmentResumed,
    AssessmentStarted,
)
from domain.assessment_life import UNDER_WAY, AssessmentLife, State, Turn, superseded
from domain.clock import Clock
from domain.correction import RecordDeleted
from domain.day_order import day_by_day
from domain.event import Event
from domain.flag import Flag
from domain.material import Material, Placed
from domain.need import Need, NeedStatus
from domain.record_clock import mark_gone, record_clocks
from domain.telling import Told

PARENTING = "parenting"

_COMPLETIONS, _CLOSINGS, _LATER_COMPLETIONS, _LATER_CLOSINGS = 0, 1, 6, 7
_UNDER_WAY: dict[type[Event], int] = {
    AssessmentStarted: 2,
    AssessmentReopened: 3,
    AssessmentResumed: 4,
    AssessmentPaused: 5,
}
"""The order in which the facts of one day are read, those without a time."""


def parenting_clocks(
    needs: Sequence[Need], as_shown: Sequence[AssessmentLife], material: Material
) -> list[Clock]:
    """One clock for each parenting assessment, in order of start."""
    return record_clocks("parenting_assessment", "assessment", needs, as_shown, material)


def find_parenting(material: Material) -> list[Need]:
    """A need for each parenting assessment, in order of start."""
    started = material.of(AssessmentStarted)
    if not any(isinstance(t.fact, AssessmentStarted) and t.fact.kind == PARENTING for _, t in started):
        return []
    facts = material.of(
        AssessmentStarted, AssessmentReopened, AssessmentClosed, AssessmentCancelled, AssessmentPaused,
        AssessmentResumed, AssessmentCompleted, RecordDeleted,
    )  # fmt: skip
    reading, ordered = _read(facts)
    # Which of several reports of an end count depends on the order, and that on what is open in the morning.
    if ignored := superseded([told for _, told in ordered], PARENTING):
        left_out = {ordered[place][0] for place in ignored}
        reading, _ = _read([placed for placed in facts if placed[0] not in left_out])
    for need in reading.needs:
        _mark_corrections(need, material)
    mark_gone("assessment", reading.needs, material)
    return reading.needs


def _read(facts: Sequence[Placed]) -> tuple["_Reading", list[Placed]]:
    """What comes of facts, and the order in which they were read."""
    reading, ordered = _Reading(), list[Placed]()
    for place, placed in enumerate(day_by_day(facts, reading.rank)):
        reading.read(place, placed[1])
        ordered.append(placed)
    return reading, ordered


def _mark_corrections(need: Need, material: Material) -> None:
    record = need.completed
    if record is not None and record.corrections:
        days = sum(material.calendar.between(a, b or material.day) for a, b in record.correcting)
        because = tuple(told.reference for told in record.corrections)
        need.flags.append(Flag("CORRECTION_AFTER_COMPLETION", days, because))


@dataclass(slots=True)
class _Reading:
    needs: list[Need] = field(default_factory=list)
    records: dict[str, AssessmentLife] = field(default_factory=dict)

    def rank(self, told: Told) -> int:
        """Completions, then closings, of what is open in the morning; starts and what follows; the others."""
        fact = told.fact
        if isinstance(fact, RecordDeleted):
            return _CLOSINGS if self._is_open(fact.record_id) else _LATER_CLOSINGS
        if isinstance(fact, AssessmentCompleted):
            return _COMPLETIONS if self._is_open(fact.assessment_id) else _LATER_COMPLETIONS
        if isinstance(fact, (AssessmentClosed, AssessmentCancelled)):
            return _CLOSINGS if self._is_open(fact.assessment_id) else _LATER_CLOSINGS
        return _UNDER_WAY[type(fact)]

    def _is_open(self, assessment_id: str) -> bool:
        record = self.records.get(assessment_id)
        return record is not None and record.state in UNDER_WAY

    def read(self, place: int, told: Told) -> None:
        fact = told.fact
        if isinstance(fact, RecordDeleted):
            self._delete(place, told, fact)
            return
        record = self.records.get(fact.assessment_id)  # type: ignore[attr-defined]
        if isinstance(fact, AssessmentStarted):
            if fact.kind == PARENTING:
                self._start(place, told, fact, record)
        elif record is not None:
            self._turn(place, told, record)

    def _start(self, place: int, told: Told, fact: AssessmentStarted, record: AssessmentLife | None) -> None:
        if record is not None and record.completion is None and record.deletion is None:
            if record.state not in UNDER_WAY:
                self._reopen(place, told, record)
            return
        if record is not None and record.completion is None:
            need = record.need
            need.flags.append(Flag("CANCELLED_THEN_RESTARTED", None, (told.reference,)))
        else:
            need = Need(told, place, fact.assessment_id)
            self.needs.append(need)
        record = AssessmentLife(fact.assessment_id, fact.referral_id, told, place, need)
        record.turn(place, State.OPEN, told)
        need.attach(record)
        self.records[record.id] = record

    def _turn(self, place: int, told: Told, record: AssessmentLife) -> None:
        fact = told.fact
        if isinstance(fact, AssessmentCancelled):
            record.turn(place, State.CANCELLED, told)
        elif isinstance(fact, AssessmentCompleted) and record.state is State.CANCELLED:
            return
        elif record.completion is not None:
            self._correct(told, record)
        elif isinstance(fact, AssessmentReopened):
            if record.state not in UNDER_WAY:
                self._reopen(place, told, record)
        elif isinstance(fact, AssessmentClosed):
            if record.state in UNDER_WAY:
                record.turn(place, State.CLOSED, told)
        elif isinstance(fact, AssessmentPaused):
            if record.state is State.OPEN:
                record.turn(place, State.PAUSED, told)
                record.need.flags.append(Flag("PAUSED_STATUTORY_CLOCK", None, (told.reference,)))
        elif isinstance(fact, AssessmentResumed):
            if record.state is State.PAUSED:
                record.turn(place, State.OPEN, told)
        elif isinstance(fact, AssessmentCompleted) and not record.is_deleted_before(place):
            self._complete(place, told, fact, record)

    def _correct(self, told: Told, record: AssessmentLife) -> None:
        is_open = bool(record.correcting) and record.correcting[-1][1] is None
        if isinstance(told.fact, AssessmentReopened) and not is_open:
            record.correcting.append((told.day, None))
            record.corrections.append(told)
        elif isinstance(told.fact, (AssessmentClosed, AssessmentCompleted)) and is_open:
            record.correcting[-1] = (record.correcting[-1][0], told.day)

    def _delete(self, place: int, told: Told, fact: RecordDeleted) -> None:
        record = self.records.get(fact.record_id) if fact.record_kind == "assessment" else None
        if record is not None and record.deletion is None:
            record.deletion = Turn(place, told.day, record.state, told)

    def _reopen(self, place: int, told: Told, record: AssessmentLife) -> None:
        record.reopenings.append(record.turn(place, State.OPEN, told))
        record.need.flags.append(Flag("REOPENED_SAME_RECORD", None, (told.reference,)))

    def _complete(self, place: int, told: Told, fact: AssessmentCompleted, record: AssessmentLife) -> None:
        record.completion = told
        record.turn(place, State.COMPLETED, told)
        record.need.completed = record
        record.need.finish(NeedStatus.STOPPED, told, place)
        if fact.authorised_by is None:
            record.need.flags.append(Flag("COMPLETED_WITHOUT_AUTHORISATION", None, (told.reference,)))
