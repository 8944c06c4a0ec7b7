"""The clocks of a child, as at a day and as known at a moment."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from domain.amended import Amended, Amendment
from domain.as_one_child import read_as_one, read_with_needs, told_of
from domain.circumstances import NOWHERE_ELSE, Elsewhere, circumstances
from domain.clock import Clock
from domain.clocks_over_time import Ran, Terms, clocks_over_time
from domain.families import FAMILIES, Drawing, Family, draw, shown
from domain.field import FactReference
from domain.flag import Flag
from domain.held import flagged, marked_held
from domain.history import Recorded
from domain.identity import ChildMerged
from domain.lanes import needs_as_ruled
from domain.material import Material
from domain.merging import OneChild
from domain.needs import Needs
from domain.people import is_worker
from domain.policy import AS_REVIEWED, Policy
from domain.steady import is_steady, spans, stay_apart
from domain.telling import Told
from domain.upholding import Held, Upheld, uphold
from domain.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Figures:
    """The clocks of a child: ``child`` is the reference it is read under, ``merged`` those that were merged
    into it.

    ``held`` are the amendments the clocks do not follow; ``rulings`` those in effect.
    """

    child: str
    merged: tuple[str, ...]
    clocks: tuple[Clock, ...]
    held: tuple[Held, ...]
    rulings: tuple[Recorded, ...]


def figures(
    child: str,
    history: Amended,
    day: date,
    calendar: WorkingDays,
    elsewhere: Elsewhere = NOWHERE_ELSE,
    policy: Policy = AS_REVIEWED,
    *,
    with_rulings: bool = True,
    upheld: Upheld | None = None,
    families: Sequence[Family] = FAMILIES,
    because_of: Collection[FactReference] | None = None,
) -> Figures:
    """All clocks of a child, a worker or the authority at the end of ``day``, in order of start; those of
    some ``families`` at least, and of repeating ones those that some facts start or stop.

    ``history`` is what is known of all that was recorded under the child's reference and any ever merged with
    it, and of the supervision of workers in which one of them was discussed. ``upheld`` is what they
    `follow`, where that is known already.
    """
    if upheld is None:
        upheld = follow(child, history, calendar, policy, with_rulings=with_rulings)
    return _Reading(child, history, calendar, policy).figures(upheld, day, elsewhere, families, because_of)


def follow(
    child: str,
    history: Amended,
    calendar: WorkingDays,
    policy: Policy = AS_REVIEWED,
    *,
    with_rulings: bool = True,
) -> Upheld:
    """What the clocks of a child follow of all that amends its history: the same, whatever day is asked
    about.
    """
    return uphold(history, _Reading(child, history, calendar, policy), with_rulings=with_rulings)


class _Reading:
    """Reads clocks from one history; remembers what it read while amendments are weighed."""

    def __init__(self, child: str, history: Amended, calendar: WorkingDays, policy: Policy) -> None:
        self.child = child
        self.history = history
        self.calendar = calendar
        self.policy = policy
        self._weighed: dict[tuple[object, ...], list[Clock]] = {}

    def of_all(
        self,
        amendments: Sequence[Amendment],
        voided: frozenset[FactReference],
        day: date,
        families: Sequence[Family],
    ) -> list[Clock]:
        """The clocks of some families as at ``day`` under every reference concerned, bare of what only
        explains them.
        """
        key = (tuple(id(a) for a in amendments), voided, day, families)
        weighed = self._weighed.get(key)
        if weighed is None:
            facts = self.history.facts(amendments, day, voided)
            one = OneChild(facts)
            weighed = [
                c for stream in self._own(facts, one) for c in self._bare(stream, facts, one, day, families)
            ]
            self._weighed[key] = weighed
        return weighed

    def over_time(
        self,
        amendments: Sequence[Amendment],
        voided: frozenset[FactReference],
        first: date,
        last: date,
        families: Sequence[Family],
    ) -> list[Ran] | None:
        """The same as at every day from ``first`` to ``last``; None where later facts turn the order of
        earlier ones.
        """
        terms = Terms((), (), self.calendar, self.policy)
        found: list[Ran] = []
        for since, until in spans(self.history, (amendments,), first, last):
            facts = self.history.facts(amendments, until, voided)
            one = OneChild(facts)
            for stream in self._own(facts, one):
                told = told_of(facts, one, stream)
                ordered = self._read(told, until)
                if not stay_apart(facts, one, stream, since) or not is_steady(
                    told, ordered, since, self._read
                ):
                    return None
                ran = clocks_over_time(ordered, since, until, terms, families=families)
                found += (one_ran.before(until + timedelta(days=1)) for one_ran in ran)
        return found

    def _own(self, facts: Sequence[Told], one: OneChild) -> list[str]:
        streams = sorted({one.survivor(told.recorded.stream) for told in facts})
        return [stream for stream in streams if stream == self.child or not is_worker(stream)]

    def _bare(
        self, survivor: str, facts: Sequence[Told], one: OneChild, day: date, families: Sequence[Family]
    ) -> list[Clock]:
        of_child, needs = self._of_child(facts, one, survivor, day)
        return draw(self._drawing(of_child, needs, NOWHERE_ELSE, day, (), ()), families)

    def figures(
        self,
        upheld: Upheld,
        day: date,
        elsewhere: Elsewhere,
        families: Sequence[Family],
        because_of: Collection[FactReference] | None,
    ) -> Figures:
        facts = self.history.facts(upheld.applied, day, upheld.voided)
        one = OneChild(facts)
        survivor = one.survivor(self.child)
        of_child, needs = self._of_child(facts, one, survivor, day)
        drawing = self._drawing(of_child, needs, elsewhere, day, upheld.links, upheld.unlinks)
        if not upheld.held:
            drawing.material.because_of = because_of
        else:
            every = sorted(
                [*upheld.applied, *(h.amendment for h in upheld.held)], key=lambda a: a.recorded.log_order
            )
            every_fact = self.history.facts(every, day, upheld.voided)
            of_record, needs = self._of_child(every_fact, one, survivor, day)
            told = self._drawing(of_record, needs, NOWHERE_ELSE, day, upheld.links, upheld.unlinks)
            drawing.shown = shown(told)
        # What is held shows on the clocks it is about, and only where there are none, on others.
        clocks = draw(drawing, FAMILIES if upheld.held else families)
        merged = tuple(one.merged(survivor))
        if merged:
            clocks = _marked_merged(clocks, one, of_child, merged)
        if upheld.held:
            clocks = marked_held(clocks, upheld.held, {t.reference: t for t in facts}, day)
        clocks.sort(key=lambda clock: (clock.started_on, clock.timescale.id, clock.id))
        return Figures(survivor, merged, tuple(clocks), tuple(upheld.held), tuple(upheld.rulings))

    def _drawing(
        self,
        facts: Sequence[Told],
        needs: Needs | None,
        elsewhere: Elsewhere,
        day: date,
        links: Sequence[tuple[FactReference, ...]],
        unlinks: Sequence[FactReference],
    ) -> Drawing:
        """``needs`` are those in the facts before anything was ruled, where they are known."""
        around = circumstances(facts)
        material = Material(facts, around, elsewhere, self.calendar, self.policy, day)
        if needs is not None and not links and not unlinks:
            return Drawing(material, lambda: needs)
        return Drawing(
            material, cache(lambda: needs_as_ruled(facts, links, unlinks, self.calendar, self.policy))
        )

    def _of_child(
        self, facts: Sequence[Told], one: OneChild, survivor: str, day: date
    ) -> tuple[list[Told], Needs | None]:
        of_child = told_of(facts, one, survivor)
        return read_with_needs(self.history, of_child, day, self.calendar, self.policy)

    def _read(self, facts: Sequence[Told], day: date) -> list[Told]:
        return read_as_one(self.history, facts, day, self.calendar, self.policy)


def _marked_merged(
    clocks: Sequence[Clock], one: OneChild, facts: Sequence[Told], merged: Sequence[str]
) -> list[Clock]:
    """Flag the clocks that were running, or had run, when the histories became one."""
    because = [one.because[reference] for reference in merged]
    days = {told.reference: told.day for told in facts if isinstance(told.fact, ChildMerged)}
    marked = []
    for clock in clocks:
        causes = tuple(r for r in because if clock.started_on <= days.get(r, clock.started_on))
        marked.append(flagged(clock, [Flag("MERGED_CHILD_RECORDS", None, causes)]) if causes else clock)
    return marked
