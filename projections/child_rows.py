"""How each child stands: under which plan, with whom, and when last seen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from domain.catalogue import is_child
from domain.plan import PlanEnded, PlanStarted
from domain.referral_episode import OF_REFERRALS, Episode, episodes
from domain.telling import Told
from domain.visit import VisitMade
from projections.projection import Case, Projection

BEAR_ON_STATUS = frozenset({PlanStarted, PlanEnded, *OF_REFERRALS})
"""The types of facts after which a child may stand otherwise."""

_BY_WEIGHT = ("child_protection", "looked_after", "child_in_need", "pathway", "safety", "early_help")


@dataclass(frozen=True, slots=True)
class ChildRow:
    """``status``: the weightiest plan that is open, else ``referred`` while a referral is, else ``closed``.

    ``merged`` are the references that were merged into this one. ``changes_on`` is the next day on which what
    is known already changes these rows; None if there is none.
    """

    child: str
    merged: tuple[str, ...]
    status: str
    worker_id: str | None
    team_id: str | None
    last_seen_on: date | None
    last_seen_alone: bool | None
    facts: int
    changes_on: date | None


def rows(case: Case) -> list[ChildRow]:
    """The one row of a child as at the day asked about; with no facts, it tells only when there will be
    some.
    """
    if not is_child(case.child):
        return []
    facts = case.facts
    worker, team = case.holders.on(case.day)
    seen = [t for t in facts if isinstance(t.fact, VisitMade) and t.fact.seen]
    last = seen[-1] if seen else None
    return [
        ChildRow(
            child=case.figures.child,
            merged=case.figures.merged,
            status=_status(facts, lambda: case.episodes),
            worker_id=worker,
            team_id=team,
            last_seen_on=last.day if last else None,
            last_seen_alone=last.fact.seen_alone if last and isinstance(last.fact, VisitMade) else None,
            facts=len(facts),
            changes_on=min((t.day for t in case.amended.told.values() if t.day > case.day), default=None),
        )
    ]


def status_of(facts: Sequence[Told]) -> str:
    """How a child stands, after facts in reading order."""
    return _status(facts, lambda: episodes(facts))


def _status(facts: Sequence[Told], of_referrals: Callable[[], Iterable[Episode]]) -> str:
    plans: dict[str, str] = {}
    for told in facts:
        if isinstance(told.fact, PlanStarted):
            plans[told.fact.plan_id] = told.fact.kind
        elif isinstance(told.fact, PlanEnded):
            plans.pop(told.fact.plan_id, None)
    under = next((kind for kind in _BY_WEIGHT if kind in plans.values()), None)
    if under is not None:
        return under
    return "referred" if any(episode.over is None for episode in of_referrals()) else "closed"


child_rows: Projection[ChildRow] = Projection(name="children", version=1, row=ChildRow, rows=rows)
