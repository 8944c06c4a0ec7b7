"""A clock: dates, never a verdict; and its reading on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from domain.field import FactReference
from domain.flag import Flag
from domain.numerous import numerous
from domain.timescale import Timescale
from domain.working_days import WorkingDays, calendar_days

Status = Literal["open", "stopped", "ended_without_completion"]
SpanState = Literal["waiting", "open", "paused", "closed"]
Interval = tuple[date, date | None]
"""From a day to a day, or still going on."""


@numerous(frozen=True, slots=True)
class Stretch:
    """What the records on a clock were like from one day to another, or still are."""

    state: SpanState
    record: str | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The time that the case system shows for a need: one record's, from ``since`` to ``until``, pauses left
    out.
    """

    record: str
    since: date
    until: date | None
    intervals: tuple[Interval, ...]


@numerous(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock of a child. ``stopped_on`` is the day it stopped or ended, None while it runs.

    ``in_time_until`` is the last day in time: ``due_on``, or the last of the days without work after it.
    ``begun_by`` is the kind and id of the thing that started it.
    ``on_record`` is None with no record to show; ``has_records`` is False for timescales that have no record
    of their own. ``concerns`` are the things, by kind and id, whose facts are on the clock.
    """

    id: str
    timescale: Timescale
    subject: str
    status: Status
    started_on: date
    stopped_on: date | None
    due_on: date
    in_time_until: date
    begun_by: tuple[str, str]
    on_record: OnRecord | None
    has_records: bool
    stretches: tuple[Stretch, ...]
    flags: tuple[Flag, ...]
    because: tuple[FactReference, ...]
    concerns: frozenset[tuple[str, str]]

    @property
    def is_met_in_time(self) -> bool:
        """Whether the need was really met within its limit: an end, or a completion after one, never counts
        so.
        """
        return (
            self.status == "stopped"
            and self.stopped_on is not None
            and self.stopped_on <= self.in_time_until
            and not (self.flags and any(flag.code == "COMPLETED_AFTER_CLOSING" for flag in self.flags))
        )


def as_it_ran(clock: Clock) -> Clock:
    """A clock without records as it was before it stopped or ended.

    Written out, for this is done for every clock of the past, and `replace` takes nearly twice as long.
    """
    (only,) = clock.stretches
    return Clock(
        id=clock.id,
        timescale=clock.timescale,
        subject=clock.subject,
        status="open",
        started_on=clock.started_on,
        stopped_on=None,
        due_on=clock.due_on,
        in_time_until=clock.in_time_until,
        begun_by=clock.begun_by,
        on_record=None,
        has_records=False,
        stretches=(Stretch(only.state, only.record, only.since, None),),
        flags=clock.flags,
        because=clock.because,
        concerns=clock.concerns,
    )


@dataclass(frozen=True, slots=True)
class Days:
    """The same length of time twice."""

    working_days: int
    calendar_days: int

    def __sub__(self, other: "Days") -> "Days":
        return Days(self.working_days - other.working_days, self.calendar_days - other.calendar_days)


NO_DAYS = Days(0, 0)


@dataclass(frozen=True, slots=True)
class Span:
    state: SpanState
    record: str | None
    since: date
    until: date
    days: Days
    shown: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock read at the end of a day. ``recorded`` and ``hidden`` are None where the timescale has no
    records.
    """

    clock: Clock
    read_on: date
    elapsed: Days
    recorded: Days | None
    hidden: Days | None
    over_by: Days
    spans: tuple[Span, ...]
    flags: tuple[Flag, ...]

    @property
    def is_over(self) -> bool:
        return self.over_by.calendar_days > 0


def days_between(start: date, end: date, calendar: WorkingDays) -> Days:
    """The days from ``start``, day zero, to ``end``."""
    return Days(calendar.between(start, end), calendar_days(start, end))


def read(clock: Clock, day: date, calendar: WorkingDays) -> Reading:
    """Read a clock at the end of ``day``; a stopped one reads as when it stopped."""
    end = clock.stopped_on or day
    elapsed = days_between(clock.started_on, end, calendar)
    over_by = days_between(clock.due_on, end, calendar) if end > clock.in_time_until else NO_DAYS
    spans = tuple(_spans(clock, end, calendar))
    recorded = hidden = None
    if clock.has_records:
        hidden = elapsed
        if clock.on_record is not None:
            recorded = _total(span.days for span in spans if span.shown)
            hidden = elapsed - recorded
    flags = clock.flags
    if clock.status == "open" and over_by.calendar_days > 0:
        late = Flag("OPEN_PAST_LIMIT", None, clock.because[:1])
        flags = tuple(sorted([*flags, late], key=lambda flag: flag.code))
    return Reading(clock, day, elapsed, recorded, hidden, over_by, spans, flags)


def _total(all_days: Iterable[Days]) -> Days:
    working = calendar = 0
    for days in all_days:
        working += days.working_days
        calendar += days.calendar_days
    return Days(working, calendar)


def _spans(clock: Clock, end: date, calendar: WorkingDays) -> list[Span]:
    shown = clock.on_record.intervals if clock.on_record else ()
    edges = {day for interval in shown for day in (interval[0], interval[1] or end)}
    pieces: list[tuple[SpanState, str | None, date, date, bool]] = []
    for stretch in clock.stretches:
        since, until = stretch.since, min(stretch.until or end, end)
        cuts = [since, *sorted(day for day in edges if since < day < until), until]
        for piece_since, piece_until in pairwise(cuts):
            if piece_until > piece_since:
                is_shown = _covers(shown, piece_since, piece_until, end)
                pieces.append((stretch.state, stretch.record, piece_since, piece_until, is_shown))
    if not pieces:
        last = clock.stretches[-1]
        return [Span(last.state, last.record, clock.started_on, end, NO_DAYS, clock.on_record is not None)]
    joined = [pieces[0]]
    for piece in pieces[1:]:
        before = joined[-1]
        if (before[0], before[1], before[4]) == (piece[0], piece[1], piece[4]):
            joined[-1] = (*before[:3], piece[3], before[4])
        else:
            joined.append(piece)
    return [Span(s, r, a, b, days_between(a, b, calendar), is_shown) for s, r, a, b, is_shown in joined]


def _covers(intervals: Sequence[Interval], since: date, until: date, end: date) -> bool:
    return any(a <= since and until <= (b or end) for a, b in intervals)
