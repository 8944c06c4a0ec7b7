"""What the topic lost behind the index: found, told and written again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from eventsourcing.persistence import StoredEvent, Tracking
from sqlalchemy import select

from infra.log.commit import Commit
from infra.log.index import Index
from infra.log.index_engine import reading
from infra.log.index_records import FIRST_OFFSET, Position, value_digest
from infra.log.index_tables import EVENTLESS, EVENTS, MARKS, RECORDS, TRACKING
from infra.log.kafka_pack import encode
from infra.log.kafka_producer import Producer
from infra.log.kafka_reader import Reader

PACK_BYTES = 1 << 20
TRACKED = "tracked"


class Lost(NamedTuple):
    """A commit that was acknowledged at an offset where the topic does not hold it any more."""

    partition: int
    offset: int
    commit: Commit


class Fault(NamedTuple):
    """A record of the topic that is not what it must be."""

    partition: int
    offset: int
    what: str


@dataclass(frozen=True, slots=True)
class Mending:
    """Compares the topic with its index, and puts right what the topic lost."""

    index: Index
    reader: Reader
    producer: Producer

    def lost(self) -> list[Lost]:
        """Every commit that is in the index, and at its place in the topic no more, in log order."""
        found: list[Lost] = []
        for position, parted in self._parted():
            found += self._from(position.partition, parted)
        return found

    def mend(self) -> list[Lost]:
        """Write again what was lost, and let the index read on from where topic and index part.

        What is written again keeps its id, gets new versions where others wrote meanwhile, and the time of
        being written again. It may be interrupted, and done again: an id counts once.
        """
        mended: list[Lost] = []
        for position, parted in self._parted():
            lost = self._from(position.partition, parted)
            for pack in _packs([one.commit for one in lost]):
                self.producer.append(position.partition, encode(pack))
            self.index.take_back(position.partition, parted)
            mended += lost
        return mended

    def _parted(self) -> Iterator[tuple[Position, int]]:
        """The partitions that do not hold what the index has of them, and the first offset that differs."""
        standing = self.index.positions()
        ends = self.reader.ends()
        for position in standing:
            end = min(ends[position.partition].offset, position.next_offset)
            parted = self._first_differing(position.partition, end)
            if parted < position.next_offset:
                yield position, parted

    def _first_differing(self, partition: int, end: int) -> int:
        """The first offset at which topic and index differ, or the end. What follows one differs too."""
        low, high = FIRST_OFFSET, end
        if high <= low or self._is_same(partition, high - 1):
            return end
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._is_same(partition, middle) else (low, middle)
        return low

    def _is_same(self, partition: int, offset: int) -> bool:
        known = self.index.digests_between(partition, offset, offset + 1)
        (page,) = self.reader.records(partition, offset, offset + 1)
        return known.get(offset) == value_digest(page[0].value)

    def _from(self, partition: int, offset: int) -> list[Lost]:
        """What the index has of a partition from an offset on."""
        events = (
            select(EVENTS)
            .where(EVENTS.c.partition == partition, EVENTS.c.log_offset >= offset)
            .order_by(EVENTS.c.number)
        )
        with reading(self.index.engine) as connection:
            rows = connection.execute(events).all()
            marks = connection.execute(
                select(MARKS).where(MARKS.c.partition == partition, MARKS.c.log_offset >= offset)
            ).all()
            eventless = connection.execute(
                select(EVENTLESS).where(EVENTLESS.c.partition == partition, EVENTLESS.c.log_offset >= offset)
            ).all()
            tracking = connection.execute(
                select(TRACKING)
                .where(TRACKING.c.partition == partition, TRACKING.c.log_offset >= offset)
                .order_by(TRACKING.c.log_offset, TRACKING.c.position)
            ).all()
        marks_at: dict[int, list[tuple[str, str, str]]] = {}
        for mark in marks:
            marks_at.setdefault(mark.number, []).append((mark.kind, mark.value, mark.extra))
        found: list[Lost] = []
        at = 0
        while at < len(rows):
            first = rows[at]
            part = rows[at : at + first.commit_events]
            stored = tuple(StoredEvent(row.stream, 0, row.topic, row.state) for row in part)
            commit = Commit(first.commit_id, stored, None, tuple(sorted(marks_at.get(first.number, ()))))
            found.append(Lost(partition, first.log_offset, commit))
            at += len(part)
        # Who was refused was told so for good: a seal keeps the id from counting after all.
        found += [
            Lost(partition, row.log_offset, Commit(row.commit_id, (), None))
            for row in eventless
            if row.became != TRACKED
        ]
        for row in tracking:
            id = blake2b(f"{row.application} {row.position}".encode(), digest_size=16).digest()
            reached = Tracking(row.application, row.position)
            found.append(Lost(partition, row.log_offset, Commit(id, (), None, (), reached)))
        return sorted(found, key=lambda one: one.offset)

    def faults(self) -> Iterator[Fault]:
        """Every record that differs from what the index was made of, or is none of this log's."""
        for position in self.index.positions():
            partition = position.partition
            stop = min(self.reader.ends()[partition].offset, position.next_offset)
            if stop < position.next_offset:
                last = position.next_offset - 1
                yield Fault(partition, stop, f"the topic ends here, and had offsets up to {last}")
            for page in self.reader.records(partition, FIRST_OFFSET, stop):
                known = self._known(partition, page[0].offset, page[-1].offset)
                for record in page:
                    digest, is_pack = known.get(record.offset, (b"", 1))
                    if digest != value_digest(record.value):
                        yield Fault(partition, record.offset, "is not the record that was acknowledged here")
                    elif not is_pack:
                        yield Fault(partition, record.offset, "is none of this log's, and counts for nothing")

    def _known(self, partition: int, first: int, last: int) -> dict[int, tuple[bytes, int]]:
        asked = select(RECORDS.c.log_offset, RECORDS.c.value_digest, RECORDS.c.is_pack).where(
            RECORDS.c.partition == partition, RECORDS.c.log_offset.between(first, last)
        )
        with reading(self.index.engine) as connection:
            return {row.log_offset: (row.value_digest, row.is_pack) for row in connection.execute(asked)}

    def read_again(self) -> None:
        """Empty the index: what reads next makes it again, the same, from the topic."""
        for position in self.index.positions():
            self.index.take_back(position.partition, FIRST_OFFSET)


def _packs(commits: Sequence[Commit]) -> Iterator[list[Commit]]:
    """The commits in order, as many together as a record should have."""
    weight = 0

    def number(commit: Commit) -> int:
        nonlocal weight
        weight += 200 + sum(len(event.state) for event in commit.events)
        return weight // PACK_BYTES

    for _, pack in groupby(commits, number):
        yield list(pack)
