"""What writers did and were told, as each noted it: a line before it asked, and a line for every answer."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

Event = tuple[str, int, int, int]
"""Where an event was said to be: stream, version, partition, offset."""


@dataclass(slots=True)
class Answer:
    """One answer: ``ok`` (with where the events are), ``refused``, ``unknown`` or ``never``.

    ``never``: nothing of the commit is stored, and nothing ever will be.
    """

    at: int
    what: str
    events: tuple[Event, ...] = ()


@dataclass(slots=True)
class Commit:
    """A commit that writers asked for, once or several times, and what they were told.

    ``fact``: the number of the fact that it is of, whose states are not foretold; None for any other.
    """

    id: str
    begun: int
    stream: str
    states: tuple[str, ...]
    fact: int | None
    answers: list[Answer] = field(default_factory=list)


@dataclass(slots=True)
class Read:
    """A read of a stream after a version, which must show all that was acknowledged before it was begun."""

    begun: int
    stream: str
    after: int
    versions: tuple[int, ...]


class Notes:
    """A writer's file. Every line is with the system before the next step, and outlives the writer."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = Lock()

    def write(self, what: str, **told: Any) -> None:
        line = json.dumps({"t": time.monotonic_ns(), "what": what, **told}).encode() + b"\n"
        with self._lock:
            os.write(self._file, line)

    def begin(self, id: str, stream: str, states: Sequence[str] = (), fact: int | None = None) -> None:
        self.write("begin", id=id, stream=stream, states=list(states), fact=fact)

    def answer(self, id: str, what: str, events: Sequence[Event] = ()) -> None:
        self.write("answer", id=id, is_=what, events=[list(event) for event in events])


@dataclass(slots=True)
class History:
    """All that all writers noted. One commit may have been asked for by several of them."""

    commits: dict[str, Commit]
    reads: list[Read]
    broken: list[str]

    def undecided(self) -> Iterator[Commit]:
        """Commits of which nobody was ever told anything definite."""
        for commit in self.commits.values():
            if not any(answer.what in ("ok", "refused", "never") for answer in commit.answers):
                yield commit


def read_histories(paths: Sequence[Path]) -> History:
    """The histories in some files, put together. A last line that its writer could not end is left out."""
    history = History({}, [], [])
    lines: list[dict[str, Any]] = []
    for path in paths:
        raw = path.read_bytes()
        lines += [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]
    for line in sorted(lines, key=lambda line: line["t"]):
        _add(history, line)
    return history


def _add(history: History, line: dict[str, Any]) -> None:
    if line["what"] == "begin":
        commit = history.commits.setdefault(
            line["id"], Commit(line["id"], line["t"], line["stream"], tuple(line["states"]), line["fact"])
        )
        commit.begun = min(commit.begun, line["t"])
    elif line["what"] == "answer":
        events = tuple((str(e[0]), int(e[1]), int(e[2]), int(e[3])) for e in line["events"])
        history.commits[line["id"]].answers.append(Answer(line["t"], line["is_"], events))
    elif line["what"] == "read":
        history.reads.append(Read(line["begun"], line["stream"], line["after"], tuple(line["versions"])))
    else:
        history.broken.append(f"{line['what']}: {line.get('said', '')}")
