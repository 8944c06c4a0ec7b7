"""Any log, read in any pieces and any number of times, is judged as a slow reading of the rule judges it."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent, Tracking
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.log.commit import OWN, Accepted, Commit, Refused, Repeated
from infra.log.index import Index
from infra.log.index_digest import content_digest
from infra.log.index_reads import Reads
from infra.log.index_records import Looked, Place, packed
from infra.log.kafka_pack import Genesis, encode
from infra.log.kafka_reader import Fetched

PARTITIONS = 2
GENESIS = Genesis(b"t" * 16, "blake2b-8", PARTITIONS, 0, 1)
STREAMS = {0: ["A", "B"], 1: ["C", "D"]}
IDS = [b"1", b"2", b"3", b"4", b"5", b"6"]
FEW = 2
"""Commits that are kept in mind before they are entered in the index's table of them."""

NOT_LOOKED: Mapping[Place, Looked] = {}


@st.composite
def commits_of(draw: Any, partition: int) -> Commit:
    expected = draw(st.sampled_from([None, OWN, 0, 1, 2]))
    events = tuple(
        StoredEvent(draw(st.sampled_from(STREAMS[partition])), draw(st.integers(0, 3)), "x:Y", b"s")
        for _ in range(draw(st.integers(0, 2)))
    )
    tracking = draw(st.none() | st.builds(Tracking, st.just("up"), st.integers(1, 4)))
    return Commit(draw(st.sampled_from(IDS)), events, expected, (), tracking)


@st.composite
def logs(draw: Any) -> dict[int, list[Fetched]]:
    """The records of each partition: packs, and now and then something else."""
    made = {}
    for partition in range(PARTITIONS):
        packs = draw(st.lists(st.none() | st.lists(commits_of(partition), max_size=3), max_size=6))
        made[partition] = [
            Fetched(offset, draw(st.integers(1_000, 1_005)), b"{}" if pack is None else encode(pack))
            for offset, pack in enumerate(packs, 1)
        ]
    return made


class Slow:
    """The rule, as it is told in words: one partition, one commit after the other, nothing kept twice."""

    def __init__(self) -> None:
        self.became: dict[bytes, tuple[str, Any]] = {}
        self.streams: dict[str, list[int]] = {}
        self.reached = 0

    def judge(self, commit: Commit) -> tuple[str, Any]:
        if commit.id in self.became:
            what, before = self.became[commit.id]
            return ("repeated", before) if what == "accepted" else ("refused", None)
        if not commit.events and commit.tracking is None:
            self.became[commit.id] = ("sealed", None)
            return ("accepted", [])
        stored: list[tuple[str, int]] = []
        trial = {stream: list(versions) for stream, versions in self.streams.items()}
        for event in commit.events:
            stream = str(event.originator_id)
            versions = trial.setdefault(stream, [])
            is_first = stream not in {name for name, _ in stored}
            if commit.expected_version is OWN:
                wanted = event.originator_version
                fits = not versions or versions[-1] + 1 == wanted
            elif commit.expected_version is None:
                wanted, fits = (versions[-1] + 1 if versions else 1), True
            else:
                head = commit.expected_version
                fits = not is_first or not versions or versions[-1] == head
                wanted = versions[-1] + 1 if versions else head + 1
            if not fits:
                return self.refuse(commit)
            versions.append(wanted)
            stored.append((stream, wanted))
        if commit.tracking is not None:
            if commit.tracking.notification_id <= self.reached:
                return self.refuse(commit)
            self.reached = commit.tracking.notification_id
        self.streams = trial
        self.became[commit.id] = ("accepted", stored)
        return ("accepted", stored)

    def refuse(self, commit: Commit) -> tuple[str, Any]:
        self.became[commit.id] = ("refused", None)
        return ("refused", None)


@contextmanager
def an_index() -> Iterator[Index]:
    with tempfile.TemporaryDirectory() as folder:
        index = Index(f"sqlite:///{Path(folder) / 'index.db'}", entered_at=FEW)
        try:
            index.open_for("topic", GENESIS)
            yield index
        finally:
            index.close()


@contextmanager
def another_of(index: Index) -> Iterator[Index]:
    """The same index as another process has it."""
    other = Index(str(index.engine.url), entered_at=FEW)
    try:
        yield other
    finally:
        other.close()


def told(outcome: Any) -> tuple[str, Any]:
    if isinstance(outcome, Refused):
        return "refused", None
    stored = [(one.originator_id, one.originator_version) for one in outcome.notifications]
    return ("accepted" if isinstance(outcome, Accepted) else "repeated"), stored


def read(
    index: Index,
    log: dict[int, list[Fetched]],
    partition: int,
    start: int,
    stop: int,
    looks: Mapping[Place, Looked] = NOT_LOOKED,
) -> dict:
    """Have an index judge records, ``looks``: of those whose commits were looked for before."""
    run = [
        replace(packed(partition, record, str), looked=looks.get(Place(partition, record.offset)))
        for record in log[partition][start:stop]
    ]
    judged = index.move_on({partition: run})
    index.enter()
    return judged


