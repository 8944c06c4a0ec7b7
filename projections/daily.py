"""The practice figures of every day of a range, reckoned in one pass over what each child's clocks were.

Counting afresh for each day would cost as many steps as there are days and clocks. Here a clock that stood
alike from one day to another adds two steps to each figure it is in: where it comes in, and where it leaves.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar

from domain.working_days import WorkingDays
from projections.clock_rows import ClockRow
from projections.practice import AGE_BOUNDS_WORKDAYS, Ages, OfTimescale, alike

Key = TypeVar("Key")

Steps = dict[int, int]
"""By how much a figure changes on which day of the range."""


@dataclass(slots=True)
class _AgesOverTime:
    """How many open clocks there are, by the number of the day from which the age of each grows, and by age
    those whose age stays the same.
    """

    growing: defaultdict[int, Steps] = field(default_factory=lambda: defaultdict(dict))
    constant: defaultdict[int, Steps] = field(default_factory=lambda: defaultdict(dict))


@dataclass(slots=True)
class _TimescaleOverTime:
    counts: defaultdict[str, Steps] = field(default_factory=lambda: defaultdict(dict))
    open_by_team: defaultdict[str | None, Steps] = field(default_factory=lambda: defaultdict(dict))
    over_by_team: defaultdict[str | None, Steps] = field(default_factory=lambda: defaultdict(dict))
    true_ages: _AgesOverTime = field(default_factory=_AgesOverTime)
    recorded_ages: _AgesOverTime = field(default_factory=_AgesOverTime)
    hidden_alike: defaultdict[int, Steps] = field(default_factory=lambda: defaultdict(dict))
    """Clocks whose hidden days stay the same while the record runs, by how many they are."""
    hidden_since: defaultdict[int, Steps] = field(default_factory=lambda: defaultdict(dict))
    """Clocks whose hidden days grow, by the number of the day from which they do."""
    has_records: bool = False


class Daily:
    """The practice figures from ``first`` to ``last``, both included.

    Clocks are added in any order, each for the days from which until which it stood as its row says.
    """

    def __init__(self, first: date, last: date, calendar: WorkingDays) -> None:
        self._first = first
        self._last = last
        self._calendar = calendar
        self._days = (last - first).days + 1
        # Working days are numbered from the first day of the range; before it, downwards.
        self._number_of = [calendar.between(first, first + timedelta(days=n)) for n in range(self._days)]
        self._timescales: dict[str, _TimescaleOverTime] = {}

    def add(self, row: ClockRow, since: date, until: date | None) -> None:
        """Count a clock on the days from ``since`` on, before ``until`` (None: for good)."""
        start = max((since - self._first).days, 0)
        end = self._days if until is None else min((until - self._first).days, self._days)
        if start >= end:
            return
        of = self._timescales.get(row.clock.timescale.id)
        if of is None:
            of = self._timescales[row.clock.timescale.id] = _TimescaleOverTime()
        if row.clock.status == "open":
            self._add_open(of, row, start, end)
        else:
            self._add_over(of, row, start, end)

    def merge(self, other: "Daily") -> None:
        """Add what another counted over the same range."""
        for timescale, theirs in other._timescales.items():
            ours = self._timescales.setdefault(timescale, _TimescaleOverTime())
            ours.has_records |= theirs.has_records
            _merge_all(ours.counts, theirs.counts)
            _merge_all(ours.open_by_team, theirs.open_by_team)
            _merge_all(ours.over_by_team, theirs.over_by_team)
            _merge_all(ours.hidden_alike, theirs.hidden_alike)
            _merge_all(ours.hidden_since, theirs.hidden_since)
            for mine, other_ages in (
                (ours.true_ages, theirs.true_ages),
                (ours.recorded_ages, theirs.recorded_ages),
            ):
                _merge_all(mine.growing, other_ages.growing)
                _merge_all(mine.constant, other_ages.constant)

    def days(self) -> Iterator[tuple[date, dict[str, OfTimescale]]]:
        """Each day in order, with the figures of each timescale that has had a clock by then."""
        running = {timescale: _Running(of) for timescale, of in sorted(self._timescales.items())}
        for place in range(self._days):
            number = self._number_of[place]
            figures = {timescale: one.on(place, number) for timescale, one in running.items()}
            yield (
                self._first + timedelta(days=place),
                {timescale: of for timescale, of in figures.items() if of is not None},
            )

    def _add_over(self, of: _TimescaleOverTime, row: ClockRow, start: int, end: int) -> None:
        clock = row.clock
        if clock.status == "ended_without_completion":
            _step(of.counts["ended"], start, end)
            if clock.stopped_on is not None and clock.stopped_on > clock.in_time_until:
                _step(of.counts["ended_over"], start, end)
        else:
            _step(of.counts["stopped_in_time" if clock.is_met_in_time else "stopped_late"], start, end)

    def _add_open(self, of: _TimescaleOverTime, row: ClockRow, start: int, end: int) -> None:
        clock = row.clock
        _step(of.open_by_team[row.team_id], start, end)
        over_from = max((clock.in_time_until - self._first).days + 1, start)
        if over_from < end:
            _step(of.over_by_team[row.team_id], over_from, end)
        for name in alike(clock):
            _step(of.counts[name], start, end)
        began = self._number(clock.started_on)
        _step(of.true_ages.growing[began], start, end)
        if not clock.has_records:
            return
        of.has_records = True
        shown, since = self._shown(row)
        if since is None:
            _step(of.recorded_ages.constant[shown], start, end)
            _step(of.hidden_since[began + shown], start, end)
        else:
            # As if the record had begun when its days so far say.
            as_if_began = since - shown
            _step(of.recorded_ages.growing[as_if_began], start, end)
            _step(of.hidden_alike[as_if_began - began], start, end)

    def _shown(self, row: ClockRow) -> tuple[int, int | None]:
        """The recorded working days that are over, and the number of the day from which more are counted."""
        total = 0
        running = None
        for since, until in row.clock.on_record.intervals if row.clock.on_record else ():
            if until is None:
                running = self._number(since)
            else:
                total += self._calendar.between(since, until)
        return total, running

    def _number(self, day: date) -> int:
        if day < self._first:
            return -self._calendar.between(day, self._first)
        if day <= self._last:
            return self._number_of[(day - self._first).days]
        return self._calendar.between(self._first, day)


def _step(steps: Steps, start: int, end: int, by: int = 1) -> None:
    steps[start] = steps.get(start, 0) + by
    steps[end] = steps.get(end, 0) - by


def _merge(steps: Steps, more: Steps) -> None:
    for place, by in more.items():
        steps[place] = steps.get(place, 0) + by


def _merge_all(ours: defaultdict, theirs: defaultdict) -> None:  # type: ignore[type-arg]
    for key, steps in theirs.items():
        _merge(ours[key], steps)


class _RunningAges:
    """The ages of open clocks as the days go by: how many come under each bound, and their sum.

    An age is the working days from a start, so the sum is the number of the day for each that grows, less the
    numbers of the starts.
    """

    def __init__(self, over_time: _AgesOverTime) -> None:
        self._growing = _by_place(over_time.growing)
        self._constant = _by_place(over_time.constant)
        self._since: Counter[int] = Counter()
        self._number = 0
        self._up_to = [0] * len(AGE_BOUNDS_WORKDAYS)
        self._clocks = self._that_grow = self._less = 0

    def on(self, place: int, number: int) -> Ages:
        if not self._clocks and place not in self._growing and place not in self._constant:
            self._number = number
            return Ages()
        while self._number < number:
            self._number += 1
            for bound, age in enumerate(AGE_BOUNDS_WORKDAYS):
                self._up_to[bound] -= self._since.get(self._number - age - 1, 0)
        for began, by in self._growing.get(place, ()):
            self._since[began] += by
            self._that_grow += by
            self._less += began * by
            self._count(number - began, by)
        for age, by in self._constant.get(place, ()):
            self._less -= age * by
            self._count(age, by)
        counts = [self._up_to[0]]
        counts += [here - below for below, here in pairwise(self._up_to)]
        counts.append(self._clocks - self._up_to[-1])
        return Ages(counts, self._that_grow * number - self._less)

    def _count(self, age: int, by: int) -> None:
        self._clocks += by
        for bound in range(bisect_left(AGE_BOUNDS_WORKDAYS, age), len(self._up_to)):
            self._up_to[bound] += by


class _Running:
    """One timescale's figures as the days go by."""

    def __init__(self, over_time: _TimescaleOverTime) -> None:
        self._over_time = over_time
        self._counts: Counter[str] = Counter()
        self._counted = _by_place(over_time.counts)
        self._open: Counter[str | None] = Counter()
        self._over: Counter[str | None] = Counter()
        self._opened = _by_place(over_time.open_by_team)
        self._overran = _by_place(over_time.over_by_team)
        self._true = _RunningAges(over_time.true_ages)
        self._recorded = _RunningAges(over_time.recorded_ages)
        self._alike = _by_place(over_time.hidden_alike)
        self._since = _by_place(over_time.hidden_since)
        self._hiding: Counter[int] = Counter()
        self._growing: Counter[int] = Counter()
        self._was_seen = False

    def on(self, place: int, number: int) -> OfTimescale | None:
        for name, by in self._counted.get(place, ()):
            self._counts[name] += by
        _follow(self._open, self._opened.get(place, ()))
        _follow(self._over, self._overran.get(place, ()))
        _follow(self._hiding, self._alike.get(place, ()))
        _follow(self._growing, self._since.get(place, ()))
        true_ages = self._true.on(place, number)
        recorded_ages = self._recorded.on(place, number)
        self._was_seen = self._was_seen or bool(self._open or any(self._counts.values()))
        if not self._was_seen:
            return None
        longest_growing = number - min(self._growing) if self._growing else 0
        return OfTimescale(
            open_by_team=Counter(self._open),
            # Of a team that has clocks at all it is told that none is over.
            over_by_team=Counter({team: self._over[team] for team in self._open}),
            **{name: self._counts[name] for name in _COUNTED},
            has_records=self._over_time.has_records and recorded_ages.counted > 0,
            true_ages=true_ages,
            recorded_ages=recorded_ages,
            hidden=true_ages.total - recorded_ages.total if recorded_ages.counted else 0,
            longest_hidden=max(max(self._hiding, default=0), longest_growing, 0),
        )


_COUNTED = (
    "waiting", "paused", "restarted", "continued", "ended", "ended_over", "stopped_in_time", "stopped_late",
)  # fmt: skip


def _follow(counted: Counter[Key], changes: Iterable[tuple[Key, int]]) -> None:
    """Change what is counted; what comes to nothing goes."""
    for key, by in changes:
        counted[key] += by
        if not counted[key]:
            del counted[key]


def _by_place(over_time: Mapping[Key, Steps]) -> dict[int, list[tuple[Key, int]]]:
    changes: dict[int, list[tuple[Key, int]]] = {}
    for value, steps in over_time.items():
        for place, by in steps.items():
            if by:
                changes.setdefault(place, []).append((value, by))
    return changes
