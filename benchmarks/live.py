"""How long a fact takes to become rows of all projections while facts keep coming, log and views on one disk.

Putting in what 50,000 children have takes some minutes, what ``--small`` does less than one.
"""

import argparse
import multiprocessing
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from threading import Event

from infra.incoming import Incoming
from services.compose import Parts, composed
from services.config import Config, read_config

TODAY = "2019-10-22"
SECONDS = 15.0
GIVEN_UP_AFTER_S = 45.0
A_STEP_S = 0.05
PUT_IN_AT_ONCE = 5_000
SOURCE = "urn:invented:live"


def project(config: Config, ready: Signal, stop: Signal) -> None:
    """Keep the views up in a process of its own, as the service does."""
    with composed(config) as parts:
        ready.set()
        done = Event()
        while not stop.is_set():
            if not parts.projector.catch_up(done):
                time.sleep(0.05)


def fact(child: int, number: int) -> Incoming:
    """The ``number``-th fact of a child: a referral and its assessment, then visits."""
    day = date(2018, 1, 2) + timedelta(days=number % 600)
    named = f"{child}-{number // 20}"
    data: dict[str, object] = {"occurred_on": day.isoformat(), "worker_id": f"W-{child % 97}"}
    more: dict[str, object]
    if number % 20 == 0:
        name, more = "ReferralReceived", {"referral_id": named}
    elif number % 20 == 1:
        name, more = "AssessmentStarted", {"assessment_id": named, "referral_id": named}
    elif number % 20 == 19:
        name, more = "AssessmentCompleted", {"assessment_id": named, "authorised_by": "M-1"}
    else:
        name, more = "VisitMade", {"visit_id": f"{child}-{number}", "purpose": "assessment", "seen": True}
    # As most are, it is entered on the day after.
    entered = f"{day + timedelta(days=1)}T09:00:00Z"
    return Incoming(f"C{child}", SOURCE, f"{child}-{number}", name, data | more, None, entered)


def number_in_rows(parts: Parts) -> int:
    """How many events are in the rows of every projection."""
    return min(sum(at.number for at in one.partitions.values()) for one in parts.views.positions())


def measure(children: int, facts: int, rate: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="casetimeline-live-"))
    config = read_config({"CASETIMELINE_DATA": str(folder), "CASETIMELINE_TODAY": TODAY})
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    try:
        with composed(config) as parts:
            every = [fact(child, number) for child in range(children) for number in range(facts)]
            for start in range(0, len(every), PUT_IN_AT_ONCE):
                parts.recording.record(every[start : start + PUT_IN_AT_ONCE])
            parts.projector.catch_up()
            projector = context.Process(target=project, args=(config, ready, stop))
            projector.start()
            ready.wait()
            waited = follow(parts, children, facts, rate)
            stop.set()
            projector.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = f"{children:,} children of {facts} facts, {rate:,} facts/s asked for"
    cuts = statistics.quantiles(waited, n=100)
    print(f"{told:<55} {len(waited):>7,} facts  median {cuts[49]:>7.0f} ms  99th {cuts[98]:>7.0f} ms")


def follow(parts: Parts, children: int, facts: int, rate: int) -> Sequence[float]:
    """Record facts at a rate, and how many milliseconds each took until it was in all rows."""
    draw = random.Random(1)
    total = number_in_rows(parts)
    numbers: dict[int, int] = {}
    waiting: list[tuple[int, float, int]] = []
    waited: list[float] = []
    began = time.perf_counter()
    sent = 0
    while (now := time.perf_counter()) - began < SECONDS or waiting:
        due = int(min(now - began, SECONDS) * rate) - sent
        if due > 0:
            chosen = [draw.randrange(children) for _ in range(due)]
            for child in chosen:
                numbers[child] = numbers.get(child, facts - 1) + 1
            batch = {child: numbers[child] for child in chosen}
            at = time.perf_counter()
            parts.recording.record([fact(child, number) for child, number in batch.items()])
            total += len(batch)
            sent += due
            waiting.append((total, at, len(batch)))
        reached = number_in_rows(parts)
        now = time.perf_counter()
        while waiting and waiting[0][0] <= reached:
            _, at, many = waiting.pop(0)
            waited += [(now - at) * 1_000] * many
        if now - began > GIVEN_UP_AFTER_S:
            # It does not keep up: what still waits counts as having waited until now.
            waited += [(now - at) * 1_000 for _, at, many in waiting for _ in range(many)]
            break
        time.sleep(A_STEP_S / 5)
    return waited


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--children", type=int, default=50_000)
    parser.add_argument(
        "--small", action="store_const", dest="children", const=2_000, help="--children 2000, in minutes"
    )
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        measure(given.children, 20, 2_000)
        measure(max(10, given.children // 50), 500, 100)
        measure(given.children, 20, 100)


if __name__ == "__main__":
    main()