@pytest.mark.slow
@settings(max_examples=25)
@given(logs(), st.data())
def test_an_index_judges_as_the_rule_is_told(log, data):
    with an_index() as index:
        judged: dict[Place, list[Any]] = {}
        for partition in data.draw(st.permutations(range(PARTITIONS))):
            judged |= read(index, log, partition, 0, len(log[partition]))
        counting: dict[bytes, tuple] = {}
        for partition, records in log.items():
            slow, stamp, number = Slow(), 0, 0
            for record in records:
                stamp = max(stamp, record.appended_ms)
                place = Place(partition, record.offset)
                for commit, outcome in zip(
                    packed(partition, record, str).commits or (), judged[place], strict=True
                ):
                    expected = slow.judge(commit)
                    if expected[0] == "accepted" and expected[1]:
                        counting[commit.id] = min(
                            counting.get(commit.id, (stamp + 1, 0, 0)), (stamp, partition, number + 1)
                        )
                        number += len(expected[1])
                    # One that counts in the other partition is told what counts there.
                    if not (isinstance(outcome, Repeated) and _is_elsewhere(outcome, partition)):
                        assert told(outcome) == expected
            versions = {stream: [v for _, v in _events(index, stream)] for stream in STREAMS[partition]}
            assert versions == {stream: slow.streams.get(stream, []) for stream in STREAMS[partition]}
        found = Reads(index).find_all(IDS)
        assert {id: (n[0].partition, n[0].id) for id, n in found.items()} == {
            id: place[1:] for id, place in counting.items()
        }


def _is_elsewhere(outcome: Repeated, partition: int) -> bool:
    return bool(outcome.notifications) and outcome.notifications[0].partition != partition


def _events(index: Index, stream: str) -> list[tuple[int, int]]:
    partition = next(p for p, streams in STREAMS.items() if stream in streams)
    page = Reads(index).page(partition, 0, 1_000, None, ())
    return [(one.id, one.originator_version) for one in page if one.originator_id == stream]


@pytest.mark.slow
@settings(max_examples=20)
@given(logs(), st.data())
def test_an_index_read_in_pieces_by_several_and_taken_back_is_the_one_read_at_once(log, data):
    with an_index() as whole, an_index() as pieces, another_of(pieces) as another:
        for partition in range(PARTITIONS):
            read(whole, log, partition, 0, len(log[partition]))
        looks: dict[Index, dict[Place, Looked]] = {pieces: {}, another: {}}
        for _ in range(data.draw(st.integers(0, 20))):
            partition = data.draw(st.integers(0, PARTITIONS - 1))
            at = data.draw(st.integers(0, len(log[partition])))
            whose = data.draw(st.sampled_from([pieces, another]))
            match data.draw(st.sampled_from(["read", "read", "look", "enter", "take back"])):
                case "read":
                    read(whose, log, partition, at, at + data.draw(st.integers(0, 3)), looks[whose])
                case "look":
                    look(whose, log, partition, at, looks[whose])
                case "enter":
                    whose.enter()
                case "take back":
                    whose.take_back(partition, min(at, _stands(whose, partition)) + 1)
        for partition in reversed(range(PARTITIONS)):
            read(pieces, log, partition, 0, len(log[partition]))
        assert content_digest(pieces) == content_digest(whole)
        for index in (pieces, another):
            assert Reads(index).find_all(IDS) == Reads(whole).find_all(IDS)


def look(index: Index, log: dict[int, list[Fetched]], partition: int, at: int, looks: dict) -> None:
    """Look for the commits of a record as whoever writes it does, who writes none that is there."""
    for record in log[partition][at : at + 1]:
        ids = {commit.id for commit in packed(partition, record, str).commits or ()}
        found, looked = index.look_for(ids)
        if not found:
            looks[Place(partition, record.offset)] = looked


def _stands(index: Index, partition: int) -> int:
    return index.positions()[partition].next_offset - 1


@pytest.mark.slow
@settings(max_examples=40)
@given(logs())
def test_what_became_of_a_record_can_be_told_later(log):
    with an_index() as index:
        for partition in range(PARTITIONS):
            judged = read(index, log, partition, 0, len(log[partition]))
            for record in log[partition]:
                place = Place(partition, record.offset)
                commits = packed(partition, record, str).commits
                # One of tracking alone is known by that, and not by its id.
                if commits and all(commit.events for commit in commits):
                    assert index.outcomes_at(place, commits) == judged[place]


@pytest.mark.parametrize("before", [Commit(b"1", (), None), Commit(b"1", (), None, (), Tracking("up", 1))])
def test_what_became_of_a_commit_in_its_partition_is_told_though_its_id_counts_in_another(before):
    def fact(stream):
        return Commit(b"1", (StoredEvent(stream, 1, "x:Y", b"s"),), None)

    in_its_own = [[before], [fact("C")]]
    with an_index() as index:
        log = {
            0: [Fetched(1, 1_000, encode([fact("A")]))],
            1: [Fetched(offset, 1_000, encode(pack)) for offset, pack in enumerate(in_its_own, 1)],
        }
        read(index, log, 0, 0, 1)
        judged = read(index, log, 1, 0, 2)
        for offset, commits in enumerate(in_its_own, 1):
            place = Place(1, offset)
            assert index.outcomes_at(place, commits) == judged[place]
        assert not any(isinstance(one, Repeated) and one.notifications for one in judged[Place(1, 2)])
