"""How fast the service takes facts in over HTTP and answers for a child, beside eventsourcing's own saves.

Run as ``python -m benchmarks.http [--million] [FOLDER]``: the log is made there, and its disk sets the pace.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.http_client import load, request
from benchmarks.log_append import saves
from services.simulate.simulation import simulate

CONNECTIONS = 32
SINGLES = 8_000
BATCH = 500
BATCHES = 80
BATCH_CONNECTIONS = 4
CHILD_EVENTS = 500
READS = 200
ROUNDS = 3
MILLION = 1_000_000

SINGLES_BAR = 3.0
BATCHES_BAR = 25_000
READS_BAR_MS = 15
MEMORY_BAR_MIB = 400


@dataclass(frozen=True, slots=True)
class Running:
    """A running service and where it is reached."""

    process: subprocess.Popen[bytes]
    port: int

    def resident_mib(self) -> float:
        """Memory of the server and of what it started, in MiB."""
        pids = [self.process.pid]
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [child for task in tasks for child in task.read_text().split()]
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (*pids, *children))
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@contextmanager
def service(folder: Path, *options: str) -> Iterator[Running]:
    """The service, as an operator starts it with these options, on the log of the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["serve", "--data", str(folder / "data"), "--http", f"127.0.0.1:{port}", *options]
    process = subprocess.Popen([sys.executable, "-m", "services", *arguments], stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Running(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    sys.exit("the service did not become ready")


def facts(count: int, name: str, children: int = 500) -> list[bytes]:
    """Events as a case system posts them, about several children in turn."""
    return [
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"{name}-{number}",
                "source": "https://cases.example.gov.uk/core",
                "type": "casetimeline.VisitMade",
                "subject": f"{name}-{number % children}",
                "recordedtime": "2019-03-06T16:05:00Z",
                "data": {
                    "occurred_on": (
                        f"20{10 + number // children % 9}-{1 + number % 12:02}-{1 + number % 28:02}"
                    ),
                    "visit_id": f"V-{number}",
                    "purpose": "child_in_need",
                    "seen": True,
                    "worker_id": f"SW-{number % 40}",
                },
            },
            separators=(",", ":"),
        ).encode()
        for number in range(count)
    ]


def sent(
    port: int, requests: list[bytes], connections: int, expected: tuple[int, ...]
) -> tuple[float, list[float]]:
    """Send requests from a process of their own, so that making them costs the server nothing."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_load, port, requests, connections, expected).result()


def _load(
    port: int, requests: list[bytes], connections: int, expected: tuple[int, ...]
) -> tuple[float, list[float]]:
    return asyncio.run(load(port, requests, connections, expected))


def singles(port: int, name: str) -> float:
    """Facts a second, each posted alone and answered once it is durable."""
    posts = [
        request("POST", "/events", fact, "application/cloudevents+json") for fact in facts(SINGLES, name)
    ]
    seconds, _ = sent(port, posts, CONNECTIONS, (201,))
    return SINGLES / seconds


def batches(port: int, name: str, count: int = BATCHES) -> float:
    """Facts a second in batches."""
    posted = facts(count * BATCH, name, children=3_000)
    posts = [
        request(
            "POST",
            "/events",
            b"[" + b",".join(posted[start : start + BATCH]) + b"]",
            "application/cloudevents-batch+json",
        )
        for start in range(0, len(posted), BATCH)
    ]
    seconds, _ = sent(port, posts, BATCH_CONNECTIONS, (200,))
    return len(posted) / seconds


def child_of(events: int) -> tuple[str, list[bytes]]:
    """A child with at least so many facts, as the invented authority has them, cut to that many."""
    for richness in (4.0, 16.0, 64.0):
        by_child: dict[str, list[bytes]] = {}
        for line in simulate(200, 7, date(2008, 1, 1), richness=richness):
            fact = json.loads(line)
            if fact["subject"].startswith("C"):
                by_child.setdefault(fact["subject"], []).append(line)
        for child, lines in by_child.items():
            if len(lines) >= events:
                return child, lines[:events]
    sys.exit(f"no invented child has {events} facts")


def reads(port: int, child: str, what: str) -> float:
    """The median time in ms to answer for a child, one request at a time."""
    requests = [
        request("GET", f"/children/{child}/{what}?as_at=2019-10-{1 + n % 22:02}") for n in range(READS)
    ]
    _, seconds = sent(port, requests, 1, (200,))
    return median(seconds) * 1_000


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--million"]
    folder = arguments[0] if arguments else None
    baselines, posted, batched = [], [], []
    with TemporaryDirectory(dir=folder) as place, service(Path(place)) as running:
        batches(running.port, "warm", 4)
        for turn in range(ROUNDS):
            with TemporaryDirectory(dir=folder) as theirs:
                module = "eventsourcing.sqlite"
                baselines.append(saves(Path(theirs), module=module, threads=1, length=1_000))
            posted.append(singles(running.port, f"S{turn}"))
            batched.append(batches(running.port, f"B{turn}"))
        baseline, single, batch = median(baselines), median(posted), median(batched)
        line("eventsourcing, Application.save on a SQLite file", f"{baseline:,.0f} events/s", "")
        line(
            f"single posts, durable, {CONNECTIONS} connections",
            f"{single:,.0f} events/s",
            f"{single / baseline:.1f} x (bar {SINGLES_BAR:.0f} x)",
        )
        line(f"batches of {BATCH}, durable", f"{batch:,.0f} events/s", f"bar {BATCHES_BAR:,}")
        child, lines = child_of(CHILD_EVENTS)
        sent(running.port, [request("POST", "/events", b"".join(lines), "application/x-ndjson")], 1, (200,))
        for what in ("timeline", "clocks"):
            took = reads(running.port, child, what)
            line(
                f"{what} of a child with {CHILD_EVENTS} facts",
                f"{took:,.1f} ms median",
                f"bar {READS_BAR_MS} ms",
            )
        if "--million" in sys.argv:
            for part in range(10):
                batches(running.port, f"M{part}", MILLION // BATCH // 10)
            line(
                "memory after a million facts more",
                f"{running.resident_mib():,.0f} MiB",
                f"bar {MEMORY_BAR_MIB} MiB",
            )


def line(what: str, figure: str, beside: str) -> None:
    print(f"{what:<52}{figure:>20}   {beside}", flush=True)


if __name__ == "__main__":
    main()
