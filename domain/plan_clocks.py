"""The clocks of plans: visits, core groups and reviews, one for each interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.clock import Clock
from domain.clock_making import Numbers, gone_flags, make_clock
from domain.day_order import when
from domain.event import Event
from domain.flag import Flag
from domain.intervals import Interval, Occasion, Reports, Spell, intervals, spells
from domain.material import Material, Placed
from domain.meeting import MeetingHeld
from domain.months import months_after
from domain.plan import PlanEnded, PlanStarted, VisitFrequencySet
from domain.telling import Told
from domain.timescale import Limit, Timescale, with_limit
from domain.visit import VisitMade

PLAN_GAP_DAYS = 90
REPEAT_PLAN_MONTHS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeating:
    """What repeats under plans of a kind: the timescale of the first interval and of the later ones, and
    which facts tell of an occasion.
    """

    plan: str
    first: str
    later: str
    occasion: type[VisitMade] | type[MeetingHeld]
    kind: str
    must_be_quorate: bool = False

    @property
    def thing(self) -> str:
        return "visit" if self.occasion is VisitMade else "meeting"

    def tells(self, fact: Event) -> bool:
        """Whether a fact is such an occasion."""
        if isinstance(fact, VisitMade):
            return fact.purpose == self.kind and fact.seen
        if isinstance(fact, MeetingHeld):
            return fact.kind == self.kind and (fact.quorate or not self.must_be_quorate)
        return False


REPEATING: tuple[Repeating, ...] = (
    Repeating(
        plan="child_protection", first="core_group_first", later="core_group",
        occasion=MeetingHeld, kind="core_group",
    ),
    Repeating(
        plan="child_protection", first="review_conference_first", later="review_conference",
        occasion=MeetingHeld, kind="review_conference", must_be_quorate=True,
    ),
    Repeating(
        plan="child_protection", first="child_protection_visit", later="child_protection_visit",
        occasion=VisitMade, kind="child_protection",
    ),
    Repeating(
        plan="child_in_need", first="child_in_need_visit", later="child_in_need_visit",
        occasion=VisitMade, kind="child_in_need",
    ),
    Repeating(
        plan="child_in_need", first="child_in_need_review", later="child_in_need_review",
        occasion=MeetingHeld, kind="child_in_need_review",
    ),
)  # fmt: skip


def plan_clocks(material: Material, what: Repeating) -> list[Clock]:
    """The clocks of what repeats under a child's plans, in order of start for each plan and timescale."""
    if not any(_is_start_of(told, what.plan) for _, told in material.of(PlanStarted)):
        return []
    return _clocks(what, _Plans(material, what.plan), material)


def _is_start_of(told: Told, kind: str) -> bool:
    return isinstance(told.fact, PlanStarted) and told.fact.kind == kind


class _Plans:
    """The plans of a kind, and how often visits under each were set to be made."""

    def __init__(self, material: Material, kind: str) -> None:
        facts = material.of(PlanStarted, PlanEnded)
        of_kind = [p for p in facts if isinstance(p[1].fact, PlanEnded) or _is_start_of(p[1], kind)]
        self.spells = spells(of_kind, _is_plan_start, _plan_id)
        self.frequencies: dict[str, list[Placed]] = {}
        for placed in material.of(VisitFrequencySet):
            fact = placed[1].fact
            assert isinstance(fact, VisitFrequencySet)
            self.frequencies.setdefault(fact.plan_id, []).append(placed)
        self._rows: dict[tuple[int, Limit], Timescale] = {}

    def with_limit(self, row: Timescale, limit: Limit) -> Timescale:
        """The row with a limit of its own, which many intervals share."""
        key = (id(row), limit)
        if key not in self._rows:
            self._rows[key] = with_limit(row, limit)
        return self._rows[key]

    def frequency(self, plan_id: str, start: Placed) -> Told | None:
        """What was last set before an interval started; on the day it started, and without times, is not
        before.
        """
        begun = when(start[1])
        before = [
            told
            for place, told in self.frequencies.get(plan_id, ())
            if when(told) < begun or (when(told) == begun and begun[1] and place < start[0])
        ]
        return before[-1] if before else None


def _is_plan_start(told: Told) -> bool:
    return isinstance(told.fact, PlanStarted)


