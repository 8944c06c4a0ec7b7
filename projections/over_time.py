"""How a child stood over time: on which days what its rows would have been, asked as at each of them."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from domain.catalogue import is_child
from domain.clocks_over_time import clocks_over_time, reads_day_by_day
from domain.identity import TransferredOut
from domain.moment import Moment
from domain.telling import Told
from domain.true_clock import facts_read
from projections.child_rows import BEAR_ON_STATUS, child_rows, status_of
from projections.clock_rows import ClockRow, clock_rows, holders_of_clocks
from projections.discrepancy_rows import discrepancy_rows
from projections.hands import Holders
from projections.projection import Case
from projections.vanished_rows import vanished_rows

CaseOn = Callable[[date], Case]


@dataclass(frozen=True, slots=True)
class Held:
    """How a child stands, and the worker who holds the case."""

    status: str
    worker_id: str | None


@dataclass(frozen=True, slots=True)
class Stood:
    """What stood from ``since`` on, before ``until`` (None: for good): clocks, the child itself, what did not
    follow, by its code, and the kinds of records that were gone from snapshots.
    """

    since: date
    until: date | None
    clocks: Sequence[ClockRow] = ()
    held: Held | None = None
    discrepancies: Sequence[str] = ()
    vanished: Sequence[str] = ()


def stood(case_on: CaseOn, latest: Case, first: date, last: date) -> Iterator[Stood]:
    """How a child stood on every day from ``first`` to ``last``, in pieces that together tell of each day.

    ``case_on`` is its case as at a day, ``latest`` the one as at ``last``. Rows change on days on which
    something occurred, and on no others: clocks hold dates, and what is late on a day is reckoned from those.
    """
    if reads_day_by_day(latest.amended):
        yield from _read_once(latest, first, last)
    else:
        yield from _read_each_day(case_on, latest, first, last)


def _read_each_day(case_on: CaseOn, latest: Case, first: date, last: date) -> Iterator[Stood]:
    days = changing_on(latest, first, last)
    for since, until in pairwise([*days, None]):
        assert since is not None
        case = case_on(since)
        # The rows of a child that was merged into another are that one's.
        if case.figures.child != case.child:
            continue
        children = child_rows.rows(case)
        yield Stood(
            since,
            until,
            clock_rows.rows(case),
            Held(children[0].status, children[0].worker_id) if children and children[0].facts else None,
            [row.code for row in discrepancy_rows.rows(case)],
            [row.record_kind for row in vanished_rows.rows(case)],
        )


def _read_once(latest: Case, first: date, last: date) -> Iterator[Stood]:
    yield from _clocks(latest, first, last)
    if is_child(latest.child):
        yield from _held(latest.facts, latest.holders, first, last)
    for row in discrepancy_rows.rows(latest):
        yield Stood(max(row.occurred_on, first), None, discrepancies=[row.code])
    for gone in vanished_rows.rows(latest):
        yield Stood(max(gone.since, first), None, vanished=[gone.record_kind])


def _clocks(latest: Case, first: date, last: date) -> Iterator[Stood]:
    """The clocks, in pieces by who held the case: what runs goes from team to team."""
    facts = facts_read(latest.child, latest.amended, last, latest.calendar, latest.policy)
    holders = holders_of_clocks(latest)
    handed_on = [day for day, _, _ in holders.since]
    for ran in clocks_over_time(facts, first, last, latest.calendar, latest.policy):
        edges = [ran.since]
        if ran.clock.status == "open":
            edges += [day for day in handed_on if ran.since < day and (ran.until is None or day < ran.until)]
        for since, until in pairwise([*edges, ran.until]):
            assert since is not None
            worker, team = holders.on(ran.clock.stopped_on or since)
            yield Stood(since, until, clocks=[ClockRow(latest.child, ran.clock, worker, team)])


def _held(facts: Sequence[Told], holders: Holders, first: date, last: date) -> Iterator[Stood]:
    """How the child itself stood; nothing, before anything is known of it."""
    days = [told.day for told in facts]
    if not days:
        return
    began = max(days[0], first)
    changing = {began} | {told.day for told in facts if type(told.fact) in BEAR_ON_STATUS}
    changing |= {day for day, _, _ in holders.since}
    changing |= _accepted(facts)
    edges = sorted(day for day in changing if began <= day <= last)
    for since, until in pairwise([*edges, None]):
        assert since is not None
        status = status_of(facts[: bisect_right(days, since)])
        yield Stood(since, until, held=Held(status, holders.on(since)[0]))


def changing_on(case: Case, first: date, last: date) -> list[date]:
    """The first day, and those up to the last on which something occurred, or was ever said to have."""
    days = {first}
    for told in case.amended.told.values():
        days.add(told.day)
    days |= _accepted(case.amended.told.values())
    for amendment in case.amended.amendments:
        days.add(amendment.recorded.occurred_on.day)
        days |= set(_days_in(amendment.recorded.data))
    return sorted(day for day in days if first <= day <= last)


def _accepted(facts: Iterable[Told]) -> set[date]:
    """The days on which other authorities accepted the child, which end what ran here."""
    return {
        told.fact.accepted_on
        for told in facts
        if isinstance(told.fact, TransferredOut) and told.fact.accepted_on is not None
    }


def _days_in(value: object) -> Iterator[date]:
    """Every day that a JSON value names, wherever in it."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _days_in(inner)
    elif isinstance(value, str):
        with suppress(ValueError):
            yield Moment.parse(value).day
