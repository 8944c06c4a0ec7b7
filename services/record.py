"""Recording facts: each is stored once, a repeat is told so, and what contradicts the first is refused."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from domain.catalogue import PREFIX
from infra.codec import Codec
from infra.conflicts import Conflicts
from infra.errors import Unreadable
from infra.incoming import Incoming
from infra.keys import Erased
from infra.log.commit import (
    Accepted,
    Commit,
    LogDamaged,
    LogNotification,
    Outcome,
    Refused,
    Repeated,
)
from services.ready import Ready, commit_id, ready


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """A fact is in the log, and where it is ``stored``; ``is_duplicate`` if it was there before."""

    source: str
    id: str
    stored: LogNotification
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another fact with this identity is on the record; ``differs`` are JSON pointers to what differs."""

    source: str
    id: str
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """What is personal of this child was erased, so that nothing personal can be recorded of it again."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """The fact's part of the log lost something: nothing is recorded there until it is mended."""

    source: str
    id: str
    error: LogDamaged


Result = Receipt | Conflict | Gone | Damaged

Fact = Incoming | Ready
"""A fact to be recorded: as it came in, or made ready for the log elsewhere."""


class Prepared(NamedTuple):
    """Commits ready for the log, and the places of the facts that cannot be stored any more."""

    commits: list[Commit]
    gone: frozenset[int]


class Log(Protocol):
    """What recording asks of the log."""

    def submit(self, commits: Sequence[Commit], timeout_s: float = ...) -> "Future[list[Outcome]]": ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def find(self, commit_id: bytes) -> tuple[LogNotification, ...] | None: ...


class Recording:
    """Records facts in the log, and lists those refused as conflicts."""

    def __init__(self, log: Log, codec: Codec, conflicts: Conflicts, now: Callable[[], datetime]) -> None:
        self._log = log
        self._codec = codec
        self._conflicts = conflicts
        self._now = now
        self._doubles_listed: set[tuple[int, int]] = set()

    def record(self, facts: Sequence[Incoming]) -> list[Result]:
        """Record facts; the results are in their order, and every one recorded is durable and readable.

        Raises LogUnavailable where nothing is known of what became of them, and LogDamaged where nothing
        became of some: the same facts again find out.
        """
        prepared = self.prepare(facts)
        outcomes = self._log.submit(prepared.commits).result() if prepared.commits else []
        results = self.results(facts, outcomes, prepared)
        self.list_conflicts(facts, results)
        for result in results:
            if isinstance(result, Damaged):
                raise result.error
        return results

    def record_asked(self, fact: Incoming, expected_version: int) -> Receipt | None:
        """Record what a person asked for while the stream has the version they saw; None where it has not.

        Raises LogUnavailable as `record` does, and Erased where nothing personal can be kept of the child.
        """
        commit = ready(fact, self._codec.encode(fact)).commit(expected_version)
        (outcome,) = self._log.submit([commit]).result()
        if isinstance(outcome, LogDamaged):
            raise outcome
        if isinstance(outcome, Refused):
            return None
        (stored,) = outcome.notifications
        return Receipt(fact.source, fact.id, stored, isinstance(outcome, Repeated))

    def prepare(self, facts: Sequence[Fact]) -> Prepared:
        """The commits of facts, every personal part sealed. What is ready is taken as it is."""
        states = iter(self._codec.encode_all([fact for fact in facts if isinstance(fact, Incoming)]))
        commits = []
        gone = set()
        for place, fact in enumerate(facts):
            if isinstance(fact, Ready):
                commits.append(fact.commit())
                continue
            state = next(states)
            if type(state) is bytes:
                commits.append(ready(fact, state).commit())
            else:
                gone.add(place)
        return Prepared(commits, frozenset(gone))

    def submit(self, prepared: Prepared) -> "Future[list[Outcome]]":
        """Hand commits to the log without waiting. Raises LogBusy where it has no room for them now."""
        return self._log.submit(prepared.commits, timeout_s=0)

    def results(self, facts: Sequence[Fact], outcomes: Sequence[Outcome], prepared: Prepared) -> list[Result]:
        """What became of facts, given what became of their commits. What was there before is compared."""
        if not prepared.gone:
            return [
                Receipt(fact.source, fact.id, outcome.notifications[0])
                if type(outcome) is Accepted
                else self._result(fact, outcome)
                for fact, outcome in zip(facts, outcomes, strict=True)
            ]
        following = iter(outcomes)
        return [
            Gone(fact.source, fact.id) if place in prepared.gone else self._result(fact, next(following))
            for place, fact in enumerate(facts)
        ]

    def list_conflicts(self, facts: Sequence[Fact], results: Sequence[Result]) -> None:
        """List the conflicts among results. Raises LogUnavailable where they cannot be."""
        found = [
            (fact.source, fact.id, fact.stream, PREFIX + fact.type, result.differs)
            for fact, result in zip(facts, results, strict=True)
            if isinstance(result, Conflict)
        ]
        if found:
            self._conflicts.add(found, self._now())

    def list_doubles(self) -> None:
        """List as conflicts the facts recorded at once with another of their identity, which counts.

        Raises LogUnavailable as the log does, and where they cannot be listed.
        """
        found = []
        for stored in self._log.doubles():
            if (stored.partition, stored.id) in self._doubles_listed:
                continue
            try:
                fact = self._codec.as_reported(stored)
                counts = self._log.find(commit_id(fact.source, fact.id))
                differs = differences(self._codec.as_reported(counts[0]), fact) if counts else ()
            except (Erased, Unreadable):
                continue
            found.append((fact.source, fact.id, fact.stream, PREFIX + fact.type, tuple(differs)))
            self._doubles_listed.add((stored.partition, stored.id))
        if found:
            self._conflicts.add(found, self._now())

    def _result(self, fact: Fact, outcome: Outcome) -> Result:
        if type(outcome) is Accepted:
            return Receipt(fact.source, fact.id, outcome.notifications[0])
        if isinstance(outcome, LogDamaged):
            return Damaged(fact.source, fact.id, outcome)
        assert isinstance(outcome, Repeated), "a fact expects no version, so none can be refused"
        (stored,) = outcome.notifications
        try:
            first = self._codec.as_reported(stored)
        except Erased:
            # What was personal cannot be compared any more, and needs no second copy.
            return Receipt(fact.source, fact.id, stored, is_duplicate=True)
        again = self._codec.as_reported(fact.event) if isinstance(fact, Ready) else fact
        differs = tuple(differences(first, again))
        if differs:
            return Conflict(fact.source, fact.id, differs)
        return Receipt(fact.source, fact.id, stored, is_duplicate=True)


def differences(first: Incoming, again: Incoming) -> list[str]:
    """JSON pointers to where two reports of one fact differ, compared as JSON values."""
    found = [
        pointer
        for pointer, was, now in (
            ("/type", first.type, again.type),
            ("/subject", first.stream, again.stream),
            ("/time", first.time, again.time),
            ("/recordedtime", first.recordedtime, again.recordedtime),
            ("/dataschema", first.dataschema, again.dataschema),
        )
        if was != now
    ]
    found += _differing(first.data, again.data, "/data/")
    found += _differing(first.extensions, again.extensions, "/")
    return found


def _differing(first: Mapping[str, Any], again: Mapping[str, Any], below: str) -> list[str]:
    names = sorted(first.keys() | again.keys())
    return [
        below + name.replace("~", "~0").replace("/", "~1")
        for name in names
        if name not in first or name not in again or not same(first[name], again[name])
    ]


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(same(value, its) for value, its in zip(one, other, strict=True))
        )
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
