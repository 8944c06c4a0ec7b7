"""Streams folded into the rows of projections: those merged with one another together, each failure apart."""

import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from eventsourcing.persistence import PersistenceError

from domain.catalogue import PREFIX
from domain.circumstances import BULK_COMPLETION_MINUTES
from domain.people import is_worker
from domain.question import Question
from domain.telling import turning_days
from infra.errors import Tampered, Unreadable
from infra.keys import KeysUnavailable
from infra.log.commit import LogDamaged, LogNotification
from infra.log.marks import Mark, Marked
from infra.views.engine import ViewsUnavailable
from infra.views.folded import Failure, Folded
from projections.projection import Case, Projection
from services.histories import BATCH, COMPLETION, SUPERVISION, Histories

_AMENDMENTS = frozenset({f"{PREFIX}FactCorrected", f"{PREFIX}FactWithdrawn"})
_ROOT = Path(__file__).parents[1]
WAIT_AND_RETRY = (PersistenceError, LogDamaged, KeysUnavailable, ViewsUnavailable, OSError, MemoryError)
"""What is no fault of the child's: nobody is set aside for it."""


class Log(Protocol):
    """What folding asks of the log, beside histories."""

    def heads(self) -> tuple[int, ...]: ...
    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]: ...
    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]: ...


class Folding:
    """Folds histories as at a day."""

    def __init__(self, log: Log, histories: Histories) -> None:
        self._log = log
        self._histories = histories

    def heads(self) -> tuple[int, ...]:
        """Those of the log: all up to there is in what is folded from now on."""
        return self._log.heads()

    def touched(self, events: Sequence[LogNotification]) -> set[str]:
        """The streams whose rows new events may change: their own, those that share a batch or a manager's
        minutes, and those discussed in supervision that is new or was amended.
        """
        new = {(event.partition, event.id) for event in events}
        streams = {str(event.originator_id) for event in events}
        amended = {str(event.originator_id) for event in events if event.topic in _AMENDMENTS}
        found = self.sharing(streams, lambda mark: (mark.partition, mark.number) in new)
        workers = sorted(stream for stream in streams if is_worker(stream))
        for worker, discussed in self._log.marks_of_all(workers, SUPERVISION).items():
            found |= {
                mark.value for mark in discussed if worker in amended or (mark.partition, mark.number) in new
            }
        return found

    def sharing(
        self, streams: Collection[str], matters: Callable[[Mark], bool] = lambda mark: True
    ) -> set[str]:
        """Some streams, and those with the same batch or a manager's minutes by a mark that matters."""
        found = set(streams)
        asked = sorted(streams)
        batches = {
            mark.value
            for marks in self._log.marks_of_all(asked, BATCH).values()
            for mark in marks
            if matters(mark)
        }
        for marked in self._log.marked_all(BATCH, sorted(batches)).values():
            found |= {mark.stream for mark in marked}
        completions = {
            (mark.value, datetime.fromisoformat(mark.extra))
            for marks in self._log.marks_of_all(asked, COMPLETION).values()
            for mark in marks
            if matters(mark)
        }
        near = timedelta(minutes=BULK_COMPLETION_MINUTES)
        by_manager = self._log.marked_all(COMPLETION, sorted({manager for manager, _ in completions}))
        for manager, at in completions:
            found |= {
                mark.stream
                for mark in by_manager[manager]
                if abs(datetime.fromisoformat(mark.extra) - at) <= near
            }
        return found

    def groups(self, streams: Iterable[str], heads: Sequence[int] | None = None) -> Iterator[tuple[str, ...]]:
        """Streams parted into those that were ever merged with one another, by events up to some heads, with
        all of those.
        """
        left = set(streams)
        for stream in sorted(left):
            if stream in left:
                group = self._histories.connected([stream], heads)
                left -= group
                yield tuple(sorted(group))

    def fold(
        self,
        streams: Sequence[str],
        projections: Sequence[Projection[Any]],
        day: date,
        heads: tuple[int, ...],
    ) -> Folded:
        """The rows of references that were merged with one another, as at a day.

        ``heads``: those of the log before. What raises is told as a failure, unless it is that
        something outside does not answer.
        """
        rows: dict[str, list[Any]] = {projection.name: [] for projection in projections}
        failures: dict[str, Failure] = {}
        members: dict[str, str] = {}
        days: set[date] = set()
        try:
            for case in self._cases(streams, day):
                members[case.child] = case.figures.child
                days |= {day for told in case.amended.told.values() for day in turning_days(told)}
                if case.figures.child == case.child:
                    _add_rows(case, projections, rows, failures)
        except WAIT_AND_RETRY:
            raise
        except Exception as error:
            failures = {projection.name: failure(error) for projection in projections}
        return Folded(
            streams=streams,
            members=members,
            rows={name: found for name, found in rows.items() if name not in failures},
            failures=failures,
            heads=heads,
            changed_on=max((one for one in days if one <= day), default=None),
            changes_on=min((one for one in days if one > day), default=None),
        )

    def _cases(self, streams: Sequence[str], day: date) -> Iterator[Case]:
        question = Question(day)
        for stream in streams:
            history = self._histories.of(stream)
            if history is not None:
                yield self._histories.case(history, question)


def _add_rows(
    case: Case,
    projections: Sequence[Projection[Any]],
    rows: dict[str, list[Any]],
    failures: dict[str, Failure],
) -> None:
    for projection in projections:
        try:
            rows[projection.name] += projection.rows(case)
        except WAIT_AND_RETRY:
            raise
        except Exception as error:
            failures[projection.name] = failure(error)


def failure(error: Exception) -> Failure:
    """What may be said of an error: its message may hold what is personal, and stays out."""
    said = str(error) if isinstance(error, (Unreadable, Tampered)) else None
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)] or list(frames)
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno} in {ours[-1].name}" if ours else ""
    return Failure(type(error).__name__, place, said)
