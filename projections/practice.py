"""What the clocks of an authority come to on a day: the figures that are watched."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.clock import Clock, Reading, SpanState, Status, read
from domain.working_days import WorkingDays
from projections.clock_rows import ClockRow

AGE_BOUNDS_WORKDAYS = (0, 5, 10, 15, 20, 30, 40, 45, 50, 60, 90, 120, 180)
"""Ages by which open clocks are counted, both ends of the bands of the Department for Education among them:
0, 10, 20, 30, 40, 45, 50 and 60 working days for assessments, 10, 15 and 20 for conferences.
"""

RESTARTED = frozenset(
    {
        "REOPENED_SAME_RECORD",
        "RESTARTED_ON_OPEN_REFERRAL",
        "CANCELLED_THEN_RESTARTED",
        "PRE_PROCEEDINGS_RESTARTED",
    }
)
"""Flags of clocks whose record was reopened, or followed by another."""

CONTINUED = "CONTINUATION_WITHIN_WINDOW"
"""The flag of clocks whose need ended, and went on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a clock stands at the end of a day, in what the figures tell apart; ages in working days.

    ``recorded`` is the age that the case system shows, 0 where it shows nothing; None, and ``hidden`` too,
    where the timescale has no record of its own.
    """

    timescale: str
    team_id: str | None
    status: Status
    state: SpanState
    is_over: bool
    is_met_in_time: bool
    is_restarted: bool
    is_continued: bool
    elapsed: int
    recorded: int | None
    hidden: int | None


def standing(row: ClockRow, day: date, calendar: WorkingDays) -> Standing:
    """How a clock stands at the end of ``day``."""
    clock = row.clock
    reading: Reading = read(clock, day, calendar)
    named = alike(clock)
    recorded = reading.recorded.working_days if reading.recorded is not None else 0
    return Standing(
        timescale=clock.timescale.id,
        team_id=row.team_id,
        status=clock.status,
        state=clock.stretches[-1].state,
        is_over=reading.is_over,
        is_met_in_time=clock.is_met_in_time,
        is_restarted="restarted" in named,
        is_continued="continued" in named,
        elapsed=reading.elapsed.working_days,
        recorded=recorded if clock.has_records else None,
        hidden=reading.hidden.working_days if reading.hidden is not None else None,
    )


def alike(clock: Clock) -> list[str]:
    """In which of the figures that count open clocks this one is, beside all that are open."""
    codes = {flag.code for flag in clock.flags}
    state = clock.stretches[-1].state
    found: list[str] = [state] if state in ("waiting", "paused") else []
    if not codes.isdisjoint(RESTARTED):
        found.append("restarted")
    if CONTINUED in codes:
        found.append("continued")
    return found


@dataclass(slots=True)
class Ages:
    """How many clocks are of which age, and their ages in all; ``counts`` has one more than the bounds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(AGE_BOUNDS_WORKDAYS) + 1))
    total: int = 0

    @property
    def counted(self) -> int:
        """How many clocks there are of any age."""
        return sum(self.counts)

    def add(self, age: int, count: int) -> None:
        self.counts[bisect_left(AGE_BOUNDS_WORKDAYS, age)] += count
        self.total += age * count


@dataclass(slots=True)
class OfTimescale:
    """What the clocks of one timescale come to. All but ``ended`` and ``stopped`` count the open ones."""

    open_by_team: Counter[str | None] = field(default_factory=Counter)
    over_by_team: Counter[str | None] = field(default_factory=Counter)
    waiting: int = 0
    paused: int = 0
    restarted: int = 0
    continued: int = 0
    ended: int = 0
    ended_over: int = 0
    stopped_in_time: int = 0
    stopped_late: int = 0
    has_records: bool = False
    true_ages: Ages = field(default_factory=Ages)
    recorded_ages: Ages = field(default_factory=Ages)
    hidden: int = 0
    longest_hidden: int = 0
    """The most working days that the record of an open clock hides."""

    def add(self, one: Standing, count: int) -> None:
        if one.status == "open":
            self._add_open(one, count)
        elif one.status == "ended_without_completion":
            self.ended += count
            self.ended_over += count * one.is_over
        elif one.is_met_in_time:
            self.stopped_in_time += count
        else:
            self.stopped_late += count

    def _add_open(self, one: Standing, count: int) -> None:
        self.open_by_team[one.team_id] += count
        self.over_by_team[one.team_id] += count * one.is_over
        self.waiting += count * (one.state == "waiting")
        self.paused += count * (one.state == "paused")
        self.restarted += count * one.is_restarted
        self.continued += count * one.is_continued
        self.true_ages.add(one.elapsed, count)
        if one.recorded is not None and one.hidden is not None:
            self.has_records = True
            self.recorded_ages.add(one.recorded, count)
            self.hidden += one.hidden * count
            self.longest_hidden = max(self.longest_hidden, one.hidden)


class Practice:
    """The figures of an authority on a day, counted clock by clock."""

    def __init__(self) -> None:
        self._by_timescale: dict[str, OfTimescale] = {}

    def add(self, one: Standing, count: int = 1) -> None:
        """Count clocks that stand alike."""
        of = self._by_timescale.get(one.timescale)
        if of is None:
            of = self._by_timescale[one.timescale] = OfTimescale()
        of.add(one, count)

    @property
    def by_timescale(self) -> Mapping[str, OfTimescale]:
        return self._by_timescale