def _plan_id(told: Told) -> str:
    assert isinstance(told.fact, (PlanStarted, PlanEnded))
    return told.fact.plan_id


def _clocks(what: Repeating, plans: _Plans, material: Material) -> list[Clock]:
    of_kind = plans.spells
    reports = Reports([p for p in material.of(what.occasion) if what.tells(p[1].fact)], f"{what.thing}_id")
    numbers = Numbers()

    def window_days(day: date) -> int:
        return material.policy.days("continuation_window_days", day)

    clocks = []
    for spell in of_kind:
        again = [other.start for other in of_kind if other.id == spell.id and other.place > spell.place]
        happened = reports.since(spell.start, again)
        for interval in intervals(spell, of_kind, happened, window_days, _plan_named):
            timescale = what.later if interval.number else what.first
            id = numbers.next(timescale, spell.id)
            if not interval.is_wanted(material):
                continue
            row = material.policy.row(timescale, interval.start[1].day)
            row, flags = _as_set(what, row, interval, plans, material)
            if not interval.number and what.plan == "child_protection":
                flags += _second_plan_flags(spell, of_kind)
            has_frequency = what.thing == "visit" and spell.id in plans.frequencies
            clocks.append(
                interval_clock(
                    interval, row, id, ("plan", spell.id), what.thing, flags,
                    material, [("frequency", spell.id)] if has_frequency else [],
                )
            )  # fmt: skip
    return clocks


def _plan_named(occasion: Occasion) -> str | None:
    """The plan that a meeting is about, where it says so."""
    fact = occasion.last[1].fact
    return fact.plan_id if isinstance(fact, MeetingHeld) else None


def interval_clock(
    interval: Interval,
    row: Timescale,
    id: str,
    begun_by: tuple[str, str],
    occasion: str,
    flags: list[Flag],
    material: Material,
    things: Sequence[tuple[str, str]] = (),
) -> Clock:
    """The clock of an interval; ``occasion`` is the kind of thing that starts and stops it."""
    stop = interval.ends_with
    if interval.continued_by is not None:
        flags.append(Flag("CONTINUATION_WITHIN_WINDOW", None, (interval.continued_by.reference,)))
    on_it = {(occasion, one.id) for one in (interval.from_, interval.stop) if one is not None}
    if material.around.gone:
        counted_from = {(occasion, interval.from_.id)} if interval.from_ else set()
        flags += gone_flags(material, {begun_by, *counted_from}, interval.start[1], stop)
    return make_clock(
        material,
        row,
        id,
        begun_by=begun_by,
        start=interval.start[1],
        stop=stop,
        status="stopped" if interval.stop else "ended_without_completion" if interval.end else "open",
        things=[*on_it, *things],
        flags=flags,
    )


def _as_set(
    what: Repeating, row: Timescale, interval: Interval, plans: _Plans, material: Material
) -> tuple[Timescale, list[Flag]]:
    """The row with the frequency of visits set for the plan before the interval began, if one was."""
    told = plans.frequency(interval.spell.id, interval.start) if what.thing == "visit" else None
    if told is None:
        return row, []
    assert isinstance(told.fact, VisitFrequencySet)
    own = plans.with_limit(row, Limit(told.fact.every, told.fact.unit))
    if own.limit.allows_more_than(row.limit, interval.start[1].day, material.calendar):
        return own, [Flag("FREQUENCY_WIDENED", None, (told.reference,))]
    return own, []


def _second_plan_flags(spell: Spell, of_kind: Sequence[Spell]) -> list[Flag]:
    """Whether another child protection plan ended within two years before this one began, and how long
    before.
    """
    ended = [one.end for one in of_kind if one.end is not None and one.is_over_before(spell.start)]
    if not ended:
        return []
    last = max(ended, key=lambda placed: (when(placed[1]), placed[0]))[1]
    started_on = spell.start[1].day
    flags = []
    if started_on <= months_after(last.day, REPEAT_PLAN_MONTHS):
        flags.append(Flag("REPEAT_PLAN_WITHIN_2_YEARS", None, (last.reference,)))
    days = (started_on - last.day).days
    if days <= PLAN_GAP_DAYS:
        flags.append(Flag("PLAN_GAP", days, (last.reference,)))
    return flags
