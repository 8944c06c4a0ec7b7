"""A writer: a process that appends to a few children, reads them, and notes what it asked and was told."""

import faulthandler
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event as Signal
from threading import Thread

from eventsourcing.persistence import StoredEvent

from infra.codec import Codec
from infra.conflicts import Conflicts
from infra.kafka_place import KafkaPlace
from infra.keys import open_embedded
from infra.log.commit import (
    OWN,
    Accepted,
    Commit,
    LogNotification,
    LogUnavailable,
    Outcome,
    Refused,
    Repeated,
)
from infra.log.kafka_client import Brokers
from infra.log.kafka_genesis import partition_of
from infra.log.kafka_log import KafkaLog
from infra.log.kafka_pack import encode
from services.intake import incoming
from services.ready import commit_id
from services.record import Receipt, Recording
from tests.faults.broken import log_class
from tests.faults.history import Event, Notes
from tests.reported import referral

SOURCE = "urn:invented:cases"
TIMEOUT_S = 3.0
"""How long a producer tries before its writer is told that the outcome is unknown."""

THREADS = 2
RECENT = 20
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Task:
    """What a writer is to do, and where. ``index``: the file of its index, perhaps shared with another."""

    name: str
    seed: str
    servers: tuple[str, ...]
    topic: str
    partitions: int
    children: tuple[str, ...]
    index: Path
    folder: Path
    notes: Path
    broken: str | None = None


def opened(task: Task, stack: ExitStack) -> KafkaLog:
    """The log as a writer has it. Raises LogUnavailable."""
    if task.broken is not None:
        os.environ["BROKEN"] = task.broken
    brokers = Brokers(KafkaPlace(task.servers, task.topic))
    log = log_class().open(
        brokers, f"sqlite:///{task.index}", partitions=task.partitions, timeout_s=TIMEOUT_S
    )
    stack.callback(log.close)
    return log


def recording(task: Task, log: KafkaLog, stack: ExitStack) -> Recording:
    """What records facts in the log, as the service does."""
    keys = open_embedded(task.folder)
    stack.callback(keys.close)
    conflicts = Conflicts(task.folder / "conflicts.sqlite3")
    stack.callback(conflicts.close)
    return Recording(log, Codec(keys), conflicts, lambda: NOW)


