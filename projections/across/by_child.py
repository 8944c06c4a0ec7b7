"""Children counted once, however much of a kind happened to each."""

from collections.abc import Iterable, Iterator
from datetime import date

from domain.months import months_completed
from domain.working_days import calendar_days
from projections.measure import Period
from projections.measured.referrals import STEPPED_UP
from projections.measured.row import Measured

REFERRED, LONGEST_GAPS = "referred_children", "longest_visit_gaps"
PLACEMENTS_OF, SAME_PLACEMENT = "placements_by_child", "same_placement"
ALL = (REFERRED, LONGEST_GAPS, PLACEMENTS_OF, SAME_PLACEMENT)
IN_CARE_MONTHS = 30
"""A placement counts as long-term for children who have been in care for two and a half years."""


def referred_children(referrals: Iterable[Measured], period: Period) -> Iterator[Measured]:
    """A row for each child referred in a period, of its last referral; marked as a re-referral if any was.
    A step up is no referral.
    """
    of_child: dict[str, list[Measured]] = {}
    for row in referrals:
        if period.first <= row.day <= period.last and f"|{STEPPED_UP}|" not in row.marks:
            of_child.setdefault(row.child, []).append(row)
    for child, found in of_child.items():
        last = max(found, key=lambda row: (row.day, row.thing))
        marks = max((row.marks for row in found), key=lambda marks: ("|RE_REFERRAL|" in marks, marks))
        yield _row(child, REFERRED, child, last.day, last.day, "referred", last, marks=marks)


def longest_gaps(gaps: Iterable[Measured], day: date) -> Iterator[Measured]:
    """A row for each plan that runs, from the beginning of its longest gap between visits, in calendar days;
    the gap that runs counts up to ``day``.
    """
    longest: dict[tuple[str, str], tuple[int, Measured]] = {}
    for row in gaps:
        plan = (row.child, row.thing.removesuffix(":running"))
        length = row.length if row.length is not None else max(calendar_days(row.since, day), 0)
        if plan not in longest or length > longest[plan][0]:
            longest[plan] = length, row
    for (child, plan_id), (length, row) in longest.items():
        yield _row(child, LONGEST_GAPS, plan_id, row.since, None, row.outcome, row, length=length)


def placements_by_child(spells: Iterable[Measured], period: Period, day: date) -> Iterator[Measured]:
    """A row for each child in care on a day; its length is in how many placements it was in the period."""
    placed: dict[str, set[tuple[str, date]]] = {}
    in_care: dict[str, Measured] = {}
    for row in spells:
        if row.series == "placements":
            if row.since <= period.last and (row.until is None or row.until >= period.first):
                placed.setdefault(row.child, set()).add((row.thing, row.since))
        elif row.until is None and row.since <= day:
            in_care[row.child] = _earlier(in_care.get(row.child), row)
    for child, care in in_care.items():
        number = len(placed.get(child, ()))
        yield _row(child, PLACEMENTS_OF, care.thing, care.since, None, "in_care", care, length=number)


def same_placement(spells: Iterable[Measured], day: date) -> Iterator[Measured]:
    """A row for each child that has been in care for long; its length is the complete months in the placement
    that it is in, 0 where none is told.
    """
    placed: dict[str, Measured] = {}
    in_care: dict[str, Measured] = {}
    for row in spells:
        if row.until is None and row.since <= day:
            of = placed if row.series == "placements" else in_care
            of[row.child] = _earlier(of.get(row.child), row)
    for child, care in in_care.items():
        if months_completed(care.since, day) >= IN_CARE_MONTHS:
            placement = placed.get(child)
            months = 0 if placement is None else months_completed(placement.since, day)
            yield _row(child, SAME_PLACEMENT, care.thing, care.since, None, "in_care", care, length=months)


def _earlier(known: Measured | None, row: Measured) -> Measured:
    return row if known is None or (row.since, row.thing) < (known.since, known.thing) else known


def _row(
    child: str,
    series: str,
    thing: str,
    since: date,
    until: date | None,
    outcome: str,
    whose: Measured,
    *,
    marks: str = "|",
    length: int | None = None,
) -> Measured:
    return Measured(
        child=child,
        series=series,
        thing=thing,
        day=since,
        since=since,
        until=until,
        outcome=outcome,
        kind=whose.kind,
        marks=marks,
        length=length,
        worker_id=whose.worker_id,
        team_id=whose.team_id,
    )
