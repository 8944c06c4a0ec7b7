"""The clocks of a child on one day after another, each family drawn only when facts that bear on it occur.

Asked as at a day, a history reads as its facts up to that day. Where nothing amends it, that is the beginning
of the order in which all of it is read; what is drawn for a day holds until a fact that bears on it occurs.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache

from domain.amended import Amended
from domain.assessment import AssessmentCancelled, AssessmentClosed, AssessmentCompleted
from domain.audit import ActionReopened
from domain.care import CareStarted, PlacementStarted
from domain.circumstances import NOWHERE_ELSE, circumstances
from domain.clock import Clock
from domain.event import Event
from domain.families import FAMILIES, Drawing, Family, families_of
from domain.identity import ChildMerged, ChildUnmerged, TransferredOut
from domain.lanes import needs_as_ruled
from domain.material import Material
from domain.people import WorkerJoined
from domain.plan import PlanStarted, VisitFrequencySet
from domain.policy import Policy
from domain.telling import Told, entered_before_it_occurred, turning_days
from domain.working_days import WorkingDays

_ENDS = (AssessmentCompleted, AssessmentClosed, AssessmentCancelled)


def reads_day_by_day(history: Amended) -> bool:
    """Whether the facts up to any day are the beginning of all of them in reading order.

    They are unless something amends them or makes two histories one, or an end that was told twice, or a fact
    that was entered too early, is read by what is told later.
    """
    if history.amendments or history.rulings:
        return False
    ends: set[tuple[type, str]] = set()
    for told in history.told.values():
        fact = told.fact
        if isinstance(fact, (ChildMerged, ChildUnmerged)):
            return False
        if isinstance(fact, _ENDS):
            end = (type(fact), fact.assessment_id)
            if end in ends:
                return False
            ends.add(end)
        if entered_before_it_occurred(told.recorded, fact.occurred_on):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Ran:
    """A clock as it was on every day from ``since`` on, before ``until`` (None: for good)."""

    clock: Clock
    since: date
    until: date | None


def clocks_over_time(
    facts: Sequence[Told], first: date, last: date, calendar: WorkingDays, policy: Policy
) -> Iterator[Ran]:
    """What each clock was as at every day from ``first`` to ``last``.

    ``facts`` are a child's in reading order up to ``last``, of a history that `reads_day_by_day`.
    """
    settled = [family for family in FAMILIES if is_settled(family, facts)]
    if settled:
        drawing = _drawing(facts, last, calendar, policy)
        for family in settled:
            for clock in family.draw(drawing):
                yield from _run(clock, first)
    others = [family for family in FAMILIES if family not in settled]
    yield from _redrawn(facts, others, first, last, calendar, policy)


def is_settled(family: Family, facts: Sequence[Told]) -> bool:
    """Whether every clock of a family, once begun, only runs on until the day on which it stops for good.

    That is so where each thing is told of once, nothing is set running again, and nothing that ended can run
    on under another of its kind: later facts then change no clock of an earlier day but to stop it.
    """
    if family.name not in _SETTLING:
        return False
    told_once: set[tuple[object, ...]] = set()
    for told in facts:
        fact = told.fact
        if told.recorded.type not in family.bears or isinstance(fact, VisitFrequencySet):
            continue
        if isinstance(fact, ActionReopened):
            return False
        kinds: list[tuple[object, ...]] = [(type(fact), getattr(fact, _id_field(type(fact)), None))]  # type: ignore[arg-type]
        if isinstance(fact, PlanStarted):
            kinds.append((PlanStarted, "of this kind", fact.kind))
        elif isinstance(fact, (PlacementStarted, CareStarted, WorkerJoined)):
            kinds.append((type(fact), "of any"))
        if not told_once.isdisjoint(kinds):
            return False
        told_once.update(kinds)
    return True


_SETTLING = frozenset({"contact", "matter", "plan", "care", "supervision"})


@cache
def _id_field(fact: type[Event]) -> str:
    """The field of a fact that names the thing it is about."""
    return next(
        (one.name for one in fields(fact) if one.name.endswith("_id") and one.name not in _OF_ALL), ""
    )


_OF_ALL = frozenset({"worker_id", "team_id", "batch_id", "supervisor_id"})


def _run(clock: Clock, first: date) -> Iterator[Ran]:
    since, stopped_on = max(clock.started_on, first), clock.stopped_on
    if stopped_on is None:
        yield Ran(clock, since, None)
        return
    if since < stopped_on:
        stretches = (*clock.stretches[:-1], replace(clock.stretches[-1], until=None))
        running = replace(clock, status="open", stopped_on=None, stretches=stretches)
        yield Ran(running, since, stopped_on)
    yield Ran(clock, max(stopped_on, first), None)


def _redrawn(
    facts: Sequence[Told],
    families: Sequence[Family],
    first: date,
    last: date,
    calendar: WorkingDays,
    policy: Policy,
) -> Iterator[Ran]:
    """A clock stands as it was drawn until its family is drawn anew and it is another."""
    days = [told.day for told in facts]
    standing: dict[str, dict[str, Ran]] = {}
    for day, types, changed in _changing(facts, families, first, last):
        drawing = _drawing(facts[: bisect_right(days, day)], day, calendar, policy)
        for family in changed:
            before = standing.get(family.name, {})
            if family.name in standing and _only_visited(family, types, before):
                continue
            now: dict[str, Ran] = {}
            for clock in family.draw(drawing):
                known = before.pop(clock.id, None)
                if known is not None and known.clock == clock:
                    now[clock.id] = known
                    continue
                if known is not None:
                    yield replace(known, until=day)
                now[clock.id] = Ran(clock, day, None)
            yield from (replace(known, until=day) for known in before.values())
            standing[family.name] = now
    for of_family in standing.values():
        yield from of_family.values()


def _drawing(facts: Sequence[Told], day: date, calendar: WorkingDays, policy: Policy) -> Drawing:
    material = Material(facts, circumstances(facts), NOWHERE_ELSE, calendar, policy, day)
    return Drawing(material, cache(lambda: needs_as_ruled(facts, (), (), calendar, policy)))


def _only_visited(family: Family, types: frozenset[str], before: Mapping[str, Ran]) -> bool:
    """Whether the child was visited, and no clock of a need to be seen was left for that to stop."""
    if family.name != "assessment" or types & family.bears != {"VisitMade"}:
        return False
    unseen = (ran.clock for ran in before.values() if ran.clock.timescale.id == "assessment_child_seen")
    return all(clock.status != "open" for clock in unseen)


def _changing(
    facts: Sequence[Told], families: Sequence[Family], first: date, last: date
) -> Iterator[tuple[date, frozenset[str], Sequence[Family]]]:
    """The days on which clocks may change, with the types of that day's facts and the families they bear on;
    on the first day, all families.
    """
    types: dict[date, set[str]] = {}
    for told in facts:
        for day in turning_days(told):
            types.setdefault(day, set()).add(told.recorded.type)
        if isinstance(told.fact, TransferredOut) and told.fact.accepted_on is not None:
            types.setdefault(told.fact.accepted_on, set()).add(told.recorded.type)
    yield first, frozenset(), families
    for day in sorted(day for day in types if first < day <= last):
        if changed := [family for family in families_of(types[day]) if family in families]:
            yield day, frozenset(types[day]), changed