def write(task: Task) -> None:
    """Write until told to stop; then end what is under way, and return."""
    stop = Signal()
    faulthandler.register(signal.SIGUSR1, task.notes.with_suffix(".stacks").open("w"))
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    notes = Notes(task.notes)
    with ExitStack() as stack:
        log = None
        while log is None and not stop.is_set():
            with suppress(LogUnavailable):
                log = opened(task, stack)
        if log is None:
            return
        records = recording(task, log, stack)
        threads = [
            Thread(target=Writer(task, log, records, notes, f"{task.seed}/{n}", stop).run)
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Writer:
    """One thread of a writer: it asks one thing at a time, until the answer is definite."""

    def __init__(
        self, task: Task, log: KafkaLog, recording: Recording, notes: Notes, seed: str, stop: Signal
    ) -> None:
        self._children = task.children
        self._log = log
        self._recording = recording
        self._notes = notes
        self._random = Random(seed)
        self._stop = stop
        self._heads: dict[str, int] = {}
        self._past: deque[Commit] = deque(maxlen=50)
        self._late: list[tuple[float, Commit]] = []

    def run(self) -> None:
        try:
            while not self._stop.is_set():
                self._step()
        except BaseException as error:
            self._notes.write("fell over", said=repr(error))
            raise

    def _step(self) -> None:
        due = [one for one in self._late if one[0] < time.monotonic()]
        drawn = self._random.random()
        if due:
            self._late.remove(due[0])
            self._ask(due[0][1])
        elif drawn < 0.50:
            self._append()
        elif drawn < 0.75:
            self._report()
        elif drawn < 0.85 and self._past:
            self._ask(self._random.choice(self._past))
        elif drawn < 0.90 and self._past:
            self._double(self._random.choice(self._past))
        else:
            self._read()

    def _append(self) -> None:
        """Events that expect the version last seen of their child: often right, and sometimes stale."""
        child = self._random.choice(self._children)
        if self._random.random() < 0.5:
            with suppress(LogUnavailable):
                self._heads[child] = self._log.head(child) or 0
        expected = self._heads.get(child, 0)
        if expected > 1 and self._random.random() < 0.08:
            expected -= 1
        id = self._random.randbytes(16)
        has_own = self._random.random() < 0.4
        events = tuple(
            StoredEvent(child, expected + n if has_own else 0, "invented", id + bytes([n]))
            for n in range(1, self._random.randint(1, 3) + 1)
        )
        commit = Commit(id, events, OWN if has_own else expected)
        self._past.append(commit)
        if self._random.random() < 0.05:
            self._late.append((time.monotonic() + 3 * self._random.random(), commit))
        else:
            self._ask(commit)

    def _ask(self, commit: Commit) -> None:
        id, child = commit.id.hex(), str(commit.events[0].originator_id)
        self._notes.begin(id, child, [event.state.hex() for event in commit.events])
        while True:
            try:
                (outcome,) = self._log.submit([commit]).result()
            except LogUnavailable:
                self._notes.answer(id, "unknown")
                if self._random.random() < 0.3 and self._gives_up(commit, child):
                    return
                time.sleep(0.1)
            else:
                self._told(id, child, outcome)
                return

    def _told(self, id: str, child: str, outcome: Outcome) -> None:
        if isinstance(outcome, (Accepted, Repeated)):
            self._notes.answer(id, "ok", where(outcome.notifications))
            self._heads[child] = max(
                self._heads.get(child, 0), *(one.originator_version for one in outcome.notifications)
            )
        elif isinstance(outcome, Refused):
            self._notes.answer(id, "refused")
            self._heads[child] = max(self._heads.get(child, 0), outcome.head or 0)

    def _gives_up(self, commit: Commit, child: str) -> bool:
        """Ask what became of a commit, so that it is settled; whether an answer came."""
        try:
            stored = self._log.settle(commit.id, child)
        except LogUnavailable:
            return False
        id = commit.id.hex()
        if stored is None:
            self._notes.answer(id, "never")
        else:
            self._notes.answer(id, "ok", where(stored))
        return True

    def _report(self) -> None:
        """A fact that other writers report too, at about the same time."""
        number = time.monotonic_ns() // 50_000_000 + self._random.randrange(20)
        report(self._recording, self._notes, self._children, number)

    def _double(self, commit: Commit) -> None:
        """Another copy on the topic of what was asked for before, or is being asked for."""
        child = str(commit.events[0].originator_id)
        self._notes.begin(commit.id.hex(), child, [event.state.hex() for event in commit.events])
        with suppress(LogUnavailable):
            self._log.producer.append(partition_of(child, self._log.partitions), encode([commit]))

    def _read(self) -> None:
        child = self._random.choice(self._children)
        after = max(self._heads.get(child, 0) - RECENT, 0)
        begun = time.monotonic_ns()
        with suppress(LogUnavailable):
            events = self._log.select_events(child, gt=after)
            versions = [event.originator_version for event in events]
            self._notes.write("read", begun=begun, stream=child, after=after, versions=versions)


def report(recording: Recording, notes: Notes, children: Sequence[str], number: int) -> None:
    """Report a fact, the same whoever reports it, until the answer is definite."""
    fact = incoming(fact_of(children, number), NOW)
    id = commit_id(fact.source, fact.id).hex()
    notes.begin(id, fact.stream, fact=number)
    while True:
        try:
            (result,) = recording.record([fact])
        except LogUnavailable:
            notes.answer(id, "unknown")
            time.sleep(0.1)
            continue
        if isinstance(result, Receipt):
            stored = result.stored
            place = (str(stored.originator_id), stored.originator_version, stored.partition, stored.offset)
            notes.answer(id, "ok", [place])
        else:
            notes.write("conflict", said=repr(result))
        return


def fact_of(children: Sequence[str], number: int) -> dict[str, object]:
    """The fact of a number."""
    return referral(subject=children[number % len(children)], id=f"fact-{number}", referral_id=f"R-{number}")


def where(notifications: Sequence[LogNotification]) -> list[Event]:
    return [
        (str(one.originator_id), one.originator_version, one.partition, one.offset) for one in notifications
    ]
