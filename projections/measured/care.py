"""Care as measures count it: its episodes and placements, and when each child's care was last reviewed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.care import CareEnded, CareStarted, PlacementEnded, PlacementStarted
from domain.event import Event
from domain.meeting import MeetingHeld
from domain.telling import Told
from projections.measured.row import Measured
from projections.projection import Case

_STARTS: Mapping[type[Event], str] = {CareStarted: "episode_id", PlacementStarted: "placement_id"}
_ENDS: Mapping[type[Event], str] = {CareEnded: "episode_id", PlacementEnded: "placement_id"}


@dataclass(slots=True)
class Spell:
    """An episode of care, or a placement, from its start to its end, None while it goes on."""

    id: str
    since: date
    kind: str | None
    until: date | None = None


def care_things(case: Case) -> Iterator[Measured]:
    """A row for each episode of care, and for each placement; and of a child in care, one from when that was
    last reviewed, however many episodes run.
    """
    for placement in spells(case.told("PlacementStarted", "PlacementEnded")):
        yield _row(case, "placements", placement, placement.since)
    reviews = [
        told.day
        for told in case.told("MeetingHeld")
        if isinstance(told.fact, MeetingHeld) and told.fact.kind == "looked_after_review"
    ]
    episodes = spells(case.told("CareStarted", "CareEnded"))
    for episode in episodes:
        yield _row(case, "care", episode, episode.since)
    running = [episode for episode in episodes if episode.until is None]
    if running:
        last = max((day for day in reviews if day >= running[0].since), default=running[0].since)
        yield _row(case, "care_reviewed", running[0], last)


def _row(case: Case, series: str, spell: Spell, since: date) -> Measured:
    worker, team = case.holders.on(spell.until or case.day)
    return Measured(
        child=case.survivor[0],
        series=series,
        thing=spell.id,
        day=since,
        since=since,
        until=spell.until,
        outcome="running" if spell.until is None else "ended",
        kind=spell.kind,
        worker_id=worker,
        team_id=team,
    )


def spells(facts: Sequence[Told]) -> list[Spell]:
    """Each from its first start to its last end; started again after that, it lives again."""
    found: list[Spell] = []
    latest: dict[str, Spell] = {}
    for told in facts:
        fact = told.fact
        if type(fact) in _STARTS:
            id = getattr(fact, _STARTS[type(fact)])
            if id not in latest or latest[id].until is not None:
                latest[id] = Spell(id, told.day, getattr(fact, "kind", None))
                found.append(latest[id])
        elif type(fact) in _ENDS and (id := getattr(fact, _ENDS[type(fact)])) in latest:
            latest[id].until = told.day
    return found
