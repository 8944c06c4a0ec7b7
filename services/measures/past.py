"""What is measured, for a past question: the rows of every child, folded from the log."""

from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from domain.question import Question
from projections.measured.row import Measured
from projections.measured.rows import measured_rows
from services.histories import Histories


class Log(Protocol):
    """What is asked of the log, beside histories."""

    def streams(self, after: str = ...) -> Iterator[str]: ...


def measured_as_at(
    log: Log,
    histories: Histories,
    question: Question,
    series: Collection[str],
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Measured]:
    """The rows of some series as at a day and as known at a moment, telling how many of how many streams are
    done.
    """
    streams = list(log.streams())
    for done, stream in enumerate(streams, 1):
        history = histories.of(stream)
        if history is not None:
            case = histories.case(history, question)
            if case.figures.child == stream:
                yield from (row for row in measured_rows.rows(case) if row.series in series)
        tell(done, len(streams))
