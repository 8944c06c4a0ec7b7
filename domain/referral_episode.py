"""The lives of a child's referrals: each time one is received until it is over, if it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.event import Event
from domain.identity import TransferredIn, TransferredOut
from domain.referral import ReferralClosed, ReferralDecided, ReferralReceived, SteppedDown, SteppedUp
from domain.telling import RECEIPTS, Told

NEED_FOUND = frozenset({"assessment", "strategy_discussion"})
OF_REFERRALS = frozenset({
    *RECEIPTS, ReferralClosed, SteppedDown, ReferralDecided, TransferredIn, TransferredOut,
})  # fmt: skip


@dataclass(slots=True, eq=False)
class Episode:
    """One life of a referral. Places are indices into the facts in reading order."""

    referral_id: str
    place: int
    receipt: Told
    over_place: int | None = None
    over: Told | None = None
    decisions: list[Told] = field(default_factory=list)

    @property
    def received_on(self) -> date:
        return self.receipt.day

    @property
    def over_on(self) -> date | None:
        return self.over.day if self.over else None

    @property
    def reason(self) -> str | None:
        """Why it is over: a reason for closure, an outcome of a decision, or where it went."""
        fact = self.over.fact if self.over else None
        if isinstance(fact, ReferralClosed):
            return fact.reason
        if isinstance(fact, SteppedDown):
            return fact.to
        return fact.outcome if isinstance(fact, ReferralDecided) else None

    @property
    def was_decided_for_need(self) -> bool:
        return any(
            isinstance(d.fact, ReferralDecided) and d.fact.outcome in NEED_FOUND for d in self.decisions
        )

    def is_open_at(self, place: int) -> bool:
        return self.place <= place and (self.over_place is None or self.over_place > place)

    def is_over_at(self, place: int) -> bool:
        return self.over_place is not None and self.over_place <= place


def episodes(facts: Sequence[Told]) -> list[Episode]:
    """The lives of all referrals in ``facts``, which are in reading order; themselves in order of receipt."""
    by_referral: dict[str, list[int]] = {}
    of_the_child: list[int] = []
    for place, told in enumerate(facts):
        fact = told.fact
        if type(fact) not in OF_REFERRALS:
            continue
        if isinstance(fact, (ReferralReceived, SteppedUp, ReferralClosed, SteppedDown, ReferralDecided)):
            by_referral.setdefault(fact.referral_id, []).append(place)
        elif isinstance(fact, TransferredIn) or (isinstance(fact, TransferredOut) and fact.accepted_on):
            of_the_child.append(place)
    found: list[Episode] = []
    for referral_id, places in by_referral.items():
        found += _lives(referral_id, facts, sorted(places + of_the_child))
    return sorted(found, key=lambda episode: episode.place)


def _lives(referral_id: str, facts: Sequence[Told], places: Sequence[int]) -> list[Episode]:
    lives: list[Episode] = []
    for index, place in enumerate(places):
        told = facts[place]
        if isinstance(told.fact, RECEIPTS):
            if lives:
                _end(lives[-1], facts, [p for p in places[:index] if p > lives[-1].place])
                if lives[-1].over is None:
                    continue
            lives.append(Episode(referral_id, place, told))
        elif isinstance(told.fact, ReferralDecided) and lives:
            lives[-1].decisions.append(told)
    if lives:
        _end(lives[-1], facts, [p for p in places if p > lives[-1].place])
    return lives


def _end(life: Episode, facts: Sequence[Told], places: Sequence[int]) -> None:
    """Find where a life is over: each kind of end came on the latest day told, and the first kind of them
    counts.
    """
    last: dict[type[Event], int] = {}
    settled: list[int] = []
    for place in places:
        fact = facts[place].fact
        if isinstance(fact, TransferredIn):
            if TransferredOut in last:
                settled.append(last.pop(TransferredOut))
        elif isinstance(fact, ReferralDecided):
            if not life.was_decided_for_need:
                last[ReferralDecided] = place
        elif isinstance(fact, (ReferralClosed, SteppedDown, TransferredOut)):
            last[type(fact)] = place
    ends = settled + list(last.values())
    if ends:
        life.over_place = min(ends)
        life.over = facts[life.over_place]
