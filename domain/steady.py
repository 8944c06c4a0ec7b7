"""What lets a history be read once for many days: its facts stay what they are, and so does their order.

Only a change seen in a snapshot moves facts from its own day on, and only what makes two references one, or
parts them, changes whose facts they are. Between such days the facts up to any day are the beginning of those
up to the last, unless a later fact turns the order of earlier ones.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from operator import is_

from domain.amended import Amended, Amendment
from domain.assessment import AssessmentCancelled, AssessmentClosed, AssessmentCompleted, AssessmentStarted
from domain.assessment_life import superseded
from domain.correction import RecordDeleted
from domain.identity import ChildMerged, ChildUnmerged, TransferredOut
from domain.merging import OneChild, shared_records
from domain.referral import ReferralClosed, ReferralDecided, SteppedDown
from domain.snapshot import RecordChanged, RecordDisappeared
from domain.telling import Told, ends_referral, told

_DAY = timedelta(days=1)

_PLACED_BY_WHAT_IS_OPEN = frozenset({
    AssessmentCompleted, AssessmentClosed, AssessmentCancelled, RecordDeleted, RecordDisappeared,
})  # fmt: skip
"""Facts whose place among those of their day depends on which assessments are open that morning."""


def spans(
    history: Amended, all_amendments: Sequence[Sequence[Amendment]], first: date, last: date
) -> Iterator[tuple[date, date]]:
    """The days from ``first`` to ``last`` in pieces, both included, over each of which facts stay what they
    are, whichever of some sets of amendments are applied.
    """
    changed = {
        told(amendment.recorded, amendment.fact).day
        for amendments in all_amendments
        for amendment in amendments
        if isinstance(amendment.fact, RecordChanged)
    }
    days = {*changed, *_merging(history.told.values())}
    for amendments in all_amendments:
        for day in (date.min, *changed) if amendments else ():
            days |= _merging(history.overlaid(amendments, day).values())
    edges = sorted(day for day in days if first < day <= last)
    for since, after in pairwise([first, *edges, last + _DAY]):
        yield since, after - _DAY


def _merging(facts: Iterable[Told]) -> set[date]:
    return {t.day for t in facts if isinstance(t.fact, (ChildMerged, ChildUnmerged))}


def is_steady(
    facts: Sequence[Told],
    ordered: Sequence[Told],
    since: date,
    read: Callable[[Sequence[Told], date], Sequence[Told]],
) -> bool:
    """Whether the facts up to any day from ``since`` on are the beginning of all of them, ``ordered``.

    ``read`` puts facts up to a day in order: it is asked only where something could turn that.
    """
    if not _order_may_turn(ordered) or not _looks_ahead(ordered):
        return True
    days = [t.day for t in ordered]
    for day in sorted({since, *(day for day in days if day >= since)}):
        so_far = read([t for t in facts if t.day <= day], day)
        if len(so_far) != bisect_right(days, day) or not all(map(is_, so_far, ordered)):
            return False
    return True


def stay_apart(facts: Sequence[Told], one: OneChild, survivor: str, since: date) -> bool:
    """Whether the records that are told apart by their references are so from the first day on."""
    if not one.into:
        return True
    of_child = [t for t in facts if one.survivor(t.recorded.stream) == survivor]
    return shared_records(of_child) == shared_records(t for t in of_child if t.day <= since)


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
