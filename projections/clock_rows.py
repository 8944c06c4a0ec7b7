"""Rows for lists of clocks: dates only, so that they can be read on any day."""

from domain.clock import Clock
from domain.numerous import numerous
from domain.people import is_worker
from projections.hands import Holders, worker_in_post
from projections.projection import Case, Projection


@numerous(frozen=True, slots=True)
class ClockRow:
    """A clock of a child, with the worker and team that held the case when it stopped, or hold it now; of a
    worker, with that worker and the team.
    """

    child: str
    clock: Clock
    worker_id: str | None
    team_id: str | None


def rows(case: Case) -> list[ClockRow]:
    """One row for each clock of a child, as at the day asked about."""
    held_by, day, figures = holders_of_clocks(case), case.day, case.figures
    return [ClockRow(figures.child, clock, *held_by.on(clock.stopped_on or day)) for clock in figures.clocks]


def holders_of_clocks(case: Case) -> Holders:
    """Who held the case; of a worker's own clocks, that worker."""
    return worker_in_post(case.child, case.facts) if is_worker(case.child) else case.holders


clock_rows: Projection[ClockRow] = Projection(name="clocks", version=4, row=ClockRow, rows=rows)
