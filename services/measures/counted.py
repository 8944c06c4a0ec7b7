"""Measures counted: for today from the views, for any other question from the rows of every child."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from domain.working_days import WorkingDays
from infra.views.measured import By, Lengths, Only, summed
from infra.views.tables import MEASURED
from infra.views.views import Views
from projections.measure import Measure
from projections.measured.row import Measured
from projections.measuring import Countable, Tally, is_placed, span
from services.measures.across import ACROSS
from services.measures.asked import Wanted


@dataclass(slots=True)
class Counted:
    """A measure with its tally, and those of its parts where it was asked for by something."""

    measure: Measure
    whole: Tally = field(default_factory=Tally)
    parts: dict[str | None, Tally] = field(default_factory=dict)

    def add(
        self, row: Countable, number: int, part: str | None, wanted: Wanted, calendar: WorkingDays
    ) -> None:
        """Count a row that is placed in the period, or so many like it; it is of a part, if any are told."""
        self.whole.add(row, self.measure, wanted.day, calendar, number)
        if wanted.by is not None:
            self.parts.setdefault(part, Tally()).add(row, self.measure, wanted.day, calendar, number)

    def take(self, other: "Counted") -> None:
        """Add what was counted elsewhere of the same measure."""
        self.whole.take(other.whole)
        for part, tally in other.parts.items():
            self.parts.setdefault(part, Tally()).take(tally)


def from_views(views: Views, measures: Sequence[Measure], wanted: Wanted) -> list[Counted]:
    """Count measures in the views, which were made for the day asked about."""
    found = []
    with views.reading() as connection:
        for measure in measures:
            counted = Counted(measure)
            across = ACROSS.get(measure.series)
            make = None if across is None else across.counted or across.from_views
            if make is not None:
                count_rows(make(connection, wanted), [counted], wanted, views.calendar)
            else:
                _count_sums(connection, counted, wanted, views.calendar)
            found.append(counted)
    return found


def _count_sums(connection: Connection, counted: Counted, wanted: Wanted, calendar: WorkingDays) -> None:
    measure = counted.measure
    for is_recorded in (False, True) if measure.recorded_among is not None else (False,):
        groups = summed(
            connection, MEASURED, measure, wanted.period, wanted.day, wanted.only, wanted.by,
            is_recorded=is_recorded,
        )  # fmt: skip
        for part, lengths, number, of_these in groups:
            length = _length(lengths, measure, wanted, calendar)
            if measure.of_these_lengths is not None:
                is_of = length is not None and measure.of_these_lengths.holds(length)
                of_these = number if is_of else 0
            tallies = [counted.whole]
            if wanted.by is not None:
                tallies.append(counted.parts.setdefault(part, Tally()))
            for tally in tallies:
                (tally.recorded if is_recorded else tally.true).add_many(number, of_these, length)


def _length(lengths: Lengths, measure: Measure, wanted: Wanted, calendar: WorkingDays) -> int | None:
    if lengths.since is None:
        return lengths.length
    return span(measure.unit, lengths.since, lengths.until or wanted.day, calendar)


def count_rows(
    rows: Iterable[tuple[Measured, int]], found: Sequence[Counted], wanted: Wanted, calendar: WorkingDays
) -> None:
    """Count rows made for the question, each with how many cases it stands for, where they belong."""
    of_series = by_series(found)
    for row, number in rows:
        for counted in of_series.get(row.series, ()):
            if is_counted(row, counted.measure, wanted):
                counts(counted, row, number, wanted, calendar)


def by_series(found: Sequence[Counted]) -> dict[str, list[Counted]]:
    of_series: dict[str, list[Counted]] = {}
    for counted in found:
        of_series.setdefault(counted.measure.series, []).append(counted)
    return of_series


def is_counted(row: Measured, measure: Measure, wanted: Wanted) -> bool:
    """Whether a row of a measure's series is placed in the period, and wanted."""
    return is_placed(row, measure, wanted.period, wanted.day) and is_wanted(row, wanted.only)


def counts(counted: Counted, row: Measured, number: int, wanted: Wanted, calendar: WorkingDays) -> None:
    part = part_of(row, wanted.by) if wanted.by else None
    counted.add(row, number, part, wanted, calendar)


def is_wanted(row: Measured, only: Only) -> bool:
    return (
        only.team_id in (None, row.team_id)
        and only.worker_id in (None, row.worker_id)
        and only.kind in (None, row.kind)
    )


def part_of(row: Measured, by: By) -> str | None:
    if by == "kind":
        return row.kind
    return row.team_id if by == "team" else row.worker_id


def parts_in_order(counted: Counted) -> Iterator[tuple[str | None, Tally]]:
    """The parts in which anything counts by name, that without a name last."""
    told = [(part, tally) for part, tally in counted.parts.items() if not tally.is_empty]
    yield from sorted(told, key=lambda part: (part[0] is None, part[0] or ""))
