"""How a child stood over time: on which days what its rows would have been, asked as at each of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from domain.identity import TransferredOut
from domain.moment import Moment
from projections.child_rows import ChildRow, child_rows
from projections.clock_rows import ClockRow, clock_rows
from projections.discrepancy_rows import DiscrepancyRow, discrepancy_rows
from projections.projection import Case
from projections.vanished_rows import VanishedRow, vanished_rows


@dataclass(frozen=True, slots=True)
class Stood:
    """Rows as they were from ``since`` on, before ``until`` (None: for good)."""

    since: date
    until: date | None
    clocks: Sequence[ClockRow]
    child: ChildRow | None
    discrepancies: Sequence[DiscrepancyRow]
    vanished: Sequence[VanishedRow]


def stood(case_on: Callable[[date], Case], latest: Case, first: date, last: date) -> Iterator[Stood]:
    """How a child stood on every day from ``first`` to ``last``, days put together on which it stood alike.

    ``case_on`` is its case as at a day, ``latest`` the one as at ``last``. Rows change on days on which
    something occurred, and on no others: clocks hold dates, and what is late on a day is reckoned from those.
    """
    days = changing_on(latest, first, last)
    for since, until in zip(days, [*days[1:], None], strict=True):
        case = case_on(since)
        # The rows of a child that was merged into another are that one's.
        if case.figures.child != case.child:
            continue
        children = child_rows.rows(case)
        yield Stood(
            since=since,
            until=until,
            clocks=clock_rows.rows(case),
            child=children[0] if children and children[0].facts else None,
            discrepancies=discrepancy_rows.rows(case),
            vanished=vanished_rows.rows(case),
        )


def changing_on(case: Case, first: date, last: date) -> list[date]:
    """The first day, and those up to the last on which something occurred, or was ever said to have."""
    days = {first}
    for told in case.amended.told.values():
        days.add(told.day)
        if isinstance(told.fact, TransferredOut) and told.fact.accepted_on is not None:
            days.add(told.fact.accepted_on)
    for amendment in case.amended.amendments:
        days.add(amendment.recorded.occurred_on.day)
        days |= set(_days_in(amendment.recorded.data))
    return sorted(day for day in days if first <= day <= last)


def _days_in(value: object) -> Iterator[date]:
    """Every day that a JSON value names, wherever in it."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _days_in(inner)
    elif isinstance(value, str):
        with suppress(ValueError):
            yield Moment.parse(value).day
