"""How fast the SQLite log takes events in, beside eventsourcing's own application on its own SQLite recorder.

Run as ``python -m benchmarks.log_append [FOLDER]``: the files are made there, and its disk sets the pace.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent

from infra.log.commit import Accepted, Commit, Outcome
from infra.log.sqlite import SqliteLog

STATE_BYTES = 200
STREAMS = 3_000
THREADS = 32
BATCH = 500
BATCHES_UNDER_WAY = 8
ROUNDS = 3


class Case(Aggregate):
    """Its one event is as long as ours."""

    @event("Noted")
    def __init__(self, note: str) -> None:
        self.note = note


class Cases(Application[UUID]):
    """Records a new case with each save."""

    def note(self) -> None:
        self.save(Case("x" * (STATE_BYTES - 100)))


def commit(number: int) -> Commit:
    """A fact about one of many children, in any order of theirs."""
    stored = StoredEvent(
        f"C{number * 7919 % STREAMS}", 0, "casetimeline.AssessmentStarted", os.urandom(8) * (STATE_BYTES // 8)
    )
    return Commit(os.urandom(16), (stored,), expected_version=None)


def saves(folder: Path, *, module: str, threads: int, length: int) -> float:
    """Saves a second of one event each."""
    settings = {"PERSISTENCE_MODULE": module, "SQLITE_DBNAME": str(folder / "cases.db")}
    with Cases(env=settings) as application, ThreadPoolExecutor(threads) as writers:
        started = perf_counter()
        for future in [writers.submit(application.note) for _ in range(length)]:
            future.result()
        return length / (perf_counter() - started)


@contextmanager
def opened(folder: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog.open(folder / "log.db", now=lambda: datetime.now(UTC))) as log:
        yield log


def single_appends(folder: Path, *, length: int) -> float:
    """Events a second, each appended alone and waited for."""
    numbers = count()

    def append(log: SqliteLog) -> None:
        for _ in range(length // THREADS):
            (outcome,) = log.submit([commit(next(numbers))]).result()
            assert isinstance(outcome, Accepted)

    with opened(folder) as log, ThreadPoolExecutor(THREADS) as writers:
        started = perf_counter()
        for future in [writers.submit(append, log) for _ in range(THREADS)]:
            future.result()
        return length / (perf_counter() - started)


def batches(folder: Path, *, length: int) -> float:
    """Events a second in batches, some of which are always under way."""
    with opened(folder) as log:
        under_way: deque[Future[list[Outcome]]] = deque()
        started = perf_counter()
        for first in range(0, length, BATCH):
            if len(under_way) == BATCHES_UNDER_WAY:
                under_way.popleft().result()
            under_way.append(log.submit([commit(number) for number in range(first, first + BATCH)]))
        while under_way:
            under_way.popleft().result()
        return length / (perf_counter() - started)


def main() -> None:
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    theirs = partial(saves, module="eventsourcing.sqlite")
    ours = partial(saves, module="infra.log.sqlite")
    measures: dict[str, Callable[[Path], float]] = {
        "eventsourcing, Application.save, 1 thread": partial(theirs, threads=1, length=1_000),
        f"eventsourcing, Application.save, {THREADS} threads": partial(theirs, threads=THREADS, length=1_000),
        "this log, Application.save, 1 thread": partial(ours, threads=1, length=1_000),
        f"this log, Application.save, {THREADS} threads": partial(ours, threads=THREADS, length=3_000),
        f"this log, single appends, {THREADS} threads": partial(single_appends, length=10_000),
        f"this log, batches of {BATCH}": partial(batches, length=60_000),
    }
    rates: dict[str, list[float]] = {name: [] for name in measures}
    # Round by round, so that a busy moment of the machine falls on all alike.
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            with TemporaryDirectory(dir=folder) as place:
                rates[name].append(measure(Path(place)))
    medians = {name: median(measured) for name, measured in rates.items()}
    baseline = next(iter(medians.values()))
    print(f"Durable appends of events of {STATE_BYTES} bytes: median (lowest to highest) of {ROUNDS} rounds.")
    for name, rate in medians.items():
        spread = f"({min(rates[name]):,.0f} to {max(rates[name]):,.0f})"
        print(f"{name:<48}{rate:>8,.0f} events/s {spread:<20}{rate / baseline:>6.1f} x")


if __name__ == "__main__":
    main()
