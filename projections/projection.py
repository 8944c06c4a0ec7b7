"""The one shape of a projection: a name, a version, a row, and a function from a child's case to rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Generic, TypeVar

from domain.amended import MERGING, Amended
from domain.circumstances import NOWHERE_ELSE, Elsewhere
from domain.discrepancies import discrepancies
from domain.families import FAMILIES, Family
from domain.field import FactReference
from domain.history import Recorded
from domain.integrity import contradictions
from domain.lifecycle import Discrepancy
from domain.merging import OneChild
from domain.policy import AS_REVIEWED, Policy
from domain.question import Question
from domain.referral_episode import Episode, episodes
from domain.telling import Told
from domain.true_clock import Figures, figures, follow
from domain.upholding import Upheld
from domain.working_days import WorkingDays
from projections.hands import Holders, holders
from projections.measure import Period

Row = TypeVar("Row")


@dataclass(frozen=True)
class Case:
    """One child's history with a question put to it, and what all projections of it share.

    ``history`` holds everything recorded under ``child`` and any reference ever merged with it; where all of
    it is known and in log order already, ``everything`` is the same parted into facts and amendments.
    ``keyed`` hashes what may stand nowhere in the clear. ``upheld`` is what its clocks follow, where that is
    known; ``families`` and ``because_of``: which clocks are wanted at least; ``period``: in which days
    rows are to be placed, where no others are wanted. ``is_followed``: its facts are those that its clocks
    follow.
    """

    child: str
    history: Sequence[Recorded]
    question: Question
    calendar: WorkingDays
    elsewhere: Elsewhere = NOWHERE_ELSE
    everything: Amended | None = None
    policy: Policy = AS_REVIEWED
    keyed: Callable[[str], str] | None = None
    upheld: Upheld | None = None
    families: Sequence[Family] = FAMILIES
    because_of: Collection[FactReference] | None = None
    period: Period | None = None
    is_followed: bool = False

    def on(self, day: date) -> "Case":
        """The same as at another day, but for what only a look at other children tells."""
        asked = replace(self.question, as_at=day)
        return replace(self, history=self.known, everything=self.amended, question=asked, upheld=self.follows)

    def of_families(self, families: Sequence[Family], because_of: Collection[FactReference]) -> "Case":
        """The same, with the clocks of some families wanted, of repeating ones those that some facts start or
        stop; itself where it has its figures already.
        """
        if "figures" in self.__dict__:
            return self
        return replace(
            self,
            history=self.known,
            everything=self.amended,
            upheld=self.follows,
            families=families,
            because_of=because_of,
        )

    @cached_property
    def follows(self) -> Upheld:
        """Which amendments the clocks follow, whatever day is asked about."""
        return self.upheld or follow(self.child, self.amended, self.calendar, self.policy)

    @cached_property
    def known(self) -> Sequence[Recorded]:
        """The facts known at the moment asked about, in log order."""
        return self.history if self.everything else self.question.known(self.history)

    @cached_property
    def by_reference(self) -> Mapping[FactReference, Recorded]:
        return {fact.reference: fact for fact in self.known}

    @cached_property
    def amended(self) -> Amended:
        return self.everything or Amended(self.known)

    @cached_property
    def survivor(self) -> tuple[str, tuple[str, ...]]:
        """The reference the child is read under on that day, and those that were merged into it."""
        if not any(isinstance(fact.fact, MERGING) for fact in self.known):
            return self.child, ()
        if self.amended.amendments:
            return self.figures.child, self.figures.merged
        one = OneChild(self._amended_facts)
        survivor = one.survivor(self.child)
        return survivor, tuple(one.merged(survivor))

    @property
    def followed(self) -> "Case":
        """The same with the facts that its clocks follow: without what is held or was voided. Who holds it
        stays as the case system tells it.
        """
        if not self.amended.amendments and not self.amended.rulings:
            return self
        return self._set_right if self.follows.held or self.follows.voided else self

    @cached_property
    def _set_right(self) -> "Case":
        # A case that kept itself would be let go of only when garbage is collected, with its whole history.
        found = replace(
            self, history=self.known, everything=self.amended, upheld=self.follows, is_followed=True
        )
        for name in ("survivor", "figures", "holders"):
            found.__dict__[name] = getattr(self, name)
        return found

    @cached_property
    def _amended_facts(self) -> list[Told]:
        if self.is_followed:
            return self.amended.facts(self.follows.applied, self.day, self.follows.voided)
        return self.amended.facts(self.amended.amendments, self.day, frozenset())

    @cached_property
    def facts(self) -> list[Told]:
        """The facts of this child up to the day asked about, every amendment applied, in reading order."""
        survivor, merged = self.survivor
        streams = {survivor, *merged}
        facts = [t for t in self._amended_facts if t.recorded.stream in streams]
        return self.amended.read(facts, self.day)

    @cached_property
    def holders(self) -> Holders:
        """Who held the case, and since when."""
        return holders(self.facts)

    def told(self, *names: str) -> list[Told]:
        """The facts of some types, in reading order."""
        found = [placed for name in names for placed in self._by_type.get(name, ())]
        if len(names) > 1:
            found.sort(key=itemgetter(0))
        return [told for _, told in found]

    @cached_property
    def _by_type(self) -> dict[str, list[tuple[int, Told]]]:
        by_type: dict[str, list[tuple[int, Told]]] = {}
        for place, told in enumerate(self.facts):
            by_type.setdefault(told.recorded.type, []).append((place, told))
        return by_type

    @cached_property
    def episodes(self) -> list[Episode]:
        """The lives of the child's referrals."""
        return episodes(self.facts)

    @cached_property
    def discrepancies(self) -> list[Discrepancy]:
        """What does not follow in what is known, and what contradicts the rest once all is put right."""
        found = discrepancies(self.amended, self.follows.held, self.question)
        return found + contradictions(self.facts)

    @cached_property
    def figures(self) -> Figures:
        return figures(
            self.child, self.amended, self.day, self.calendar, self.elsewhere, self.policy,
            upheld=self.follows, families=self.families, because_of=self.because_of,
        )  # fmt: skip

    @property
    def day(self) -> date:
        return self.question.as_at


@dataclass(frozen=True)
class Projection(Generic[Row]):
    """Rows for a child, from its case. Raise ``version`` whenever ``rows`` comes to return something else."""

    name: str
    version: int
    row: type[Row]
    rows: Callable[[Case], list[Row]]
