"""Keeping the views up with the log: the children that changed are folded afresh, and their rows replaced."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event as Signal
from typing import Protocol

from domain.catalogue import PREFIX, is_child
from domain.circumstances import BULK_COMPLETION_MINUTES
from domain.people import is_worker
from domain.question import Question
from infra.log.commit import LogNotification
from infra.log.marks import Mark, Marked
from infra.views.engine import Overtaken
from infra.views.positions import At, reached
from infra.views.views import Refolded, Views
from projections.catalogue import PROJECTIONS
from services.histories import BATCH, COMPLETION, SUPERVISION, Histories

_AMENDMENTS = frozenset({f"{PREFIX}FactCorrected", f"{PREFIX}FactWithdrawn"})

PAGE = 2_000
"""Events of a partition read at a time; the children they touch are replaced in one transaction."""

TOLD_EVERY = 100
"""After how many children a rebuild tells how far it is."""

LINGER_S = 0.1
"""How long to wait for more before folding what is new: a child touched often is folded once."""


class Log(Protocol):
    """What projecting asks of the log, beside histories."""

    def heads(self) -> tuple[int, ...]: ...
    def page(self, partition: int, after: int, limit: int) -> Sequence[LogNotification]: ...
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
        positions = self._views.positions()
        previous = {partition: reached(positions, partition) for partition, _ in enumerate(self._log.heads())}
        pages = [self._log.page(partition, number, PAGE) for partition, number in previous.items()]
        events = [event for page in pages for event in page]
        if not events:
            return 0
        began = time.monotonic()
        refolded = []
        for group in self._groups(self._touched(events)):
            if stop is not None and stop.is_set():
                return 0
            refolded.append(self.refold(group))
        rate = int(len(events) / max(time.monotonic() - began, 0.001))
        to = {page[-1].partition: at(page[-1]) for page in pages if page}
        with suppress(Overtaken):
            before = {partition: previous[partition] for partition in to}
            self._views.move_on(before, to, self._today(), refolded, rate=rate)
        return len(events)

    def _turn_the_day(self) -> None:
        today = self._today()
        changing = {*self._views.children_changing_by(today)}
        positions = self._views.positions()
        stale = any(position.read_on not in (None, today) for position in positions)
        if not changing and not stale:
            return
        # Nothing tells when the rows of workers change by themselves, and there are few of them.
        changing |= {stream for stream in self._log.streams() if not is_child(stream)}
        previous = {partition: reached(positions, partition) for partition, _ in enumerate(self._log.heads())}
        refolded = [self.refold(group) for group in self._groups(changing)]
        with suppress(Overtaken):
            self._views.move_on(previous, {}, today, refolded)

    def _touched(self, events: Sequence[LogNotification]) -> set[str]:
        """The children, and workers, whose rows may change: those with new facts, those that share a batch or
        a manager's minutes, and those discussed in supervision that is new or was amended.
        """
        children = {str(event.originator_id) for event in events}
        new = {(event.partition, event.id) for event in events}
        asked = sorted(children)
        batches = {
            mark.value for marks in self._log.marks_of_all(asked, BATCH).values() for mark in marks
            if (mark.partition, mark.number) in new
        }  # fmt: skip
        for marks in self._log.marked_all(BATCH, sorted(batches)).values():
            children |= {mark.stream for mark in marks}
        completions = {
            (mark.value, datetime.fromisoformat(mark.extra))
            for marks in self._log.marks_of_all(asked, COMPLETION).values()
            for mark in marks
            if (mark.partition, mark.number) in new
        }
        near = timedelta(minutes=BULK_COMPLETION_MINUTES)
        by_manager = self._log.marked_all(COMPLETION, sorted({manager for manager, _ in completions}))
        for manager, at in completions:
            children |= {
                mark.stream
                for mark in by_manager[manager]
                if abs(datetime.fromisoformat(mark.extra) - at) <= near
            }
        workers = sorted(stream for stream in children if is_worker(stream))
        amended = {str(event.originator_id) for event in events if event.topic in _AMENDMENTS}
        for worker, discussed in self._log.marks_of_all(workers, SUPERVISION).items():
            children |= {
                mark.value for mark in discussed if worker in amended or (mark.partition, mark.number) in new
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
        through = sum(self._log.heads())
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
        return Refolded(streams, members, rows, through)

    def rebuild(self, now: Callable[[], datetime], tell: Callable[[Progress], None]) -> None:
        """Fold every child afresh and replace all rows at once, telling how far it is; what came meanwhile
        follows.
        """
        heads = self._log.heads()
        target = sum(heads)
        to = {
            partition: at(self._log.page(partition, head - 1, 1)[0])
            for partition, head in enumerate(heads)
            if head
        }
        groups = list(self._groups(set(self._log.streams())))
        began = time.monotonic()

        def folded() -> Iterator[Refolded]:
            for done, group in enumerate(groups, 1):
                yield self.refold(group)
                if done % TOLD_EVERY == 0 or done == len(groups):
                    tell(Progress(target * done // len(groups), target, done, len(groups)))

        self._views.replace_all(to, self._today(), folded(), rebuilt_at=now())
        rate = int(target / max(time.monotonic() - began, 0.001))
        with suppress(Overtaken):
            self._views.move_on({}, {}, self._today(), [], rate=rate)
        self.catch_up()


def at(event: LogNotification) -> At:
    """An event as the last one that is in the rows."""
    return At(event.id, event.offset, event.recorded_at)
