"""A history in pieces: days on end over which nothing but the passing of days changes what is read.

Asked as at a day, a history reads as its facts up to that day. Whatever amends it is applied, or held, alike
on every day; only a change seen in a snapshot moves facts from its own day on, and only what makes two
references one, or parts them, changes whose facts they are. Between such days the facts up to any day are the
beginning of those up to the last: it `reads_day_by_day`, unless a later fact changes the order of earlier
ones.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from operator import is_

from domain.amended import Amended, Amendment
from domain.as_one_child import read_as_one, told_of
from domain.assessment import AssessmentCancelled, AssessmentClosed, AssessmentCompleted, AssessmentStarted
from domain.assessment_life import superseded
from domain.correction import RecordDeleted
from domain.identity import ChildMerged, ChildUnmerged, TransferredOut
from domain.merging import OneChild, shared_records
from domain.policy import Policy
from domain.referral import ReferralClosed, ReferralDecided, SteppedDown
from domain.snapshot import RecordChanged, RecordDisappeared
from domain.telling import Told, ends_referral, told
from domain.upholding import Upheld
from domain.working_days import WorkingDays

_DAY = timedelta(days=1)
_PLACED_BY_WHAT_IS_OPEN = frozenset({
    AssessmentCompleted, AssessmentClosed, AssessmentCancelled, RecordDeleted, RecordDisappeared,
})  # fmt: skip
"""Facts whose place among those of their day depends on which assessments are open that morning."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The days from ``since`` to ``until``, both included, and the facts of a child up to the last of them.

    ``followed`` are those that its clocks follow and ``shown`` those that the case system shows, where it
    shows others; ``put_right`` are its own with every amendment applied, and ``reported`` all that is known
    with none. All are in reading order. ``streams`` are the references that are the child.
    """

    since: date
    until: date
    streams: frozenset[str]
    followed: Sequence[Told]
    shown: Sequence[Told] | None
    put_right: Sequence[Told]
    reported: Sequence[Told]
    reads_day_by_day: bool


@dataclass(frozen=True, slots=True)
class _Terms:
    child: str
    history: Amended
    upheld: Upheld
    calendar: WorkingDays
    policy: Policy


def pieces(
    child: str,
    history: Amended,
    upheld: Upheld,
    first: date,
    last: date,
    calendar: WorkingDays,
    policy: Policy,
) -> Iterator[Piece]:
    """The days from ``first`` to ``last`` in pieces, without those on which ``child`` is read under another
    reference.
    """
    terms = _Terms(child, history, upheld, calendar, policy)
    edges = sorted(day for day in _turning(history, upheld) if first < day <= last)
    for since, after in pairwise([first, *edges, last + _DAY]):
        piece = _piece(terms, since, after - _DAY)
        if piece is not None:
            yield piece


def _turning(history: Amended, upheld: Upheld) -> set[date]:
    """The days from which on facts are others, or are those of another child."""
    followed = [*upheld.applied, *(held.amendment for held in upheld.held)]
    changed = {
        told(amendment.recorded, amendment.fact).day
        for amendment in (*history.amendments, *followed)
        if isinstance(amendment.fact, RecordChanged)
    }
    days = {*changed, *_merging(history.told.values())}
    if history.amendments:
        for amendments in (history.amendments, upheld.applied):
            for day in (date.min, *changed):
                days |= _merging(history.overlaid(amendments, day).values())
    return days


def _merging(facts: Iterable[Told]) -> set[date]:
    return {t.day for t in facts if isinstance(t.fact, (ChildMerged, ChildUnmerged))}


def _piece(terms: _Terms, since: date, until: date) -> Piece | None:
    history, upheld = terms.history, terms.upheld
    facts = history.facts(upheld.applied, until, upheld.voided)
    one = OneChild(facts)
    if one.survivor(terms.child) != terms.child:
        return None
    streams = frozenset({terms.child, *one.merged(terms.child)})
    of_child = told_of(facts, one, terms.child)
    followed = _ordered(terms, of_child, until)
    is_steady = _is_steady(terms, of_child, followed, since, True) and _stay_apart(facts, one, streams, since)
    shown = None
    if upheld.held:
        every = _in_turn([*upheld.applied, *(held.amendment for held in upheld.held)])
        told_all = history.facts(every, until, upheld.voided)
        of_child = told_of(told_all, one, terms.child)
        shown = _ordered(terms, of_child, until)
        is_steady = is_steady and _is_steady(terms, of_child, shown, since, True)
        is_steady = is_steady and _stay_apart(told_all, one, streams, since)
    put_right = history.facts(history.amendments, until, frozenset())
    is_steady = is_steady and (not upheld.voided or not _merging(history.told.values()))
    own = [t for t in put_right if t.recorded.stream in streams]
    read = history.read(own, until)
    reported = history.as_reported(until)
    is_steady = is_steady and _is_steady(terms, own, read, since, False)
    if read is not reported:
        is_steady = is_steady and _is_steady(terms, reported, reported, since, False)
    return Piece(since, until, streams, followed, shown, read, reported, is_steady)


def _in_turn(amendments: Sequence[Amendment]) -> list[Amendment]:
    return sorted(amendments, key=lambda amendment: amendment.recorded.log_order)


def _ordered(terms: _Terms, facts: Sequence[Told], day: date) -> list[Told]:
    return read_as_one(terms.history, facts, day, terms.calendar, terms.policy)


def _stay_apart(facts: Sequence[Told], one: OneChild, streams: frozenset[str], since: date) -> bool:
    """Whether the records that are told apart by their references are so from the first day on."""
    if not one.into:
        return True
    of_child = [t for t in facts if t.recorded.stream in streams]
    return shared_records(of_child) == shared_records(t for t in of_child if t.day <= since)


def _is_steady(
    terms: _Terms, facts: Sequence[Told], ordered: Sequence[Told], since: date, with_ends: bool
) -> bool:
    """Whether the facts up to any day from ``since`` on are the beginning of all of them in reading order.

    ``with_ends`` tells that the ends of needs have a part in it.
    """
    if not _order_may_turn(ordered) or not _looks_ahead(ordered):
        return True
    days = [t.day for t in ordered]
    for day in sorted({since, *(day for day in days if day >= since)}):
        so_far = [t for t in facts if t.day <= day]
        read = _ordered(terms, so_far, day) if with_ends else terms.history.read(so_far, day)
        if len(read) != bisect_right(days, day) or not all(map(is_, read, ordered)):
            return False
    return True


def _order_may_turn(ordered: Sequence[Told]) -> bool:
    """Whether a fact whose place depends on what is open that morning shares its day."""
    return any(
        one.day == next.day and not _PLACED_BY_WHAT_IS_OPEN.isdisjoint((type(one.fact), type(next.fact)))
        for one, next in pairwise(ordered)
    )


def _looks_ahead(ordered: Sequence[Told]) -> bool:
    """Whether what was open on a morning may turn out otherwise: an end was told twice, or taken back, or an
    assessment names a referral that was over.
    """
    if superseded(ordered):
        return True
    ended: set[tuple[type, str | None]] = set()
    over: set[str] = set()
    for t in ordered:
        fact = t.fact
        if isinstance(fact, AssessmentStarted):
            if fact.referral_id in over:
                return True
        elif isinstance(fact, (ReferralClosed, SteppedDown, ReferralDecided, TransferredOut)):
            end = (type(fact), getattr(fact, "referral_id", None))
            if end in ended:
                return True
            ended.add(end)
            if isinstance(fact, TransferredOut):
                over.update(id for _, id in ended if id is not None)
            elif ends_referral(fact):
                over.add(fact.referral_id)
    return False
