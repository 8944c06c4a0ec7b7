"""The projection that everything is measured from: a row for each thing that counts."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from projections.measured.audits import audit_things
from projections.measured.clocks import clock_things
from projections.measured.holding import holding_things
from projections.measured.meetings import meeting_things
from projections.measured.plans import plan_things
from projections.measured.protection import protection_things
from projections.measured.recording import recording_things
from projections.measured.referrals import drift_things, referral_things
from projections.measured.row import Measured
from projections.measured.visits import household_things, visit_things
from projections.projection import Case, Projection

_THINGS: tuple[Callable[[Case], Iterator[Measured]], ...] = (
    clock_things, referral_things, drift_things, protection_things, plan_things, visit_things,
    household_things, meeting_things, audit_things, holding_things, recording_things,
)  # fmt: skip


def rows(case: Case) -> list[Measured]:
    """Every thing of a child that measures count. The second life of a thing is told apart by its number."""
    found: list[Measured] = []
    lives: dict[tuple[str, str], int] = {}
    for things in _THINGS:
        for row in things(case):
            key = (row.series, row.thing)
            life = lives[key] = lives.get(key, 0) + 1
            found.append(row if life == 1 else replace(row, thing=f"{row.thing}:{life}"))
    return found


measured_rows: Projection[Measured] = Projection(name="measured", version=1, row=Measured, rows=rows)
