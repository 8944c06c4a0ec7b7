"""The one shape of a projection: a name, a version, a row, and a function from a child's case to rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Generic, TypeVar

from domain.amended import Amended
from domain.circumstances import NOWHERE_ELSE, Elsewhere
from domain.history import Recorded
from domain.merging import OneChild
from domain.question import Question
from domain.reading_order import reading_order
from domain.telling import Told
from domain.true_clock import Figures, figures
from domain.working_days import WorkingDays
from projections.hands import Holders, holders

Row = TypeVar("Row")


@dataclass(frozen=True)
class Case:
    """One child's history with a question put to it, and what all projections of it share.

    ``history`` holds everything recorded under ``child`` and any reference ever merged with it; where all of
    it is known and in log order already, ``everything`` is the same parted into facts and amendments.
    """

    child: str
    history: Sequence[Recorded]
    question: Question
    calendar: WorkingDays
    elsewhere: Elsewhere = NOWHERE_ELSE
    everything: Amended | None = None

    @cached_property
    def known(self) -> Sequence[Recorded]:
        """The facts known at the moment asked about, in log order."""
        return self.history if self.everything else self.question.known(self.history)

    @cached_property
    def amended(self) -> Amended:
        return self.everything or Amended(self.known)

    @cached_property
    def survivor(self) -> tuple[str, tuple[str, ...]]:
        """The reference the child is read under on that day, and those that were merged into it."""
        if self.amended.amendments:
            return self.figures.child, self.figures.merged
        one = OneChild(self._amended_facts)
        survivor = one.survivor(self.child)
        return survivor, tuple(one.merged(survivor))

    @cached_property
    def _amended_facts(self) -> list[Told]:
        return self.amended.facts(self.amended.amendments, self.day, frozenset())

    @cached_property
    def facts(self) -> list[Told]:
        """The facts of this child up to the day asked about, every amendment applied, in reading order."""
        survivor, merged = self.survivor
        streams = {survivor, *merged}
        return reading_order(t for t in self._amended_facts if t.recorded.stream in streams)

    @cached_property
    def holders(self) -> Holders:
        """Who held the case, and since when."""
        return holders(self.facts)

    @cached_property
    def figures(self) -> Figures:
        return figures(self.child, self.amended, self.day, self.calendar, self.elsewhere)

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
