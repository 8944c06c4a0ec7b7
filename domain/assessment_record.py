"""What the case system shows of a need, and what its records were like day by day."""

from collections.abc import Sequence
from datetime import date

from domain.assessment_life import UNDER_WAY, AssessmentLife, State, Turn
from domain.clock import Interval, OnRecord, SpanState, Stretch
from domain.need import Need

_FOR_EVER = date.max


def on_record(need: Need, as_shown: Sequence[AssessmentLife]) -> OnRecord | None:
    """The time shown for a need: that of the record started or reopened last, as the case system has it now.

    ``as_shown`` are the lives of all records with every correction applied, those held back from the clock
    too. Records cancelled, deleted or vanished by the need's end are not shown, nor is anything after it.
    """
    end = need.ended_on or _FOR_EVER
    shown_by_start = {life.start.reference: life for life in as_shown}
    candidates = [
        (opening, life)
        for record in need.records
        if (life := shown_by_start.get(record.start.reference)) is not None
        and (opening := _last_opening(life, end)) is not None
        and _is_shown(life, end)
    ]
    if not candidates:
        return None
    opening, life = max(candidates, key=lambda pair: pair[0].place)
    since = min(max(opening.day, need.started_on), end)
    later = [turn for turn in life.turns if turn.place > opening.place and turn.day <= end]
    intervals: list[Interval] = []
    open_since: date | None = since
    until = need.ended_on
    for turn in later:
        day = max(turn.day, since)
        if open_since is not None and turn.state is not State.OPEN:
            intervals.append((open_since, day))
            open_since = None
        if turn.state not in UNDER_WAY:
            until = day
            break
        if turn.state is State.OPEN:
            open_since = day
    if open_since is not None:
        intervals.append((open_since, need.ended_on))
    return OnRecord(life.id, since, until, tuple(intervals))


def _last_opening(life: AssessmentLife, end: date) -> Turn | None:
    openings = [life.turns[0], *life.reopenings]
    return next((turn for turn in reversed(openings) if turn.day <= end), None)


def _is_shown(life: AssessmentLife, end: date) -> bool:
    turns = [turn for turn in life.turns if turn.day <= end]
    is_gone = any(since <= end and (until is None or until > end) for since, until in life.gone)
    return bool(turns) and turns[-1].state is not State.CANCELLED and not is_gone


def stretches(need: Need) -> tuple[Stretch, ...]:
    """What the records on a need were like, end to end from its start to its end, or on."""
    end = need.ended_on or _FOR_EVER
    days = {need.started_on}
    for record in need.records:
        days.update(turn.day for turn in record.turns)
        days.update(day for gap in record.gone for day in gap if day is not None)
    edges = sorted(day for day in days if need.started_on <= day < end) or [need.started_on]
    last_place = need.end_place
    found = []
    for since, until in zip(edges, [*edges[1:], need.ended_on], strict=True):
        state, name = _standing(need, since, last_place)
        found.append(Stretch(state, name, since, until))
    return tuple(found)


def _standing(need: Need, day: date, last_place: int | None) -> tuple[SpanState, str | None]:
    had_any = False
    by_state: dict[State, AssessmentLife] = {}
    for record in need.records:
        state = None
        for turn in record.turns:
            if turn.day > day or (last_place is not None and turn.place > last_place):
                break
            state = turn.state
        if state is None:
            continue
        had_any = True
        if not any(since <= day and (until is None or day < until) for since, until in record.gone):
            by_state[state] = record
    if State.OPEN in by_state:
        return "open", by_state[State.OPEN].id
    if State.PAUSED in by_state:
        return "paused", by_state[State.PAUSED].id
    return ("closed" if had_any else "waiting"), None
