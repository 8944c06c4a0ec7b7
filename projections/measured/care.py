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
class _Spell:
    id: str
    since: date
    kind: str | None
    until: date | None = None


def care_things(case: Case) -> Iterator[Measured]:
    """A row for each episode of care, and for each placement; and of each episode that runs, one from when it
    was last reviewed.
    """
    for placement in _spells(case.told("PlacementStarted", "PlacementEnded")):
        yield _row(case, "placements", placement, placement.since)
    reviews = [
        told.day
        for told in case.told("MeetingHeld")
        if isinstance(told.fact, MeetingHeld) and told.fact.kind == "looked_after_review"
    ]
    for episode in _spells(case.told("CareStarted", "CareEnded")):
        yield _row(case, "care", episode, episode.since)
        if episode.until is None:
            last = max((day for day in reviews if day >= episode.since), default=episode.since)
            yield _row(case, "care_reviewed", episode, last)


def _row(case: Case, series: str, spell: _Spell, since: date) -> Measured:
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


def _spells(facts: Sequence[Told]) -> list[_Spell]:
    """Each from its first start to its last end; started again after that, it lives again."""
    found: list[_Spell] = []
    latest: dict[str, _Spell] = {}
    for told in facts:
        fact = told.fact
        if type(fact) in _STARTS:
            id = getattr(fact, _STARTS[type(fact)])
            if id not in latest or latest[id].until is not None:
                latest[id] = _Spell(id, told.day, getattr(fact, "kind", None))
                found.append(latest[id])
        elif type(fact) in _ENDS and (id := getattr(fact, _ENDS[type(fact)])) in latest:
            latest[id].until = told.day
    return found
