"""A child's history from the log, with that of every reference ever merged with it."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from domain.amended import Amended
from domain.assessment import AssessmentCompleted
from domain.circumstances import BULK_COMPLETION_CHILDREN, BULK_COMPLETION_MINUTES, Elsewhere
from domain.field import FactReference
from domain.history import Recorded
from domain.moment import london_day
from domain.question import Question
from domain.working_days import WorkingDays
from infra.errors import Unreadable
from infra.keys import RECHECKED_EVERY_S
from infra.log.commit import LogNotification
from infra.log.marks import Mark, Marked
from projections.projection import Case

KEPT_S = RECHECKED_EVERY_S
FACTS_KEPT = 20_000

MERGE, BATCH, COMPLETION = "merge", "batch", "completion"
"""Kinds of marks in the log: a reference merged or unmerged, a batch, and who authorised a completion, and
when.
"""


class Log(Protocol):
    """What reading histories asks of the log."""

    def select_events(self, originator_id: str, *, gt: int | None = ...) -> Sequence[LogNotification]: ...
    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]: ...
    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]: ...
    def known_by(self, known_at: datetime) -> tuple[int, ...]: ...


class Codec(Protocol):
    """What reading histories asks of the codec, of events as the log gives them."""

    def decode_all(self, logged: Sequence[Any]) -> Sequence[Recorded | Unreadable]: ...


@dataclass(frozen=True)
class History:
    """All that is recorded of a child. ``version`` changes with every fact that is added to it."""

    child: str
    streams: tuple[str, ...]
    recorded: tuple[Recorded, ...]
    version: str

    @cached_property
    def in_log_order(self) -> list[Recorded]:
        return sorted(self.recorded, key=lambda fact: fact.log_order)

    @cached_property
    def amended(self) -> Amended:
        """Its facts and what amends them, everything known."""
        return Amended(self.in_log_order)


@dataclass(slots=True)
class _Kept:
    history: History
    since_s: float


class Histories:
    """Reads the histories of children.

    A history read moments ago is kept, and read again only from where it ends; for no longer than the key
    store may take to notice that a key was destroyed, so that nothing personal outlives its key here.
    """

    def __init__(self, log: Log, codec: Codec, calendar: WorkingDays) -> None:
        self._log = log
        self._codec = codec
        self._calendar = calendar
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._facts_kept = 0
        self._lock = Lock()

    def connected(self, streams: Iterable[str]) -> set[str]:
        """The references given, and all that were ever merged with them, directly or by way of others."""
        found: set[str] = set()
        fringe = set(streams)
        while fringe:
            found |= fringe
            asked = sorted(fringe)
            into = {mark.value for marks in self._log.marks_of_all(asked, MERGE).values() for mark in marks}
            of = {mark.stream for marks in self._log.marked_all(MERGE, asked).values() for mark in marks}
            fringe = (into | of) - found
        return found

    def of(self, child: str) -> History | None:
        """A child's history; None where the log holds nothing of it.

        Raises Unreadable where a record cannot be read: no figure is given from part of a history.
        """
        streams = (child, *sorted(self.connected([child]) - {child}))
        kept = self._of_late(child, streams)
        heads = dict.fromkeys(streams, 0)
        for fact in kept.recorded if kept else ():
            heads[fact.stream] = max(heads[fact.stream], fact.version)
        new = [event for stream, head in heads.items() for event in self._log.select_events(stream, gt=head)]
        if kept is not None and not new:
            return kept
        recorded = list(kept.recorded) if kept else []
        for one in self._codec.decode_all(new):
            if isinstance(one, Unreadable):
                raise one
            recorded.append(one)
            heads[one.stream] = max(heads[one.stream], one.version)
        if not recorded:
            return None
        history = History(child, streams, tuple(recorded), ".".join(map(str, heads.values())))
        self._keep(history)
        return history

    def _of_late(self, child: str, streams: tuple[str, ...]) -> History | None:
        with self._lock:
            kept = self._kept.get(child)
            if kept is None:
                return None
            if kept.history.streams != streams or monotonic() - kept.since_s > KEPT_S:
                self._forget(child)
                return None
            return kept.history

    def _keep(self, history: History) -> None:
        with self._lock:
            since_s = monotonic()
            if history.child in self._kept:
                since_s = self._forget(history.child).since_s
            self._kept[history.child] = _Kept(history, since_s)
            self._facts_kept += len(history.recorded)
            while self._facts_kept > FACTS_KEPT:
                self._forget(next(iter(self._kept)))

    def _forget(self, child: str) -> _Kept:
        kept = self._kept.pop(child)
        self._facts_kept -= len(kept.history.recorded)
        return kept

    def case(self, history: History, question: Question) -> Case:
        """A history with a question put to it, and what only a look at other children can tell."""
        elsewhere = self._elsewhere(history.recorded, question)
        if question.known_before is not None:
            return Case(history.child, history.recorded, question, self._calendar, elsewhere)
        case = Case(history.child, history.in_log_order, question, self._calendar, elsewhere)
        return replace(case, everything=history.amended)

    def _elsewhere(self, recorded: Sequence[Recorded], question: Question) -> Elsewhere:
        batches = sorted({fact.fact.batch_id for fact in recorded if fact.fact.batch_id is not None})
        completions = [
            (f.reference, f.fact.authorised_by, f.occurred_on.instant)
            for f in recorded
            if isinstance(f.fact, AssessmentCompleted) and f.fact.authorised_by and f.occurred_on.instant
        ]
        if not batches and not completions:
            return Elsewhere()
        until = None if question.known_before is None else self._log.known_by(
            question.known_before - timedelta(microseconds=1)
        )  # fmt: skip
        children: dict[str, int] = {}
        for batch, marks in self._log.marked_all(BATCH, batches).items() if batches else ():
            children[batch] = len({m.stream for m in marks if _is_in(m, question.as_at, until)})
        managers = sorted({manager for _, manager, _ in completions})
        authorised = self._log.marked_all(COMPLETION, managers) if managers else {}
        bulk: dict[FactReference, int] = {}
        for reference, manager, instant in completions:
            count = within_minutes(
                [m for m in authorised[manager] if _is_in(m, question.as_at, until)], instant
            )
            if count >= BULK_COMPLETION_CHILDREN:
                bulk[reference] = count
        return Elsewhere(children, bulk)


def _is_in(mark: Marked, as_at: date, until: tuple[int, ...] | None) -> bool:
    return (until is None or mark.number <= until[mark.partition]) and _day_of(mark.extra) <= as_at


def _day_of(extra: str) -> date:
    return date.fromisoformat(extra) if len(extra) == 10 else london_day(_instant(extra))


def _instant(extra: str) -> datetime:
    return datetime.fromisoformat(extra).astimezone(UTC)


def within_minutes(marks: Sequence[Marked], instant: datetime) -> int:
    """How many children have completions within ten minutes of each other, ``instant`` among them; the most
    of any such.
    """
    span = timedelta(minutes=BULK_COMPLETION_MINUTES)
    near = sorted((at, mark.stream) for mark in marks if abs((at := _instant(mark.extra)) - instant) <= span)
    most = 0
    for first, _ in near:
        if first <= instant <= first + span:
            most = max(most, len({stream for at, stream in near if first <= at <= first + span}))
    return most
