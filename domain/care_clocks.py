"""The clocks of care: visits and plans in a placement, and the reviews of an episode of care."""

from datetime import date

from domain.care import (
    CareEnded,
    CarePlanPrepared,
    CareStarted,
    PlacementEnded,
    PlacementPlanPrepared,
    PlacementStarted,
)
from domain.clock import Clock
from domain.clock_making import Numbers, gone_flags, make_clock
from domain.day_order import is_before_end
from domain.event import Event
from domain.intervals import Occasion, Reports, Spell, intervals, spells
from domain.material import Material, Placed
from domain.meeting import MeetingHeld
from domain.plan_clocks import interval_clock
from domain.telling import Told
from domain.visit import VisitMade

_REVIEW_PARTS = ("first", "second", "later")


def care_clocks(material: Material) -> list[Clock]:
    """The clocks of placements and of episodes of care."""
    care = spells(
        material.of(CareStarted, CareEnded),
        lambda told: isinstance(told.fact, CareStarted),
        _episode_id,
    )
    placements = spells(
        material.of(PlacementStarted, PlacementEnded),
        lambda told: isinstance(told.fact, PlacementStarted),
        _placement_id,
    )
    if not care and not placements:
        return []
    return [
        *_visits(placements, material),
        *_reviews(care, material),
        *_care_plans(placements, care, material),
        *_placement_plans(placements, material),
    ]


def _episode_id(told: Told) -> str:
    assert isinstance(told.fact, (CareStarted, CareEnded))
    return told.fact.episode_id


def _placement_id(told: Told) -> str:
    assert isinstance(told.fact, (PlacementStarted, PlacementEnded))
    return told.fact.placement_id


def _since(spell: Spell, of_kind: list[Spell], reports: Reports) -> list[Occasion]:
    """The occasions since a spell began; a new beginning of the same thing parts their reports."""
    again = [other.start for other in of_kind if other.id == spell.id and other.place > spell.place]
    return reports.since(spell.start, again)


def _visits(placements: list[Spell], material: Material) -> list[Clock]:
    """A new placement begins with a visit of its own; what ran in the last one ends with it."""
    seen = [
        p for p in material.of(VisitMade)
        if isinstance(p[1].fact, VisitMade) and p[1].fact.purpose == "looked_after" and p[1].fact.seen
    ]  # fmt: skip
    reports = Reports(seen, "visit_id")
    numbers = Numbers()
    clocks = []
    for placement in placements:
        for interval in intervals(placement, placements, _since(placement, placements, reports), None):
            id = numbers.next("looked_after_visit", placement.id)
            if not interval.is_wanted(material):
                continue
            part = "later" if interval.number else "first"
            row = material.policy.row("looked_after_visit", interval.start[1].day, part)
            clocks.append(
                interval_clock(interval, row, id, ("placement", placement.id), "visit", [], material)
            )
    return clocks


def _reviews(care: list[Spell], material: Material) -> list[Clock]:
    held = [
        p for p in material.of(MeetingHeld)
        if isinstance(p[1].fact, MeetingHeld) and p[1].fact.kind == "looked_after_review"
    ]  # fmt: skip
    reports = Reports(held, "meeting_id")
    numbers = Numbers()

    def window_days(day: date) -> int:
        return material.policy.days("continuation_window_days", day)

    clocks = []
    for episode in care:
        for interval in intervals(episode, care, _since(episode, care, reports), window_days):
            id = numbers.next("looked_after_review", episode.id)
            if not interval.is_wanted(material):
                continue
            part = _REVIEW_PARTS[min(interval.number, 2)]
            row = material.policy.row("looked_after_review", interval.start[1].day, part)
            clocks.append(interval_clock(interval, row, id, ("episode", episode.id), "meeting", [], material))
    return clocks


def _care_plans(placements: list[Spell], care: list[Spell], material: Material) -> list[Clock]:
    """From the first placement of each episode of care, and of the times without one told."""
    firsts: list[tuple[Spell, Spell | None]] = []
    begun: set[tuple[int | None, bool]] = set()
    for placement in placements:
        begun_by_then = [e for e in care if e.start[1].day <= placement.start[1].day]
        episode = max(begun_by_then, key=lambda e: e.place, default=None)
        is_over = episode is not None and episode.is_over_before(placement.start)
        key = (episode.place if episode else None, is_over)
        if key not in begun:
            begun.add(key)
            firsts.append((placement, None if is_over else episode))
    ends = [episode.end if episode else None for _, episode in firsts]
    return _prepared("care_plan", CarePlanPrepared, [f for f, _ in firsts], ends, material)


def _placement_plans(placements: list[Spell], material: Material) -> list[Clock]:
    ends = [placement.end for placement in placements]
    return _prepared("placement_plan", PlacementPlanPrepared, placements, ends, material)


def _prepared(
    timescale: str,
    stops: type[Event],
    placements: list[Spell],
    ends: list[Placed | None],
    material: Material,
) -> list[Clock]:
    """From each placement to the plan prepared next; what ends first leaves it without."""
    numbers = Numbers()
    reports = Reports(material.of(stops), "plan_id")
    clocks = []
    for placement, end in zip(placements, ends, strict=True):
        thing = ("placement", placement.id)
        prepared = _since(placement, placements, reports)
        done = next((one for one in prepared if is_before_end(one.last, end)), None)
        stop = done.last if done else end
        clocks.append(
            make_clock(
                material,
                material.policy.row(timescale, placement.start[1].day),
                numbers.next(timescale, placement.id),
                begun_by=thing,
                start=placement.start[1],
                stop=stop[1] if stop else None,
                status="stopped" if done else "ended_without_completion" if end else "open",
                flags=gone_flags(material, {thing}, placement.start[1], stop[1] if stop else None),
            )
        )
    return clocks
