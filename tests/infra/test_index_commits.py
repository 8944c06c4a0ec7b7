"""Where commits stand is told alike by every process of an index, whoever wrote, entered or took back."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.log.commit import Accepted, Commit, NewEvent, Repeated
from infra.log.index import Index
from infra.log.index_commits import Commits
from infra.log.index_records import FIRST_OFFSET, Looked, Packed, Place, value_digest
from infra.log.kafka_pack import Genesis, encode

PARTITIONS = 2
GENESIS = Genesis(b"t" * 16, "blake2b-8", PARTITIONS, 0, 1)
IDS = [b"%d" % number for number in range(12)]
FEW = 3
STEPS = 120
APPENDED_MS = 1_000


def fact(id: bytes, partition: int) -> Commit:
    return Commit(id, (NewEvent(f"{partition}-{id.decode()}", "x:Y", id),), None)


class Topic:
    """Records of facts, and how many of each partition are in the index."""

    def __init__(self) -> None:
        self.records: list[list[Packed]] = [[] for _ in range(PARTITIONS)]
        self.judged = [0] * PARTITIONS

    def add(self, partition: int, ids: list[bytes]) -> int:
        """Write a record; its offset."""
        commits = [fact(id, partition) for id in ids]
        offset = FIRST_OFFSET + len(self.records[partition])
        self.records[partition].append(Packed(offset, APPENDED_MS, value_digest(encode(commits)), commits))
        return offset

    def lose(self, partition: int, offset: int) -> None:
        """Lose what lies at this offset and after."""
        del self.records[partition][offset - FIRST_OFFSET :]
        self.judged[partition] = min(self.judged[partition], offset - FIRST_OFFSET)

    def counting(self) -> dict[bytes, tuple[int, int]]:
        """The partition and number of what counts of each id, found by reading all that is in the index."""
        found: dict[bytes, tuple[int, int]] = {}
        for partition, records in enumerate(self.records):
            number = 0
            here: set[bytes] = set()
            for record in records[: self.judged[partition]]:
                for commit in record.commits or ():
                    if commit.id not in here:
                        here.add(commit.id)
                        number += 1
                        # All were recorded at one time, so that the lower partition comes first.
                        found.setdefault(commit.id, (partition, number))
        return found


class Process:
    """An index as one process has it, and what it wrote that it has not judged yet."""

    def __init__(self, index: Index, topic: Topic, as_read: bool) -> None:
        self.index = index
        self.topic = topic
        self.under_way: list[tuple[Place, Looked]] = []
        self.as_read = as_read

    def write(self, partition: int, ids: list[bytes]) -> None:
        found, looked = self.index.look_for(set(ids), as_read=self.as_read)
        if new := [id for id in ids if id not in found]:
            self.under_way.append((Place(partition, self.topic.add(partition, new)), looked))

    def judge(self) -> None:
        """Judge what it wrote first, after what lies before it."""
        place, looked = self.under_way.pop(0)
        if place.offset - FIRST_OFFSET < self.topic.judged[place.partition]:
            return
        self.follow(place.partition, place.offset - FIRST_OFFSET)
        self._move_on(place.partition, looked)

    def follow(self, partition: int, count: int) -> None:
        """Judge what others wrote, up to so many records."""
        while self.topic.judged[partition] < count:
            self._move_on(partition, None)

    def _move_on(self, partition: int, looked: Looked | None) -> None:
        record = self.topic.records[partition][self.topic.judged[partition]]
        one = Packed(record.offset, record.appended_ms, record.value_digest, record.commits, looked)
        before = set(self.topic.counting())
        (outcomes,) = self.index.move_on({partition: [one]}).values()
        self.topic.judged[partition] += 1
        for commit, outcome in zip(record.commits or (), outcomes, strict=True):
            assert type(outcome) is (Repeated if commit.id in before else Accepted) or (
                # It may be the one that counts from now on.
                type(outcome) is Accepted and self.topic.counting()[commit.id][0] == partition
            )
            before.add(commit.id)


@pytest.fixture(params=["sqlite", "postgresql"])
def processes(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Process]]:
    """Two of one index, that is new."""
    topic = Topic()
    on_sqlite = f"sqlite:///{tmp_path / 'index.sqlite3'}"
    url = on_sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    indexes = [Index(url, entered_at=FEW) for _ in range(2)]
    indexes[0].open_for("topic", GENESIS)
    yield [Process(index, topic, as_read) for index, as_read in zip(indexes, (True, False), strict=True)]
    for index in indexes:
        index.close()


def assert_all_say_what_counts(processes: list[Process]) -> None:
    counting = processes[0].topic.counting()
    for process in processes:
        found, _ = process.index.look_for(set(IDS))
        assert {id: (one.partition, one.id) for id, (one,) in found.items()} == counting


@pytest.mark.parametrize("seed", range(6))
def test_whoever_writes_enters_loses_and_follows_every_process_finds_what_counts(seed, processes):
    chance = random.Random(seed)
    # Who is asked seldom finds more at once that others did.
    asked = chance.choice([0.02, 0.1, 0.5])
    topic = processes[0].topic
    for _ in range(STEPS):
        process = chance.choice(processes)
        partition = chance.randrange(PARTITIONS)
        match chance.choice(["write", "write", "write", "judge", "judge", "follow", "enter", "lose"]):
            case "write":
                process.write(partition, chance.choices(IDS, k=chance.randint(1, 3)))
            case "judge" if process.under_way:
                process.judge()
            case "follow":
                process.follow(partition, len(topic.records[partition]))
            case "enter":
                process.index.enter()
            case "lose" if topic.judged[partition]:
                offset = topic.judged[partition] - chance.randrange(min(topic.judged[partition], 3))
                topic.lose(partition, offset)
                process.index.take_back(partition, offset)
                for one in processes:
                    one.under_way = [
                        (place, looked)
                        for place, looked in one.under_way
                        if place.partition != partition or place.offset < offset
                    ]
        if chance.random() < asked:
            assert_all_say_what_counts(processes)
    assert_all_say_what_counts(processes)


def test_a_look_from_before_something_was_lost_says_nothing_of_what_came_in_its_place(processes):
    one, other = processes
    one.write(0, IDS[1 : FEW + 1])
    one.judge()
    one.write(1, [IDS[0]])
    one.topic.lose(0, FIRST_OFFSET)
    other.index.take_back(0, FIRST_OFFSET)
    other.write(0, IDS[:FEW])
    other.judge()
    other.index.enter()
    one.judge()
    assert_all_say_what_counts(processes)


def test_many_commits_in_mind_are_entered_and_kept_in_mind_no_longer(processes):
    one, other = processes
    one.write(0, IDS[:FEW])
    one.judge()
    other.index.look_for(set())
    one.index.enter()
    for process in processes:
        process.index.look_for(set())
        assert len(in_mind(process)) == 0
    assert_all_say_what_counts(processes)


def test_few_commits_are_not_entered(processes):
    one, _ = processes
    one.write(0, IDS[: FEW - 1])
    one.judge()
    one.index.enter()
    one.index.look_for(set())
    assert len(in_mind(one)) == FEW - 1


def test_what_another_process_adds_after_the_look_is_seen_though_it_was_entered_since(processes):
    one, other = processes
    one.write(0, [IDS[0]])
    other.write(1, IDS[:FEW])
    other.judge()
    other.index.enter()
    one.judge()
    assert_all_say_what_counts(processes)


def in_mind(process: Process) -> Commits:
    return process.index._commits
