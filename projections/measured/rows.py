"""The projection that everything is measured from: a row for each thing that counts."""

from collections.abc import Callable, Collection, Iterator, Sequence
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

_MAKERS: tuple[tuple[Callable[[Case], Iterator[Measured]], frozenset[str]], ...] = (
    (referral_things, frozenset({"referrals"})),
    (drift_things, frozenset({"drift"})),
    (protection_things, frozenset({"strategy_discussions", "enquiries", "initial_conferences"})),
    (plan_things, frozenset({"plans", "plans_reviewed", "last_seen"})),
    (visit_things, frozenset({"visits"})),
    (household_things, frozenset({"households"})),
    (meeting_things, frozenset({"meetings_planned", "meetings"})),
    (audit_things, frozenset({"actions", "audits"})),
    (holding_things, frozenset({"held", "worker_changes", "unallocated"})),
    (recording_things, frozenset({"discrepancies", "late_facts"})),
)
"""What makes the rows of which series; those of clocks are all others."""

_NOT_CLOCKS = frozenset(name for _, series in _MAKERS for name in series)


def rows(case: Case) -> list[Measured]:
    """Every thing of a child that measures count. The second life of a thing is told apart by its number."""
    return _told_apart([clock_things, *(maker for maker, _ in _MAKERS)], case)


def rows_of(case: Case, series: Collection[str]) -> list[Measured]:
    """Those of some series, without reckoning what they do not need."""
    makers = [maker for maker, made in _MAKERS if not made.isdisjoint(series)]
    if not _NOT_CLOCKS.issuperset(series):
        makers.insert(0, clock_things)
    return [row for row in _told_apart(makers, case) if row.series in series]


def _told_apart(makers: Sequence[Callable[[Case], Iterator[Measured]]], case: Case) -> list[Measured]:
    found: list[Measured] = []
    lives: dict[tuple[str, str], int] = {}
    for things in makers:
        for row in things(case):
            key = (row.series, row.thing)
            life = lives[key] = lives.get(key, 0) + 1
            found.append(row if life == 1 else replace(row, thing=f"{row.thing}:{life}"))
    return found


measured_rows: Projection[Measured] = Projection(name="measured", version=1, row=Measured, rows=rows)
