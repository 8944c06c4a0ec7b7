"""A child's history from the log, with that of every reference ever merged with it."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from operator import attrgetter
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from domain.amended import Amended
from domain.assessment import AssessmentCompleted
from domain.circumstances import BULK_COMPLETION_CHILDREN, BULK_COMPLETION_MINUTES, Elsewhere
from domain.correction import FactCorrected, FactWithdrawn
from domain.field import FactReference
from domain.history import Recorded
from domain.moment import london_day
from domain.people import SupervisionHeld
from domain.policy import AS_REVIEWED, Policy
from domain.question import Question
from domain.working_days import WorkingDays
from infra.errors import Unreadable
from infra.keys import RECHECKED_EVERY_S
from infra.log.commit import LogNotification
from infra.log.marks import Mark, Marked
from projections.projection import Case

KEPT_S = RECHECKED_EVERY_S
FACTS_KEPT = 20_000
WORKERS_KEPT = 5_000
MOMENTS_KEPT = 100_000
"""Marks that many children share are looked through for each of them: what each says is read once."""


MERGE, BATCH, COMPLETION, SUPERVISION = "merge", "batch", "completion", "supervision"
"""Kinds of marks in the log: a reference merged or unmerged, a batch, who authorised a completion and when,
and a child discussed in the supervision of a worker.
"""


class Log(Protocol):
    """What reading histories asks of the log."""

    def select_events(self, originator_id: str, *, gt: int | None = ...) -> Sequence[LogNotification]: ...
    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]: ...
    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]: ...
    def known_by(self, known_at: datetime) -> tuple[int, ...]: ...
    def refreshed(self) -> AbstractContextManager[None]: ...
    def doubles(self) -> Sequence[LogNotification]: ...


class Codec(Protocol):
    """What reading histories asks of the codec, of events as the log gives them."""

    @property
    def keyed(self) -> Callable[[str], str]: ...
    def decode_all(self, logged: Sequence[Any]) -> Sequence[Recorded | Unreadable]: ...


@dataclass(frozen=True)
class History:
    """All that is recorded of a child. ``version`` changes with every fact that is added to it.

    ``beside`` are the supervisions of workers in which the child was discussed, and what amends them.
    """

    child: str
    streams: tuple[str, ...]
    recorded: tuple[Recorded, ...]
    version: str
    beside: tuple[Recorded, ...] = ()

    @cached_property
    def in_log_order(self) -> list[Recorded]:
        return sorted((*self.recorded, *self.beside), key=attrgetter("log_order"))

    @cached_property
    def amended(self) -> Amended:
        """Its facts and what amends them, everything known."""
        return Amended(self.in_log_order)


@dataclass(slots=True)
class _Kept:
    history: History
    since_s: float


@dataclass(slots=True)
class _Supervised:
    """The supervisions of a worker up to ``head``, and what amends them, by the children discussed."""

    since_s: float
    head: int = 0
    by_child: dict[str, list[Recorded]] = field(default_factory=dict)
    named: dict[FactReference, set[str]] = field(default_factory=dict)
    facts: list[Recorded] = field(default_factory=list)

    def copy(self) -> "_Supervised":
        return _Supervised(
            self.since_s,
            self.head,
            {child: [*facts] for child, facts in self.by_child.items()},
            {reference: {*children} for reference, children in self.named.items()},
            [*self.facts],
        )

    def add(self, recorded: Recorded) -> None:
        self.head = max(self.head, recorded.version)
        fact = recorded.fact
        if isinstance(fact, SupervisionHeld):
            children = {*(fact.children or ())}
        elif isinstance(fact, (FactCorrected, FactWithdrawn)):
            target = fact.corrects if isinstance(fact, FactCorrected) else fact.withdraws
            if target not in self.named:
                return
            children = {*self.named[target]}
            if isinstance(fact, FactCorrected) and isinstance(named := fact.changes.get("children"), list):
                children |= {child for child in named if isinstance(child, str)}
            self._join(target, children)
        else:
            return
        self.facts.append(recorded)
        self.named[recorded.reference] = children
        for child in children:
            self.by_child.setdefault(child, []).append(recorded)

    def _join(self, target: FactReference, children: set[str]) -> None:
        """A correction that names others makes what it corrects, and what amended that, theirs too."""
        for child in children - self.named[target]:
            of_child = self.by_child.setdefault(child, [])
            of_child += [one for one in self.facts if one not in of_child and self._leads_to(one, target)]

    def _leads_to(self, one: Recorded, target: FactReference) -> bool:
        if one.reference == target:
            return True
        fact = one.fact
        return (isinstance(fact, FactCorrected) and fact.corrects == target) or (
            isinstance(fact, FactWithdrawn) and fact.withdraws == target
        )


Supervised = OrderedDict[str, _Supervised]
"""By worker."""


def _with_beside(version: str, beside: Sequence[Recorded]) -> str:
    return f"{version}+{len(beside)}" if beside else version


def connected(log: Log, streams: Iterable[str], heads: Sequence[int] | None = None) -> set[str]:
    """The references given, and all that were ever merged with them, directly or by way of others.

    ``heads``: by events up to there, whatever came since.
    """

    def counts(mark: Mark | Marked) -> bool:
        return heads is None or mark.number <= heads[mark.partition]

    found: set[str] = set()
    fringe = set(streams)
    while fringe:
        found |= fringe
        asked = sorted(fringe)
        into = {m.value for marks in log.marks_of_all(asked, MERGE).values() for m in marks if counts(m)}
        of = {m.stream for marks in log.marked_all(MERGE, asked).values() for m in marks if counts(m)}
        fringe = (into | of) - found
    return found


class Histories:
    """Reads the histories of children.

    A history read moments ago is kept, and read again only from where it ends; for no longer than the key
    store may take to notice that a key was destroyed, so that nothing personal outlives its key here.
    """

    def __init__(
        self,
        log: Log,
        codec: Codec,
        calendar: WorkingDays,
        policy: Policy = AS_REVIEWED,
        supervised: "Supervised | None" = None,
    ) -> None:
        """``supervised`` keeps what was read of workers, for other histories too."""
        self._log = log
        self._codec = codec
        self._calendar = calendar
        self._policy = policy
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._facts_kept = 0
        self._supervised: Supervised = OrderedDict() if supervised is None else supervised
        self._lock = Lock()

    def connected(self, streams: Iterable[str], heads: Sequence[int] | None = None) -> set[str]:
        """The references given, and all that were ever merged with them, by events up to some heads."""
        return connected(self._log, streams, heads)

    def of(self, child: str) -> History | None:
        """A child's history; None where the log holds nothing of it.

        Raises Unreadable where a record cannot be read: no figure is given from part of a history.
        """
        with self._log.refreshed():
            return self._of(child)

    def _of(self, child: str) -> History | None:
        streams = (child, *sorted(self.connected([child]) - {child}))
        kept = self._of_late(child, streams)
        heads = dict.fromkeys(streams, 0)
        for fact in kept.recorded if kept else ():
            heads[fact.stream] = max(heads[fact.stream], fact.version)
        new = [event for stream, head in heads.items() for event in self._log.select_events(stream, gt=head)]
        beside = self.supervisions(streams)
        if kept is not None and not new and len(beside) == len(kept.beside):
            return kept
        recorded = list(kept.recorded) if kept else []
        for one in self._codec.decode_all(new):
            if isinstance(one, Unreadable):
                raise one
            recorded.append(one)
            heads[one.stream] = max(heads[one.stream], one.version)
        if not recorded:
            return None
        version = ".".join(map(str, heads.values()))
        history = History(child, streams, tuple(recorded), _with_beside(version, beside), beside)
        self._keep(history)
        return history

    def supervisions(self, streams: Sequence[str]) -> tuple[Recorded, ...]:
        """The supervisions in which one of some children was discussed, and what amends them."""
        marked = self._log.marked_all(SUPERVISION, streams)
        workers = sorted({mark.stream for marks in marked.values() for mark in marks})
        found: dict[FactReference, Recorded] = {}
        for worker in workers:
            by_child = self._of_worker(worker).by_child
            for child in streams:
                found |= {fact.reference: fact for fact in by_child.get(child, ())}
        return tuple(found.values())

    def _of_worker(self, worker: str) -> "_Supervised":
        with self._lock:
            kept = self._supervised.pop(worker, None)
        if kept is None or monotonic() - kept.since_s > KEPT_S:
            kept = _Supervised(monotonic())
        new = self._log.select_events(worker, gt=kept.head)
        if new:
            # One that others may be reading is left as it is.
            kept = kept.copy()
            for one in self._codec.decode_all(new):
                if isinstance(one, Unreadable):
                    raise one
                kept.add(one)
        with self._lock:
            self._supervised[worker] = kept
            while len(self._supervised) > WORKERS_KEPT:
                self._supervised.popitem(last=False)
        return kept

    def _of_late(self, child: str, streams: tuple[str, ...]) -> History | None:
        with self._lock:
            kept = self._kept.get(child)
            if kept is None:
                return None
            is_old = monotonic() - kept.since_s > KEPT_S
            if kept.history.streams != streams or is_old or self._has_doubles(kept.history):
                self._forget(child)
                return None
            return kept.history

    def _has_doubles(self, history: History) -> bool:
        """Whether it has facts of which it turned out since that they do not count."""
        doubles = {(event.partition, str(event.originator_id)) for event in self._log.doubles()}
        return any((fact.partition, fact.stream) in doubles for fact in (history.recorded if doubles else ()))

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
        case = Case(
            history.child,
            history.in_log_order,
            question,
            self._calendar,
            elsewhere,
            policy=self._policy,
            keyed=self._codec.keyed,
        )
        if question.known_before is not None:
            return case
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
                authorised[manager], instant, lambda mark: _is_in(mark, question.as_at, until)
            )
            if count >= BULK_COMPLETION_CHILDREN:
                bulk[reference] = count
        return Elsewhere(children, bulk)


def _is_in(mark: Marked, as_at: date, until: tuple[int, ...] | None) -> bool:
    return (until is None or mark.number <= until[mark.partition]) and _day_of(mark.extra) <= as_at


@lru_cache(MOMENTS_KEPT)
def _day_of(extra: str) -> date:
    return date.fromisoformat(extra) if len(extra) == 10 else london_day(_instant(extra))


@lru_cache(MOMENTS_KEPT)
def _instant(extra: str) -> datetime:
    return datetime.fromisoformat(extra).astimezone(UTC)


def within_minutes(
    marks: Sequence[Marked], instant: datetime, counts: Callable[[Marked], bool] = lambda mark: True
) -> int:
    """How many children have completions within ten minutes of each other, ``instant`` among them; the most
    of any such. Of ``marks`` those matter that count.
    """
    span = timedelta(minutes=BULK_COMPLETION_MINUTES)
    near = sorted(
        (at, mark.stream)
        for mark in marks
        if abs((at := _instant(mark.extra)) - instant) <= span and counts(mark)
    )
    most = 0
    for first, _ in near:
        if first <= instant <= first + span:
            most = max(most, len({stream for at, stream in near if first <= at <= first + span}))
    return most
