"""Holds what writers were told, and every index, against the topic. It shares no code with what it checks."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from tests.faults.history import Answer, Commit, History
from tests.faults.rule import Stored, Truth


def violations(history: History, truth: Truth, indexes: Sequence[Path]) -> list[str]:
    """Everything that is not as it must be."""
    return [
        *(f"a writer was told what it never should be: {said}" for said in history.broken),
        *_versions(truth),
        *_answers(history, truth),
        *_order(history, truth),
        *_reads(history, truth),
        *(said for index in indexes for said in index_violations(index, truth)),
    ]


def _versions(truth: Truth) -> Iterator[str]:
    """Versions follow each other without gaps, and each event is there once."""
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for events in truth.events:
        for event in events:
            versions[event.stream].append(event.version)
    for stream, found in versions.items():
        if found != list(range(found[0], found[0] + len(found))) or found[0] != 1:
            yield f"the versions of {stream} do not follow each other"
    states = Counter(event.state for events in truth.events for event in events)
    for state, count in states.items():
        if count > 1:
            yield f"an event is there {count} times: {state[:40]}"


def _answers(history: History, truth: Truth) -> Iterator[str]:
    """What was acknowledged is there, once, where it was said to be; what was refused is not."""
    for commit in history.commits.values():
        stored = truth.commits.get(commit.id, ())
        where = tuple((one.stream, one.version, one.partition, one.offset) for one in stored)
        if stored and tuple(one.state for one in stored) != commit.states and commit.states:
            yield f"{commit.id} stored other events than were asked for"
        for answer in commit.answers:
            if answer.what == "ok" and not stored:
                yield f"{commit.id} was acknowledged and is not there"
            elif answer.what == "ok" and answer.events != where:
                yield f"{commit.id} was said to be at {answer.events} and is at {where}"
            elif answer.what in ("refused", "never") and stored:
                yield f"{commit.id} was answered {answer.what} and is there"
        if not any(_is_definite(answer) for answer in commit.answers):
            yield f"{commit.id} was never given a definite answer"
    for id in truth.commits.keys() - history.commits.keys():
        yield f"{id} is there and nobody asked for it"


def _is_definite(answer: Answer) -> bool:
    return answer.what in ("ok", "refused", "never")


def _order(history: History, truth: Truth) -> Iterator[str]:
    """A commit that was begun after another was acknowledged lies after it in their streams."""
    by_stream: defaultdict[str, list[tuple[Commit, int, int]]] = defaultdict(list)
    for commit in history.commits.values():
        acknowledged = [answer.at for answer in commit.answers if answer.what == "ok"]
        stored = truth.commits.get(commit.id)
        if acknowledged and stored:
            for stream in {one.stream for one in stored}:
                version = min(one.version for one in stored if one.stream == stream)
                by_stream[stream].append((commit, min(acknowledged), version))
    for stream, found in by_stream.items():
        # Walked by when they were begun: none may lie before the furthest acknowledged by then.
        acknowledged_first = sorted(found, key=lambda one: one[1])
        furthest, at = 0, 0
        for commit, _, version in sorted(found, key=lambda one: one[0].begun):
            while at < len(acknowledged_first) and acknowledged_first[at][1] < commit.begun:
                furthest = max(furthest, acknowledged_first[at][2])
                at += 1
            if version < furthest:
                yield f"{commit.id} lies at version {version} of {stream}, before one acknowledged earlier"


def _reads(history: History, truth: Truth) -> Iterator[str]:
    """A read shows the events that count, from the first, and all that were acknowledged before it."""
    acknowledged: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    last: defaultdict[str, int] = defaultdict(int)
    for events in truth.events:
        for event in events:
            last[event.stream] = max(last[event.stream], event.version)
    for commit in history.commits.values():
        for answer in commit.answers:
            if answer.what == "ok":
                for stream, version, _, _ in answer.events:
                    acknowledged[stream].append((answer.at, version))
    for read in history.reads:
        shown = read.after + len(read.versions)
        if read.versions != tuple(range(read.after + 1, shown + 1)):
            yield f"a read of {read.stream} showed versions with gaps"
        if read.versions and shown > last[read.stream]:
            yield f"a read of {read.stream} showed version {shown}, and {last[read.stream]} is the last"
        must = max((version for at, version in acknowledged[read.stream] if at < read.begun), default=0)
        if shown < must:
            yield f"a read of {read.stream} showed version {shown} as the last, and {must} was acknowledged"


def index_violations(index: Path, truth: Truth) -> list[str]:
    """An index holds, of each partition, exactly what counts before where it says that it stands."""
    with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as connection:
        connection.execute("BEGIN")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'log_events'").fetchone():
            # Its writer was killed before it had made the tables.
            return []
        stands = dict(connection.execute("SELECT partition, next_offset FROM log_positions").fetchall())
        rows = connection.execute(
            "SELECT partition, number, log_offset, stream, version, hex(state) FROM log_events"
            " ORDER BY partition, number"
        ).fetchall()
    found = []
    for partition, events in enumerate(truth.events):
        has = [(n, at, stream, v, state.lower()) for p, n, at, stream, v, state in rows if p == partition]
        must = [_row(event) for event in events if event.offset < stands.get(partition, 0)]
        if has != must:
            found.append(
                f"{index.name} stands at offset {stands.get(partition)} of partition {partition} with "
                f"{len(has)} events, and {len(must)} count before it"
            )
    return found


def _row(event: Stored) -> tuple[int, int, str, int, str]:
    return event.number, event.offset, event.stream, event.version, event.state
