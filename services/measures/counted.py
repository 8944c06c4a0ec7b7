"""Measures counted: for today from the views, for any other question from the rows of every child."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from domain.working_days import WorkingDays
from infra.views.measured import By, Only, alike
from infra.views.tables import MEASURED
from infra.views.views import Views
from projections.measure import Measure
from projections.measured.row import Measured
from projections.measuring import Tally, is_placed
from services.measures.asked import Wanted


@dataclass(slots=True)
class Counted:
    """A measure with its tally, and those of its parts where it was asked for by something."""

    measure: Measure
    whole: Tally = field(default_factory=Tally)
    parts: dict[str | None, Tally] = field(default_factory=dict)

    def take(self, other: "Counted") -> None:
        """Add what was counted elsewhere of the same measure."""
        self.whole.take(other.whole)
        for part, tally in other.parts.items():
            self.parts.setdefault(part, Tally()).take(tally)


def from_views(views: Views, measures: Iterable[Measure], wanted: Wanted) -> list[Counted]:
    """Count measures in the views, which were made for the day asked about."""
    found = []
    with views.reading() as connection:
        for measure in measures:
            counted = Counted(measure)
            groups = alike(connection, MEASURED, measure, wanted.period, wanted.day, wanted.only, wanted.by)
            for part, row, number in groups:
                counted.whole.add(row, measure, wanted.day, views.calendar, number)
                if wanted.by is not None:
                    tally = counted.parts.setdefault(part, Tally())
                    tally.add(row, measure, wanted.day, views.calendar, number)
            found.append(counted)
    return found


def from_rows(
    rows: Iterable[Measured], measures: Sequence[Measure], wanted: Wanted, calendar: WorkingDays
) -> list[Counted]:
    """Count the same in rows made for the question."""
    found = [Counted(measure) for measure in measures]
    by_series: dict[str, list[Counted]] = {}
    for counted in found:
        by_series.setdefault(counted.measure.series, []).append(counted)
    for row in rows:
        for counted in by_series.get(row.series, ()):
            measure = counted.measure
            if not is_placed(row, measure, wanted.period, wanted.day) or not is_wanted(row, wanted.only):
                continue
            counted.whole.add(row, measure, wanted.day, calendar)
            if wanted.by is not None:
                part = part_of(row, wanted.by)
                counted.parts.setdefault(part, Tally()).add(row, measure, wanted.day, calendar)
    return found


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
    """The parts by name, that without a name last."""
    yield from sorted(counted.parts.items(), key=lambda part: (part[0] is None, part[0] or ""))
