"""What the pages ask of the rest of the service."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from services.overview import ChildRow, ClockRow, Overview
from services.web.question import Question


@dataclass(frozen=True, slots=True)
class ChildView:
    """The replies about one child to one question: its clocks and its timeline, as the API gives them."""

    clocks: Mapping[str, Any]
    timeline: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LatePage:
    """Clocks past their limit, longest over first; ``next`` asks for those after (None: there are none)."""

    rows: Sequence[ClockRow]
    next: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """A measure as the API gives it, with its parts by team, and some of its cases; ``next`` asks for those
    after.
    """

    measure: Mapping[str, Any]
    cases: Sequence[Mapping[str, Any]]
    next: str | None
    first: date
    last: date


class Reads(Protocol):
    """Each may be a plain function, run in a thread, or a coroutine function."""

    def overview(self, question: Question) -> Overview | Awaitable[Overview]: ...

    def child(self, child: str, question: Question) -> Awaitable[ChildView | None] | ChildView | None:
        """The replies, or None for a child of whom nothing is known."""
        ...

    def late(self, question: Question, timescale: str, cursor: str | None) -> LatePage | Awaitable[LatePage]:
        """Clocks that are open, or ended without completion, past their limit.

        Raises ValueError where the cursor is not one that was given.
        """
        ...

    def measures(
        self, question: Question, asked: Mapping[str, str]
    ) -> Sequence[Mapping[str, Any]] | Awaitable[Sequence[Mapping[str, Any]]]:
        """Every measure as the API gives it, in the period that is ``asked`` for.

        Raises ValueError where that is none.
        """
        ...

    def measure(
        self, name: str, question: Question, asked: Mapping[str, str], cursor: str | None
    ) -> MeasurePage | Awaitable[MeasurePage | None] | None:
        """One measure, None where there is none of that name. Raises ValueError as `measures` does, and for
        a cursor that was not given.
        """
        ...

    def find(self, text: str) -> Sequence[ChildRow] | Awaitable[Sequence[ChildRow]]:
        """Children whose reference is the text, or has it in it; at most 100."""
        ...
