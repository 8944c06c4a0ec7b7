"""Keeping the views up with the log: the children that changed are folded afresh, and their rows replaced."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event as Signal
from typing import Protocol

from domain.catalogue import AUTHORITY, WORKER_PREFIX
from domain.circumstances import BULK_COMPLETION_MINUTES
from domain.question import Question
from infra.log.commit import LogNotification
from infra.log.sqlite import Mark, Marked
from infra.views import Overtaken, Refolded, Views
from projections.catalogue import PROJECTIONS
from services.histories import BATCH, COMPLETION, Histories

PAGE = 2_000
"""Events read at a time; the children they touch are replaced in one transaction."""

TOLD_EVERY = 100
"""After how many children a rebuild tells how far it is."""

LINGER_S = 0.1
"""How long to wait for more before folding what is new: a child touched often is folded once."""


class Log(Protocol):
    """What projecting asks of the log, beside histories."""

    def select_notifications(
        self, start: int | None, limit: int, *, inclusive_of_start: bool = ...
    ) -> Sequence[LogNotification]: ...
    def max_notification_id(self) -> int | None: ...
    def streams(self, after: str = ...) -> Iterator[str]: ...
    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]: ...
    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: events and children done, and how many there are in all (children: 0 if not
    known).
    """

    events: int
    all_events: int
    children: int
    all_children: int


class Projector:
    """Moves the views on with the log. Two of them do no harm: each move is made only from where the views
    are.
    """

    def __init__(self, log: Log, histories: Histories, views: Views, today: Callable[[], date]) -> None:
        self._log = log
        self._histories = histories
        self._views = views
        self._today = today

    def catch_up(self, stop: Signal | None = None) -> int:
        """Fold all that is new, and what the turn of the day changes; return how many events were read.

        Told to ``stop``, it leaves what it is folding undone: the views stay where they were.
        """
        done = 0
        while read := self._step(stop):
            done += read
        if stop is None or not stop.is_set():
            self._turn_the_day()
        return done

    def run(self, stop: Signal, *, idle_s: float = 0.2) -> None:
        """Keep up with the log until told to stop."""
        while not stop.is_set():
            if self.catch_up(stop):
                stop.wait(LINGER_S)
            else:
                stop.wait(idle_s)

    def _step(self, stop: Signal | None) -> int:
        previous = self._views.position()
        page = self._log.select_notifications(previous, PAGE, inclusive_of_start=False)
        if not page:
            return 0
        began = time.monotonic()
        touched = self._touched({str(event.originator_id) for event in page}, page)
        refolded = []
        for group in self._groups(touched):
            if stop is not None and stop.is_set():
                return 0
            refolded.append(self.refold(group))
        rate = int(len(page) / max(time.monotonic() - began, 0.001))
        last = page[-1]
        try:
            self._views.move_on(previous, last.id, last.recorded_at, self._today(), refolded, rate=rate)
        except Overtaken:
            return 0 if self._views.position() >= last.id else len(page)
        return len(page)

    def _turn_the_day(self) -> None:
        today = self._today()
        changing = self._views.children_changing_by(today)
        stale = any(position.read_on not in (None, today) for position in self._views.positions())
        if not changing and not stale:
            return
        position = self._views.position()
        refolded = [self.refold(group) for group in self._groups(set(changing))]
        try:
            self._views.move_on(position, position, None, today, refolded)
        except Overtaken:
            return

    def _touched(self, streams: set[str], page: Sequence[LogNotification]) -> set[str]:
        """The children whose rows may change: those with new facts, and those that share a batch or a
        manager's minutes.
        """
        children = {stream for stream in streams if is_child(stream)}
        new = {event.id for event in page}
        asked = sorted(children)
        batches = {
            mark.value for marks in self._log.marks_of_all(asked, BATCH).values() for mark in marks
            if mark.notification_id in new
        }  # fmt: skip
        for marks in self._log.marked_all(BATCH, sorted(batches)).values():
            children |= {mark.stream for mark in marks}
        completions = {
            (mark.value, datetime.fromisoformat(mark.extra))
            for marks in self._log.marks_of_all(asked, COMPLETION).values()
            for mark in marks
            if mark.notification_id in new
        }
        near = timedelta(minutes=BULK_COMPLETION_MINUTES)
        by_manager = self._log.marked_all(COMPLETION, sorted({manager for manager, _ in completions}))
        for manager, at in completions:
            children |= {
                mark.stream
                for mark in by_manager[manager]
                if abs(datetime.fromisoformat(mark.extra) - at) <= near
            }
        return children

    def _groups(self, children: set[str]) -> Iterator[tuple[str, ...]]:
        """Children parted into those that were ever merged with one another."""
        left = set(children)
        while left:
            group = self._histories.connected([min(left)])
            left -= group
            yield tuple(sorted(group))

    def refold(self, streams: Sequence[str]) -> Refolded:
        """The rows of some references that were ever merged with one another, as at today."""
        question = Question(self._today())
        rows: dict[str, list[object]] = {projection.name: [] for projection in PROJECTIONS}
        members: dict[str, str] = {}
        for stream in streams:
            history = self._histories.of(stream)
            if history is None:
                continue
            case = self._histories.case(history, question)
            survivor = case.figures.child
            members[stream] = survivor
            if survivor == stream:
                for projection in PROJECTIONS:
                    rows[projection.name] += projection.rows(case)
        return Refolded(streams, members, rows)

    def rebuild(self, now: Callable[[], datetime], tell: Callable[[Progress], None]) -> None:
        """Fold every child afresh and replace all rows at once, telling how far it is; what came meanwhile
        follows.
        """
        target = self._log.max_notification_id() or 0
        last = self._log.select_notifications(target, 1) if target else ()
        groups = list(self._groups({stream for stream in self._log.streams() if is_child(stream)}))
        began = time.monotonic()

        def folded() -> Iterator[Refolded]:
            for done, group in enumerate(groups, 1):
                yield self.refold(group)
                if done % TOLD_EVERY == 0 or done == len(groups):
                    tell(Progress(target * done // len(groups), target, done, len(groups)))

        recorded_at = last[0].recorded_at if last else None
        self._views.replace_all(target, recorded_at, self._today(), folded(), rebuilt_at=now())
        rate = int(target / max(time.monotonic() - began, 0.001))
        self._views.move_on(target, target, None, self._today(), [], rate=rate)
        self.catch_up()


def is_child(stream: str) -> bool:
    """Whether a stream is a child's, not a worker's nor the authority's."""
    return stream != AUTHORITY and not stream.startswith(WORKER_PREFIX)
