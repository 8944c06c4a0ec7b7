"""How a child stood over time: on which days what its rows would have been, asked as at each of them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from domain.care import CareEnded, CareStarted
from domain.catalogue import is_child
from domain.clocks_over_time import Terms, clocks_over_time
from domain.discrepancies import whenever_asked
from domain.identity import TransferredOut
from domain.integrity import JUDGED, contradictions, foretell
from domain.lifecycle import do_not_follow
from domain.moment import Moment
from domain.people import WorkerAllocated, is_worker
from domain.pieces import Piece, pieces
from domain.plan import PlanEnded, PlanStarted
from domain.referral_episode import episodes
from domain.telling import Told, turning_days
from projections.child_rows import BEAR_ON_STATUS, child_rows, status_of
from projections.clock_rows import ClockRow, clock_rows
from projections.discrepancy_rows import discrepancy_rows
from projections.hands import Holders, holders, worker_in_post
from projections.measured.holding import Holding, Spell, holding, holding_of, open_spells, parts_of
from projections.measured.plans import lives_of_plans
from projections.projection import Case
from projections.vanished_rows import vanished, vanished_rows

_DAY = timedelta(days=1)
_BEAR_ON_HOLDING = BEAR_ON_STATUS | {CareStarted, CareEnded}


@dataclass(frozen=True, slots=True)
class Held:
    """How a child stands, and who holds the case."""

    status: str
    by: Holding


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


def stood(latest: Case, first: date, last: date) -> Iterator[Stood]:
    """How a child stood on every day from ``first`` to ``last``, in pieces that together tell of each day.

    ``latest`` is its case as at ``last``. Rows change on days on which something occurred, and on no others:
    clocks hold dates, and what is late on a day is reckoned from those.
    """
    history = latest.amended
    for piece in pieces(latest.child, history, latest.follows, first, last, latest.calendar, latest.policy):
        after = None if piece.until == last else piece.until + _DAY
        for one in _read_once(latest, piece) if piece.reads_day_by_day else _read_each_day(latest, piece):
            yield replace(one, until=after) if one.until is None and after is not None else one


def _read_each_day(latest: Case, piece: Piece) -> Iterator[Stood]:
    days = changing_on(latest, piece.since, piece.until)
    for since, until in pairwise([*days, None]):
        assert since is not None
        case = latest.on(since)
        children = child_rows.rows(case)
        yield Stood(
            since,
            until,
            clock_rows.rows(case),
            Held(children[0].status, holding_of(case)) if children and children[0].facts else None,
            [row.code for row in discrepancy_rows.rows(case)],
            [row.record_kind for row in vanished_rows.rows(case)],
        )


def _read_once(latest: Case, piece: Piece) -> Iterator[Stood]:
    held_by = holders(piece.put_right)
    yield from _clocks(latest, piece, held_by)
    if is_child(latest.child):
        yield from _held(piece, held_by)
    yield from _discrepancies(latest, piece)
    yield from _vanished(piece)


def _clocks(latest: Case, piece: Piece, held_by: Holders) -> Iterator[Stood]:
    """The clocks, in pieces by who held the case: what runs goes from team to team."""
    if is_worker(latest.child):
        held_by = worker_in_post(latest.child, piece.put_right)
    handed_on = [day for day, _, _ in held_by.since]
    upheld = latest.follows
    terms = Terms(upheld.links, upheld.unlinks, latest.calendar, latest.policy)
    for ran in clocks_over_time(piece.followed, piece.since, piece.until, terms, shown=piece.shown):
        edges = [ran.since]
        if ran.clock.status == "open":
            edges += [day for day in handed_on if ran.since < day and (ran.until is None or day < ran.until)]
        for since, until in pairwise([*edges, ran.until]):
            assert since is not None
            worker, team = held_by.on(ran.clock.stopped_on or since)
            yield Stood(since, until, clocks=[ClockRow(latest.child, ran.clock, worker, team)])


def _held(piece: Piece, held_by: Holders) -> Iterator[Stood]:
    """How the child itself stood; nothing, before anything is known of it."""
    if not piece.put_right:
        return
    bearing = [told for told in piece.put_right if type(told.fact) in _BEAR_ON_HOLDING]
    days = [told.day for told in bearing]
    parts = parts_of(held_by, (told for told in piece.put_right if isinstance(told.fact, WorkerAllocated)))
    began = max(piece.put_right[0].day, piece.since)
    changing = {began, *days, *(day for day, _, _ in held_by.since), *_accepted(bearing)}
    changing.update(part.since for part in parts)
    edges = sorted(day for day in changing if began <= day <= piece.until)
    known = -1
    status, opened = "closed", list[Spell]()
    for since, until in pairwise([*edges, None]):
        assert since is not None
        if known != (known := bisect_right(days, since)):
            status, opened = status_of(bearing[:known]), _opened(bearing[:known])
        yield Stood(since, until, held=Held(status, holding(opened, parts, since)))


def _opened(facts: Sequence[Told]) -> list[Spell]:
    return open_spells(
        episodes(facts),
        lives_of_plans(told for told in facts if isinstance(told.fact, (PlanStarted, PlanEnded))),
        (told for told in facts if isinstance(told.fact, (CareStarted, CareEnded))),
    )


def _discrepancies(latest: Case, piece: Piece) -> Iterator[Stood]:
    """What did not follow: each from the day of the fact that does not, unless a later fact has a say in
    it.
    """
    told = latest.amended.told
    for one in whenever_asked(latest.amended, latest.follows.held):
        if latest.by_reference[one.fact].stream in piece.streams:
            yield Stood(piece.since, None, discrepancies=[one.code])
    for one in do_not_follow(piece.reported):
        fact = told[one.fact]
        if fact.recorded.stream in piece.streams:
            yield Stood(max(fact.day, piece.since), None, discrepancies=[one.code])
    if foretell(piece.put_right):
        yield from _contradictions_each_day(piece)
    elif found := contradictions(piece.put_right):
        days = {fact.reference: fact.day for fact in piece.put_right}
        for one in found:
            yield Stood(max(days[one.fact], piece.since), None, discrepancies=[one.code])


def _contradictions_each_day(piece: Piece) -> Iterator[Stood]:
    judged = [told for told in piece.put_right if type(told.fact) in JUDGED]
    days = [told.day for told in judged]
    edges = sorted({piece.since, *(day for day in days if day > piece.since)})
    for since, until in pairwise([*edges, None]):
        assert since is not None
        found = contradictions(judged[: bisect_right(days, since)])
        yield Stood(since, until, discrepancies=[one.code for one in found])


def _vanished(piece: Piece) -> Iterator[Stood]:
    for (kind, _, _), since, until in vanished(piece.put_right):
        began = max(since, piece.since)
        if until is None or began < until:
            yield Stood(began, until, vanished=[kind])


def changing_on(case: Case, first: date, last: date) -> list[date]:
    """The first day, and those up to the last on which something occurred, or was ever said to have."""
    days = {first}
    for told in case.amended.told.values():
        days.update(turning_days(told))
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
