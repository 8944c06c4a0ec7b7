"""Where commits stand, by their ids: those of a while ago in a table, and the latest in mind.

Ids come in no order, so that nearly each one, entered into a table as it comes, changes a page of its own.
The latest are read from the events themselves, once by every process that asks, and are entered together, in
the order of their ids, once there are many.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection, select

from infra.log.index_engine import among
from infra.log.index_records import FIRST_OFFSET, Looked, Position
from infra.log.index_tables import EVENTS, RECORDS

ENTERED_AT = 1 << 16
"""Commits in mind with which they are entered."""

PARTITIONS_AT_ONCE = 100
"""SQLite takes 500 parts of one question."""

IN_TABLE = "SELECT commit_id, partition, number FROM log_commits WHERE commit_id"
STORED = "SELECT recorded_at, partition, number, commit_events, commit_id, log_offset FROM log_events"
OF_PARTITION = """
SELECT commit_id, partition, number FROM log_events
WHERE partition = {0.partition:d} AND number > {0.commits_to:d} AND number <= {0.last_number:d}
AND commit_id IS NOT NULL
"""
ENTERED = "UPDATE log_positions SET commits_to = last_number"

NOTHING_ADDED: Mapping[int, Mapping[bytes, int]] = {}


class Stored(NamedTuple):
    """Where an accepted commit stands. In log order: by when it was recorded, partition and number."""

    recorded_at: int
    partition: int
    number: int
    events: int
    commit_id: bytes
    log_offset: int


@dataclass(slots=True)
class _Latest:
    """The commits of a partition after a number, up to where the index stood with it: the numbers of their
    first events.
    """

    after: int
    stood: Position
    numbers: dict[bytes, int]


class Commits:
    """What one process knows of where commits stand. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: dict[int, _Latest] = {}
        self._turn = 0

    def __len__(self) -> int:
        """How many are in mind."""
        with self._lock:
            return sum(len(latest.numbers) for latest in self._latest.values())

    def bring_up(self, connection: Connection, standing: Iterable[Position]) -> Looked:
        """Have in mind all commits that are not entered, of an index that stands here or further on."""
        with self._lock:
            for position in standing:
                latest = self._latest.get(position.partition)
                if latest is None or latest.stood != position:
                    self._latest[position.partition] = self._brought_up(connection, latest, position)
            return self._looked()

    def as_read(self) -> Looked | None:
        """What is looked behind where only what this process has read is looked at; None: it read nothing."""
        with self._lock:
            return self._looked() if self._latest else None

    def _looked(self) -> Looked:
        return Looked(self._turn, {p: one.stood.last_number for p, one in self._latest.items()})

    def _brought_up(self, connection: Connection, latest: _Latest | None, position: Position) -> _Latest:
        if latest is None or not _leads_to(connection, latest, position):
            # What was known of it may not be so any more.
            self._turn += 1
            latest = _Latest(position.commits_to, position, {})
            start = position.commits_to
        else:
            start = latest.stood.last_number
        numbers = latest.numbers
        if position.commits_to > latest.after:
            numbers = {id: number for id, number in numbers.items() if number > position.commits_to}
        if position.last_number > start:
            asked = select(EVENTS.c.commit_id, EVENTS.c.number).where(
                EVENTS.c.partition == position.partition,
                EVENTS.c.number > max(start, position.commits_to),
                EVENTS.c.number <= position.last_number,
                EVENTS.c.commit_id.is_not(None),
            )
            numbers.update((id, number) for id, number in connection.execute(asked))
        return _Latest(position.commits_to, position, numbers)

    def keep(self, before: Position, after: Position, added: Mapping[bytes, int]) -> None:
        """Keep in mind what this process added, once it is stored."""
        with self._lock:
            latest = self._latest.get(before.partition)
            if latest is not None and latest.stood == before:
                latest.numbers.update(added)
                latest.stood = after

    def holds_since(self, looked: Looked) -> bool:
        """Whether every commit that came since somebody looked is in mind."""
        with self._lock:
            return looked.turn == self._turn and all(
                latest.after <= looked.numbers[partition] for partition, latest in self._latest.items()
            )

    def find(
        self,
        connection: Connection,
        ids: Collection[bytes],
        unlooked: Collection[bytes] | None = None,
        added: Mapping[int, Mapping[bytes, int]] = NOTHING_ADDED,
    ) -> list[Stored]:
        """Where commits of these ids stand, by id and in log order, as far as was brought up.

        ``unlooked``: those that may be in the table; None: all. ``added``: what this transaction adds.
        """
        places: dict[int, dict[int, bytes]] = {}
        for partition, numbers in (*self._in_mind(ids), *added.items()):
            for id in numbers.keys() & ids:
                places.setdefault(partition, {})[numbers[id]] = id
        # After what is in mind: what is entered meanwhile is found twice, and not missed.
        for id, partition, number in among(connection, IN_TABLE, list(ids if unlooked is None else unlooked)):
            places.setdefault(partition, {})[number] = id
        found = [
            stored
            for partition, of in places.items()
            for stored in _stored(connection, partition, list(of))
            if stored.commit_id == of[stored.number]
        ]
        return sorted(found, key=lambda one: (one.commit_id, one))

    def _in_mind(self, ids: Collection[bytes]) -> Iterator[tuple[int, dict[bytes, int]]]:
        with self._lock:
            for partition, latest in self._latest.items():
                if found := latest.numbers.keys() & ids:
                    yield partition, {id: latest.numbers[id] for id in found}


def enter(connection: Connection, standing: Iterable[Position]) -> None:
    """Enter into the table all that is not in it. The positions are kept from others until this is stored."""
    behind = [position for position in standing if position.last_number > position.commits_to]
    for start in range(0, len(behind), PARTITIONS_AT_ONCE):
        # The numbers are written out, for a database that does not see them may read every event there is.
        of_each = " UNION ALL ".join(map(OF_PARTITION.format, behind[start : start + PARTITIONS_AT_ONCE]))
        connection.exec_driver_sql(
            f"INSERT INTO log_commits (commit_id, partition, number) {of_each} ORDER BY commit_id"
        )
    connection.exec_driver_sql(ENTERED)


def _leads_to(connection: Connection, latest: _Latest, position: Position) -> bool:
    """Whether the index came from where it stood to where it stands, with nothing taken back in between."""
    stood = latest.stood
    if latest.after > position.commits_to or stood.next_offset > position.next_offset:
        return False
    if stood.next_offset == FIRST_OFFSET or stood.digest == position.digest:
        return True
    asked = select(RECORDS.c.digest).where(
        RECORDS.c.partition == position.partition, RECORDS.c.log_offset == stood.next_offset - 1
    )
    return connection.scalar(asked) == stood.digest


def _stored(connection: Connection, partition: int, numbers: Sequence[int]) -> list[Stored]:
    asked = f"{STORED} WHERE partition = {partition:d} AND number"
    return [Stored(*row) for row in among(connection, asked, numbers)]
