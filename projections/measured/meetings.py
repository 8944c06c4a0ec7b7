"""Meetings as measures count them: held as planned or not, and whether anybody was told what they decided."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.meeting import (
    MeetingCancelled,
    MeetingHeld,
    MeetingScheduled,
    MinutesDistributed,
    MinutesWritten,
)  # fmt: skip
from domain.pre_proceedings import PreProceedingsMeetingHeld
from domain.protection import StrategyDiscussionHeld
from projections.measured.row import Measured, marked
from projections.projection import Case

INQUORATE, ABSENCES, REARRANGED = "INQUORATE", "ABSENCES", "REARRANGED"
MEETING_TYPES = (
    "MeetingScheduled", "MeetingHeld", "MeetingCancelled", "MinutesWritten", "MinutesDistributed",
    "StrategyDiscussionHeld", "PreProceedingsMeetingHeld",
)  # fmt: skip


@dataclass(slots=True)
class _Meeting:
    kind: str | None = None
    planned_for: date | None = None
    planned_last_for: date | None = None
    is_moved: bool = False
    cancelled_on: date | None = None
    held_on: date | None = None
    held: MeetingHeld | None = None
    written_on: date | None = None
    distributed_on: date | None = None


def meeting_things(case: Case) -> Iterator[Measured]:
    """A row for each meeting that was planned, placed by the day first planned; and one for each held, placed
    by that day, with the working days until its minutes were shared as its length.
    """
    for meeting_id, meeting in _meetings(case).items():
        if meeting.planned_for is not None:
            yield _planned(case, meeting_id, meeting, meeting.planned_for)
        if meeting.held is not None and meeting.held_on is not None:
            yield _held(case, meeting_id, meeting, meeting.held, meeting.held_on)


def _meetings(case: Case) -> dict[str, _Meeting]:
    meetings: dict[str, _Meeting] = {}
    for told in case.told(*MEETING_TYPES):
        fact = told.fact
        meeting_id = getattr(fact, "meeting_id", None)
        if meeting_id is None:
            continue
        meeting = meetings.setdefault(meeting_id, _Meeting())
        if isinstance(fact, MeetingScheduled):
            meeting.kind = fact.kind
            meeting.is_moved |= meeting.planned_last_for not in (None, fact.scheduled_for.day)
            meeting.planned_for = meeting.planned_for or fact.scheduled_for.day
            meeting.planned_last_for = fact.scheduled_for.day
            meeting.cancelled_on = None
        elif isinstance(fact, MeetingCancelled):
            meeting.cancelled_on = told.day
        elif isinstance(fact, MeetingHeld):
            meeting.kind, meeting.held_on, meeting.held = fact.kind, told.day, fact
        elif isinstance(fact, (StrategyDiscussionHeld, PreProceedingsMeetingHeld)):
            meeting.held_on = told.day
        elif isinstance(fact, MinutesWritten):
            meeting.written_on = told.day
        elif isinstance(fact, MinutesDistributed):
            meeting.distributed_on = told.day
    return meetings


def _planned(case: Case, meeting_id: str, meeting: _Meeting, planned_for: date) -> Measured:
    if meeting.held_on is not None:
        outcome, until = "held", meeting.held_on
    elif meeting.cancelled_on is not None:
        outcome, until = "cancelled", meeting.cancelled_on
    else:
        outcome, until = "awaited", None
    last = meeting.planned_last_for or planned_for
    worker, team = case.holders.on(until or case.day)
    return Measured(
        child=case.survivor[0],
        series="meetings_planned",
        thing=meeting_id,
        day=planned_for,
        since=planned_for,
        until=until,
        outcome=outcome,
        kind=meeting.kind,
        marks=marked([REARRANGED] if meeting.is_moved else []),
        late_from=last + timedelta(days=1),
        worker_id=worker,
        team_id=team,
    )


def _held(case: Case, meeting_id: str, meeting: _Meeting, held: MeetingHeld, held_on: date) -> Measured:
    if meeting.distributed_on is not None:
        outcome = "minutes_shared"
    else:
        outcome = "minutes_written" if meeting.written_on is not None else "no_minutes"
    marks = [] if held.quorate else [INQUORATE]
    if _number(held.agencies_attended) < _number(held.agencies_invited):
        marks.append(ABSENCES)
    worker, team = case.holders.on(held_on)
    return Measured(
        child=case.survivor[0],
        series="meetings",
        thing=meeting_id,
        day=held_on,
        since=held_on,
        until=meeting.distributed_on,
        outcome=outcome,
        kind=held.kind,
        marks=marked(marks),
        length=None
        if meeting.distributed_on is None
        else case.calendar.between(held_on, meeting.distributed_on),
        worker_id=worker,
        team_id=team,
    )


def _number(agencies: int | tuple[str, ...] | None) -> int:
    return len(agencies) if isinstance(agencies, tuple) else agencies or 0
