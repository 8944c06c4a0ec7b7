"""The rows of clocks of all children for a past question, folded from the log child by child."""

from collections.abc import Iterator
from typing import Protocol

from domain.question import Question
from projections.clock_rows import ClockRow, clock_rows
from services.histories import Histories


class Log(Protocol):
    """What is asked of the log, beside histories."""

    def streams(self, after: str = ...) -> Iterator[str]: ...


def rows_as_at(log: Log, histories: Histories, question: Question) -> Iterator[ClockRow]:
    """The clocks of all streams as at a day and as known at a moment; one stream in memory at a time."""
    for stream in log.streams():
        history = histories.of(stream)
        if history is None:
            continue
        case = histories.case(history, question)
        if case.figures.child == stream:
            yield from clock_rows.rows(case)
