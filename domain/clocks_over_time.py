"""The clocks of a child on one day after another, each family drawn only when facts that bear on it occur.

What is drawn for a day, from the facts up to it, holds until a fact that bears on it occurs.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache, partial

from domain.audit import ActionReopened
from domain.circumstances import NOWHERE_ELSE, Circumstances, circumstances
from domain.clock import Clock, as_it_ran
from domain.event import Event
from domain.families import FAMILIES, Drawing, Family
from domain.families import shown as as_shown
from domain.field import FactReference
from domain.identity import TransferredOut
from domain.lanes import needs_as_ruled
from domain.material import Material
from domain.needs import Needs
from domain.people import WorkerAllocated
from domain.plan import VisitFrequencySet
from domain.plan_clocks import REPEATING
from domain.policy import Policy
from domain.referral_episode import episodes
from domain.telling import Told, turning_days
from domain.visit import VisitMade
from domain.working_days import WorkingDays

_NOTHING = Circumstances([], [], [], {}, None, None, [])
"""What only explains a clock is not asked for: figures are counted from its days."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A clock as it was on every day from ``since`` on, before ``until`` (None: to the last)."""

    clock: Clock
    since: date
    until: date | None

    def is_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def before(self, day: date) -> "Ran":
        """The same, but no longer than before a day."""
        return replace(self, until=day) if self.until is None else self


@dataclass(frozen=True, slots=True)
class Terms:
    """On what clocks are drawn beside facts: what was ruled of needs, the calendar and the policy."""

    links: Sequence[tuple[FactReference, ...]]
    unlinks: Sequence[FactReference]
    calendar: WorkingDays
    policy: Policy


def clocks_over_time(
    followed: Sequence[Told],
    since: date,
    until: date,
    terms: Terms,
    *,
    shown: Sequence[Told] | None = None,
    families: Sequence[Family] = FAMILIES,
) -> Iterator[Ran]:
    """What each clock of some families was as at every day from ``since`` to ``until``.

    ``followed`` are the facts up to the last day in reading order, of which those up to any day are the
    beginning; ``shown`` those that the case system shows, where it shows others.
    """
    by_family = _by_family(followed, families)
    shown_by_family = None if shown is None else _by_family(shown, families)
    for family in families:
        facts = by_family.get(family.name)
        if facts is None:
            continue
        once = _settled(family, facts, until, terms)
        if once is not None:
            for clock in once:
                yield from _run(clock, since)
        else:
            of_shown = None if shown_by_family is None else shown_by_family.get(family.name, [])
            yield from _redrawn(family, facts, of_shown, (since, until), terms)


def _by_family(facts: Sequence[Told], families: Sequence[Family]) -> dict[str, list[Told]]:
    """The facts on which the clocks of each family depend."""
    found: dict[str, list[Told]] = {}
    depending: dict[str, list[Family]] = {}
    for told in facts:
        name = told.recorded.type
        if name not in depending:
            depending[name] = [family for family in families if name in family.types]
        for family in depending[name]:
            if family.moves(told.fact):
                found.setdefault(family.name, []).append(told)
    return found


def _settled(family: Family, facts: Sequence[Told], day: date, terms: Terms) -> list[Clock] | None:
    """The clocks of a family where each, once begun, only runs on until the day on which it stops for good;
    None where that is not sure.

    It is where each thing is told of once, nothing is set running again, and nothing that ended runs on under
    another of its kind: later facts then change no clock of an earlier day but to stop it.
    """
    if family.name not in _SETTLING or not _is_told_once(facts):
        return None
    clocks = family.draw(_drawing(family, facts, day, terms))
    return None if any(_goes_on(clock) for clock in clocks) else clocks


def _is_told_once(facts: Sequence[Told]) -> bool:
    told_once: set[tuple[object, ...]] = set()
    for told in facts:
        fact = told.fact
        kind = type(fact)
        if kind in _REPEATABLE:
            continue
        if kind is ActionReopened:
            return False
        one = (kind, getattr(fact, _id_field(kind), None))  # type: ignore[arg-type]
        if one in told_once:
            return False
        told_once.add(one)
    return True


def _goes_on(clock: Clock) -> bool:
    return any(flag.code == "CONTINUATION_WITHIN_WINDOW" for flag in clock.flags)


_SETTLING = frozenset({
    "contact", "matter", "care", "supervision", "case supervision", *(what.later for what in REPEATING),
})  # fmt: skip
_REPEATABLE: frozenset[type[Event]] = frozenset({VisitFrequencySet, WorkerAllocated})
"""Facts of which each tells of something new."""


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
        yield Ran(as_it_ran(clock), since, stopped_on)
    yield Ran(clock, max(stopped_on, first), None)


def _redrawn(
    family: Family,
    facts: Sequence[Told],
    of_shown: Sequence[Told] | None,
    days_read: tuple[date, date],
    terms: Terms,
) -> Iterator[Ran]:
    """A clock stands as it was drawn until its family is drawn anew and it is another."""
    standing: dict[str, Ran] = {}
    days = [told.day for told in facts]
    visits = [told for told in facts if isinstance(told.fact, VisitMade)]
    may_be_seen = family.name == "assessment" and _is_told_once(visits)
    for day, types in _changing([*facts, *(of_shown or ())], *days_read):
        told_by_then = bisect_right(days, day)
        if not told_by_then:
            continue
        if may_be_seen and types == {"VisitMade"} and not _has_unseen(standing.values()):
            continue
        drawing = _drawing(family, facts[:told_by_then], day, terms)
        if of_shown is not None:
            so_far = [told for told in of_shown if told.day <= day]
            drawing.shown = as_shown(_drawing(family, so_far, day, terms))
        now: dict[str, Ran] = {}
        for clock in family.draw(drawing):
            known = standing.pop(clock.id, None)
            if known is not None and known.clock == clock:
                now[clock.id] = known
                continue
            if known is not None:
                yield replace(known, until=day)
            now[clock.id] = Ran(clock, day, None)
        yield from (replace(known, until=day) for known in standing.values())
        standing = now
    yield from standing.values()


def _drawing(family: Family, facts: Sequence[Told], day: date, terms: Terms) -> Drawing:
    is_of_needs = family.name == "assessment"
    around = circumstances(facts) if is_of_needs else _NOTHING
    material = Material(facts, around, NOWHERE_ELSE, terms.calendar, terms.policy, day)
    return Drawing(material, cache(partial(_needs if is_of_needs else _referrals_alone, facts, terms)))


def _needs(facts: Sequence[Told], terms: Terms) -> Needs:
    return needs_as_ruled(facts, terms.links, terms.unlinks, terms.calendar, terms.policy)


def _referrals_alone(facts: Sequence[Told], _: Terms) -> Needs:
    return Needs([], episodes(facts))


def _has_unseen(standing: Iterable[Ran]) -> bool:
    """Whether a clock of the child being seen was left for a visit to stop."""
    return any(
        ran.clock.timescale.id == "assessment_child_seen" and ran.clock.status == "open" for ran in standing
    )


def _changing(facts: Iterable[Told], first: date, last: date) -> Iterator[tuple[date, frozenset[str]]]:
    """The first day, and the others on which clocks may change, with the types of the facts of each."""
    types: dict[date, set[str]] = {}
    for told in facts:
        for day in turning_days(told):
            types.setdefault(day, set()).add(told.recorded.type)
        if isinstance(told.fact, TransferredOut) and told.fact.accepted_on is not None:
            types.setdefault(told.fact.accepted_on, set()).add(told.recorded.type)
    yield first, frozenset()
    for day in sorted(day for day in types if first < day <= last):
        yield day, frozenset(types[day])
