"""What befalls brokers and writers: killed, paused and cut off, drawn by a seed, and put right again."""

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random

from tests.faults.network import Network
from tests.faults.writer import Task, write

MOST_COPIES = 40


class Crew:
    """Writers, each in a process of its own, started again when they are killed."""

    def __init__(self, forking: ForkServerContext, tasks: list[Task], snapshots: Path) -> None:
        self._forking = forking
        self._tasks = tasks
        self._lives = [0] * len(tasks)
        self._processes: list[ForkServerProcess] = []
        self._snapshots = snapshots
        self.copies: list[Path] = []
        snapshots.mkdir()

    def start(self) -> None:
        self._processes = [self._born(number) for number in range(len(self._tasks))]

    def __len__(self) -> int:
        return len(self._tasks)

    def kill(self, number: int) -> None:
        """End a writer as a crash does, keep a copy of its index as it left it, and start it again."""
        process = self._processes[number]
        process.kill()
        process.join()
        process.close()
        self._copy(number)
        self._processes[number] = self._born(number)

    def pause(self, number: int) -> None:
        self._signal(number, signal.SIGSTOP)

    def resume(self, number: int) -> None:
        self._signal(number, signal.SIGCONT)

    def end(self, within_s: float) -> list[str]:
        """Have every writer end what it is doing; the names of those that did not in time."""
        until = time.monotonic() + within_s
        for process in self._processes:
            process.terminate()
        late = []
        for task, process in zip(self._tasks, self._processes, strict=True):
            process.join(max(until - time.monotonic(), 0.1))
            if process.is_alive():
                late.append(task.name)
                # It writes down where it stands.
                process_id = process.pid
                assert process_id is not None
                os.kill(process_id, signal.SIGUSR1)
                process.join(1.0)
                process.kill()
                process.join()
            process.close()
        self._processes = []
        return late

    def _born(self, number: int) -> ForkServerProcess:
        self._lives[number] += 1
        task = self._tasks[number]
        life = replace(task, seed=f"{task.seed}/{self._lives[number]}")
        process = self._forking.Process(target=write, args=(life,), daemon=True)
        process.start()
        return process

    def _copy(self, number: int) -> None:
        """A copy of the index of a killed writer, where no other has it open."""
        task = self._tasks[number]
        is_shared = sum(one.index == task.index for one in self._tasks) > 1
        if is_shared or len(self.copies) >= MOST_COPIES or not task.index.exists():
            return
        copy = self._snapshots / f"{task.name}-{self._lives[number]}.sqlite3"
        for ending in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{task.index}{ending}", f"{copy}{ending}")
        self.copies.append(copy)

    def _signal(self, number: int, what: signal.Signals) -> None:
        pid = self._processes[number].pid
        assert pid is not None
        with suppress(ProcessLookupError):
            os.kill(pid, what)


class Nemesis:
    """Lets one fault follow another until the time is over; ``befell`` counts them by name."""

    def __init__(self, random: Random, network: Network, crew: Crew) -> None:
        self._random = random
        self._network = network
        self._nodes = network.cluster.nodes
        self._crew = crew
        self.befell: Counter[str] = Counter()

    def rage(self, seconds: float) -> None:
        """Every kind of fault in turn, each at least once, in an order and at times that the seed draws."""
        until = time.monotonic() + seconds
        for name, fault in self._drawn():
            if time.monotonic() > until and self.befell.keys() >= self._faults().keys():
                return
            self.befell[name] += 1
            fault()
            time.sleep(self._random.uniform(0.1, 1.0))

    def harass(self, seconds: float) -> None:
        """Kill writers, one after another, and leave the brokers alone."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.befell["writer killed"] += 1
            self._kill_writer()
            time.sleep(self._random.uniform(0.1, 1.0))

    def _drawn(self) -> Iterator[tuple[str, Callable[[], None]]]:
        faults = self._faults()
        while True:
            for name in self._random.sample(sorted(faults), len(faults)):
                # Writers are cheap to kill.
                for _ in range(3 if name.startswith("writer") else 1):
                    yield name, faults[name]

    def _faults(self) -> dict[str, Callable[[], None]]:
        faults = {
            "writer killed": self._kill_writer,
            "writer paused": self._pause_writer,
            "broker killed": self._kill_broker,
            "broker paused": self._pause_broker,
        }
        if self._network.links:
            faults["broker cut off"] = self._cut_broker
        if len(self._network.addresses) > 1:
            faults["broker parted"] = self._part_broker
        return faults

    def _kill_writer(self) -> None:
        self._crew.kill(self._random.randrange(len(self._crew)))

    def _pause_writer(self) -> None:
        number = self._random.randrange(len(self._crew))
        self._crew.pause(number)
        time.sleep(self._random.uniform(0.2, 2.0))
        self._crew.resume(number)

    def _kill_broker(self) -> None:
        node = self._random.randrange(len(self._nodes))
        self._nodes[node].kill()
        time.sleep(self._random.uniform(0.0, 1.0))
        self._network.start(node)
        self._nodes[node].wait()

    def _pause_broker(self) -> None:
        node = self._nodes[self._random.randrange(len(self._nodes))]
        node.pause()
        time.sleep(self._random.choice((0.5, 2.0, 5.0)) * self._random.uniform(0.7, 1.3))
        node.resume()

    def _part_broker(self) -> None:
        """From the other brokers alone: it may take itself for the leader when another leads already."""
        node = self._random.randrange(len(self._nodes))
        self._network.part(node)
        time.sleep(self._random.choice((2.0, 5.0, 8.0)) * self._random.uniform(0.7, 1.3))
        self._network.unite(node)

    def _cut_broker(self) -> None:
        node = self._random.randrange(len(self._nodes))
        self._network.cut(node)
        time.sleep(self._random.choice((0.5, 2.0, 5.0)) * self._random.uniform(0.7, 1.3))
        self._network.mend(node)
