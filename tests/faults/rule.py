"""The rule of the log, written down a second time, slowly and from its words alone.

A commit counts iff its id does not lie before it in its partition, whatever was decided of it then, and each
version it expects of a stream is that stream's last. A stream without events takes any first version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.topic import Written

ANY, HEAD, VERSIONS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Stored:
    """An event that counts; ``number`` is its place among those of its partition that do, from 1."""

    partition: int
    number: int
    offset: int
    stream: str
    version: int
    state: str
    commit: str


@dataclass(slots=True)
class Truth:
    """What a topic holds, by the rule."""

    events: list[list[Stored]]
    """By partition, in order."""

    commits: dict[str, tuple[Stored, ...]] = field(default_factory=dict)
    """What each commit stored that counts."""

    seen: set[str] = field(default_factory=set)
    """Ids that lie on the topic, whatever became of them."""


def truth(topic: Sequence[Sequence[Written]]) -> Truth:
    """Judge every commit of every partition, in order."""
    found = Truth([[] for _ in topic])
    for partition, commits in enumerate(topic):
        seen: set[str] = set()
        for commit in commits:
            if commit.id not in seen:
                _judge(found, partition, commit)
            seen.add(commit.id)
        found.seen |= seen
    return found


def _judge(found: Truth, partition: int, commit: Written) -> None:
    before = found.events[partition]
    stored: list[Stored] = []
    for stream, claimed, state in commit.events:
        last = _last(before, stream)
        own = [event for event in stored if event.stream == stream]
        if own:
            version = own[-1].version + 1
            if commit.kind == VERSIONS and claimed != version:
                return
        elif commit.kind == ANY:
            version = 1 if last is None else last + 1
        else:
            expected = commit.expected if commit.kind == HEAD else claimed - 1
            assert expected is not None
            if last is not None and last != expected:
                return
            version = expected + 1
        number = len(before) + len(stored) + 1
        stored.append(Stored(partition, number, commit.offset, stream, version, state, commit.id))
    before += stored
    if stored:
        found.commits[commit.id] = tuple(stored)


def _last(events: Sequence[Stored], stream: str) -> int | None:
    for event in reversed(events):
        if event.stream == stream:
            return event.version
    return None
