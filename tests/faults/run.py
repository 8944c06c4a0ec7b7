"""One run: writers on few children, faults for a time, peace, and then what the checker says."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.faults.checker import violations
from tests.faults.history import History, Notes, read_histories
from tests.faults.nemesis import Crew, Nemesis
from tests.faults.network import Network
from tests.faults.rule import truth
from tests.faults.topic import read_topic
from tests.faults.writer import Task, opened, recording, report, where

PARTITIONS = 4
CHILDREN = 7
PEACE_S = 60.0
"""How long everything may take to come to an answer once all is well again."""

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.faults.writer"])


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, and what was not as it must be."""

    seed: int
    brokers: int
    befell: Counter[str]
    answers: Counter[str]
    written: int
    counting: int
    reads: int
    indexes: int
    violations: list[str]

    def told(self) -> str:
        """The report as text."""
        lines = [
            f"seed {self.seed}, {self.brokers} broker(s): {_listed(self.befell) or 'no faults'}",
            f"  {self.written} commits lie on the topic, {self.counting} count; {self.reads} reads",
            f"  answers: {_listed(self.answers)}; {self.indexes} indexes compared",
            f"  {len(self.violations)} violations",
        ]
        return "\n".join([*lines, *(f"    {said}" for said in self.violations[:20])])


def run(
    network: Network,
    folder: Path,
    *,
    seed: int,
    seconds: float,
    broken: str | None = None,
    calm: bool = False,
) -> Report:
    """Let writers write while the nemesis rages, and check. ``calm``: it only kills writers."""
    folder.mkdir(parents=True)
    random = Random(seed)
    tasks = list(_tasks(network, folder, seed, broken))
    crew = Crew(FORKING, tasks, folder / "copies")
    nemesis = Nemesis(random, network, crew)
    crew.start()
    try:
        time.sleep(2.0)
        if calm:
            nemesis.harass(seconds)
        else:
            nemesis.rage(seconds)
    finally:
        late = crew.end(PEACE_S)
    notes = [*dict.fromkeys(task.notes for task in tasks), folder / "settled.jsonl"]
    _settle(tasks[0], read_histories(notes[:-1]), notes[-1])
    history = read_histories(notes)
    topic = read_topic(",".join(network.servers), tasks[0].topic, PARTITIONS)
    found = truth(topic)
    indexes = [*dict.fromkeys(task.index for task in tasks), *crew.copies, folder / "settled.sqlite3"]
    indexes = [index for index in indexes if index.exists()]
    said = [f"writer {name} was still waiting after {PEACE_S:.0f} s of peace" for name in late]
    return Report(
        seed=seed,
        brokers=len(network.servers),
        befell=nemesis.befell,
        answers=Counter(answer.what for one in history.commits.values() for answer in one.answers),
        written=sum(map(len, topic)),
        counting=len(found.commits),
        reads=len(history.reads),
        indexes=len(indexes),
        violations=said + violations(history, found, indexes),
    )


def _tasks(network: Network, folder: Path, seed: int, broken: str | None) -> Iterator[Task]:
    """Four writers: two that share an index, as processes of one instance do, and two with their own."""
    for number, index in enumerate(("shared", "shared", "own-2", "own-3")):
        yield Task(
            name=f"writer-{number}",
            seed=f"{seed}/{number}",
            servers=network.servers,
            topic=f"log-{folder.name}",
            partitions=PARTITIONS,
            children=tuple(f"C{each}" for each in range(CHILDREN)),
            index=folder / f"{index}.sqlite3",
            folder=folder,
            notes=folder / f"writer-{number}.jsonl",
            broken=broken,
        )


def _settle(task: Task, history: History, path: Path) -> None:
    """Ask, with an index made from nothing, what became of all that nobody has an answer to."""
    notes = Notes(path)
    with ExitStack() as stack:
        fresh = replace(task, index=path.with_suffix(".sqlite3"), broken=None)
        log = opened(fresh, stack)
        records = recording(fresh, log, stack)
        for commit in history.undecided():
            if commit.fact is not None:
                report(records, notes, fresh.children, commit.fact)
                continue
            stored = log.settle(bytes.fromhex(commit.id), commit.stream)
            notes.answer(commit.id, "never" if stored is None else "ok", where(stored or ()))
        # So that the index made from nothing is whole, and compared with the others.
        log.heads()


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
