"""What the pages ask of the rest of the service."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
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

    def find(self, text: str) -> Sequence[ChildRow] | Awaitable[Sequence[ChildRow]]:
        """Children whose reference is the text, or has it in it; at most 100."""
        ...
