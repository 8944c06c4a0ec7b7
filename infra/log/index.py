"""The index of the log's topic: records judged in order, stored in one transaction with how far it is.

Every process that reads the same database may move it on; whoever comes second finds it done.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, insert, select, update

from infra.log.commit import Accepted, Commit, LogNotification, Outcome, Refused, Repeated, WrongLog
from infra.log.index_commits import ENTERED_AT, Commits, Stored, enter
from infra.log.index_doubles import settle_doubles
from infra.log.index_engine import open_engine, reaching, reading, writing
from infra.log.index_heads import Heads
from infra.log.index_records import DIGEST_BYTES, FIRST_OFFSET, Looked, Packed, Place, Position
from infra.log.index_rows import Rows, known
from infra.log.index_tables import (
    COMMITS,
    DOUBLES,
    EVENTLESS,
    EVENTS,
    GROWING,
    METADATA,
    POSITIONS,
    RECORDS,
    TOPIC,
)
from infra.log.kafka_pack import Genesis
from infra.log.kafka_reader import End
from infra.log.sqlite_file import instant
from infra.tables import make_tables

FORMAT = 2
UNCONFIRMED = -1


class Index:
    """Accepted events, and how far they go. Safe to use from any thread."""

    def __init__(
        self, url: str, originator_id: Callable[[str], UUID | str] = str, entered_at: int = ENTERED_AT
    ) -> None:
        self.engine: Engine = open_engine(url)
        self.originator_id = originator_id
        self._heads = Heads()
        self._commits = Commits()
        self._entered_at = entered_at

    def close(self) -> None:
        self.engine.dispose()

    def open_for(self, topic: str, genesis: Genesis) -> None:
        """Make the tables where there are none. Raises WrongLog where they are of another topic."""
        with reaching():
            make_tables(self.engine, METADATA)
        with writing(self.engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE log_topic IN EXCLUSIVE MODE")
            found = connection.execute(select(TOPIC)).one_or_none()
            if found is None:
                _begin(connection, topic, genesis)
                return
        if found.format != FORMAT:
            said = f"The index is of format {found.format}, this program knows {FORMAT}."
            raise WrongLog(f"{said} Name an empty database: the index is made again from the topic.")
        if found.topic_id != genesis.topic_id or found.partitions != genesis.partitions:
            raise WrongLog(
                f"The index is of topic {found.name} with id {found.topic_id.hex()}, and {topic} has id "
                f"{genesis.topic_id.hex()}: it was made anew, or is another. If what it held is missed, "
                "bring it back from a copy; to use it as it is, name an empty database for the index."
            )

    def positions(self) -> list[Position]:
        """How far it is with each partition, in order."""
        with reading(self.engine) as connection:
            return _standing(connection)

    def move_on(
        self, records: Mapping[int, Sequence[Packed]], confirmed: Mapping[int, End] | None = None
    ) -> dict[Place, list[Outcome]]:
        """Judge records, which follow each other in their partitions, and store what they add.

        Returns the outcomes of those judged now: others were before, or what lies before them is not here
        yet. ``confirmed``: where the index stood when a leader, of that epoch, was found to hold all of it.
        """
        with writing(self.engine) as connection:
            # All of them: a commit's id may be in two partitions, and who comes second must see the first.
            standing = {position.partition: position for position in _locked(connection)}
            fresh = {
                partition: _following(run, standing[partition].next_offset)
                for partition, run in sorted(records.items())
            }
            heads = {
                partition: self._heads.take(partition, standing[partition].digest) for partition in fresh
            }
            self._commits.bring_up(connection, standing.values())
            before = known(connection, fresh, heads, self._commits, self.stored)
            rows = Rows()
            outcomes: dict[Place, list[Outcome]] = {}
            reached: dict[int, Position] = {}
            for partition, run in fresh.items():
                position = standing[partition]
                for one in run:
                    position, outcomes[Place(partition, one.offset)] = rows.judge(position, one, before)
                reached[partition] = position
            _move(connection, [reached[p] for p, run in fresh.items() if run], confirmed or {})
            rows.insert(connection)
            counting: dict[bytes, Stored] = {}
            if rows.contested:
                found = self._commits.find(connection, rows.contested, added=rows.commits)
                counting = settle_doubles(connection, rows.contested, found)
            for partition, run in fresh.items() if counting else ():
                for one in run:
                    self._tell_doubles(
                        connection, one.commits or (), outcomes[Place(partition, one.offset)], counting
                    )
        for partition, position in reached.items():
            self._heads.keep(partition, position.digest, before.heads[partition])
            self._commits.keep(standing[partition], position, rows.commits[partition])
        return outcomes

    def look_for(
        self, ids: Collection[bytes], *, as_read: bool = False
    ) -> tuple[dict[bytes, tuple[LogNotification, ...]], Looked]:
        """What each of these commits stored, leaving out those that do not count, and when that was so.

        ``as_read``: of the latest only as far as this process has read, for who will be told by `move_on`.
        """
        found: dict[bytes, tuple[LogNotification, ...]] = {}
        with reading(self.engine) as connection:
            looked = (as_read and self._commits.as_read()) or self._bring_up(connection)
            for stored in self._commits.find(connection, ids):
                if stored.commit_id not in found:
                    found[stored.commit_id] = self.stored(connection, stored)
        return found, looked

    def enter(self) -> None:
        """Enter the latest commits where they are looked for by their ids, if there are many."""
        if len(self._commits) >= self._entered_at:
            with writing(self.engine) as connection:
                enter(connection, _locked(connection))

    def _bring_up(self, connection: Connection) -> Looked:
        return self._commits.bring_up(connection, _standing(connection))

    def _tell_doubles(
        self,
        connection: Connection,
        commits: Sequence[Commit],
        outcomes: list[Outcome],
        counting: Mapping[bytes, Stored],
    ) -> None:
        """A commit that counts in another partition is told what counts there."""
        for at, (commit, outcome) in enumerate(zip(commits, outcomes, strict=True)):
            counts = counting.get(commit.id)
            if counts is not None and isinstance(outcome, (Accepted, Repeated)):
                outcomes[at] = self._told(outcome, counts, connection)

    def _told(self, outcome: Accepted | Repeated, counts: Stored, connection: Connection) -> Outcome:
        if outcome.notifications and outcome.notifications[0].partition == counts.partition:
            return outcome
        return Repeated(self.stored(connection, counts))

    def outcomes_at(self, place: Place, commits: Sequence[Commit]) -> list[Outcome]:
        """What became of the commits of a record that was judged before."""
        found: list[Outcome] = []
        ids = [commit.id for commit in commits]
        with reading(self.engine) as connection:
            counting: dict[bytes, Stored] = {}
            self._bring_up(connection)
            for stored in self._commits.find(connection, ids):
                counting.setdefault(stored.commit_id, stored)
            asked = select(EVENTLESS).where(
                EVENTLESS.c.partition == place.partition, EVENTLESS.c.commit_id.in_(ids)
            )
            eventless = {row.commit_id: row for row in connection.execute(asked)}
            told: set[bytes] = set()
            for id in ids:
                stored_here, row = counting.get(id), eventless.get(id)
                # What became of it in its own partition comes first: the id may count in another.
                if row is None:
                    assert stored_here is not None, "a record that was judged left no trace of a commit"
                    notifications = self.stored(connection, stored_here)
                    is_here = (stored_here.partition, stored_here.log_offset) == place
                    found.append(
                        Accepted(notifications) if is_here and id not in told else Repeated(notifications)
                    )
                elif row.became == "tracked":
                    is_here = row.log_offset == place.offset and id not in told
                    found.append(Accepted(()) if is_here else Repeated(()))
                elif row.became == "sealed" and row.log_offset == place.offset and id not in told:
                    found.append(Accepted(()))
                else:
                    found.append(Refused(row.head, row.stream))
                told.add(id)
        return found

    def stored(self, connection: Connection, commit: Stored) -> tuple[LogNotification, ...]:
        """The events of a commit."""
        asked = NOTIFICATIONS.where(
            EVENTS.c.partition == commit.partition,
            EVENTS.c.number.between(commit.number, commit.number + commit.events - 1),
        ).order_by(EVENTS.c.number)
        return tuple(map(self.notification, connection.execute(asked)))

    def notification(self, row: Sequence[object]) -> LogNotification:
        """An event as the log gives it, from a row of NOTIFICATIONS."""
        stream, version, topic, state, number, partition, offset, stamp = row
        return LogNotification(
            self.originator_id(stream),  # type: ignore[arg-type]
            version,  # type: ignore[arg-type]
            topic,  # type: ignore[arg-type]
            state,  # type: ignore[arg-type]
            number,  # type: ignore[arg-type]
            partition,  # type: ignore[arg-type]
            offset,  # type: ignore[arg-type]
            instant(stamp),  # type: ignore[arg-type]
        )

    def confirm(self, partition: int, stood: End) -> None:
        """Keep that a leader, of that epoch, was found to hold all that is here up to that offset."""
        with writing(self.engine) as connection:
            connection.execute(
                update(POSITIONS)
                .where(POSITIONS.c.partition == partition, POSITIONS.c.epoch <= stood.epoch)
                .values(epoch=stood.epoch, confirmed=stood.offset)
            )

    def digests_between(self, partition: int, start: int, stop: int) -> dict[int, bytes]:
        """The digests of the values of records from one offset to before another."""
        asked = select(RECORDS.c.log_offset, RECORDS.c.value_digest).where(
            RECORDS.c.partition == partition, RECORDS.c.log_offset >= start, RECORDS.c.log_offset < stop
        )
        with reading(self.engine) as connection:
            return {row.log_offset: row.value_digest for row in connection.execute(asked)}

    def take_back(self, partition: int, offset: int) -> None:
        """Forget what comes from records at this offset and after, as if they had not been read."""
        with writing(self.engine) as connection:
            standing = {position.partition: position for position in _locked(connection)}
            contested = connection.scalars(select(DOUBLES.c.commit_id).distinct()).all()
            for table in GROWING:
                connection.execute(
                    delete(table).where(table.c.partition == partition, table.c.log_offset >= offset)
                )
            asked = select(RECORDS).where(
                RECORDS.c.partition == partition, RECORDS.c.log_offset == offset - 1
            )
            last = connection.execute(asked).one_or_none()
            last_number = last.last_number if last else 0
            connection.execute(
                delete(COMMITS).where(COMMITS.c.partition == partition, COMMITS.c.number > last_number)
            )
            connection.execute(
                update(POSITIONS)
                .where(POSITIONS.c.partition == partition)
                .values(
                    next_offset=offset if last else FIRST_OFFSET,
                    last_number=last_number,
                    recorded_at=last.recorded_at if last else 0,
                    digest=last.digest if last else bytes(DIGEST_BYTES),
                    epoch=UNCONFIRMED,
                    confirmed=offset if last else FIRST_OFFSET,
                    commits_to=min(standing[partition].commits_to, last_number),
                )
            )
            if contested:
                self._bring_up(connection)
                settle_doubles(connection, contested, self._commits.find(connection, contested))


NOTIFICATIONS = select(
    EVENTS.c.stream,
    EVENTS.c.version,
    EVENTS.c.topic,
    EVENTS.c.state,
    EVENTS.c.number,
    EVENTS.c.partition,
    EVENTS.c.log_offset,
    EVENTS.c.recorded_at,
)

# Written out, for they are asked with every record: put together by the library they take longer than in the
# database.
STANDING = """
SELECT partition, next_offset, last_number, recorded_at, digest, epoch, confirmed, commits_to
FROM log_positions ORDER BY partition
"""
MOVE = {
    "sqlite": """
    UPDATE log_positions
    SET next_offset = ?, last_number = ?, recorded_at = ?, digest = ?, epoch = ?, confirmed = ?
    WHERE partition = ?
    """,
    "postgresql": """
    UPDATE log_positions
    SET next_offset = %s, last_number = %s, recorded_at = %s, digest = %s, epoch = %s, confirmed = %s
    WHERE partition = %s
    """,
}


def _begin(connection: Connection, topic: str, genesis: Genesis) -> None:
    connection.execute(
        insert(TOPIC).values(
            format=FORMAT, name=topic, topic_id=genesis.topic_id, partitions=genesis.partitions
        )
    )
    for partition in range(genesis.partitions):
        connection.execute(
            insert(POSITIONS).values(
                partition=partition,
                next_offset=FIRST_OFFSET,
                last_number=0,
                recorded_at=0,
                digest=bytes(DIGEST_BYTES),
                epoch=UNCONFIRMED,
                confirmed=FIRST_OFFSET,
                commits_to=0,
            )
        )


def _following(run: Sequence[Packed], next_offset: int) -> list[Packed]:
    """The records of a run that come next, one after the other; none where the next is before the run."""
    fresh: list[Packed] = []
    for one in run:
        if one.offset == next_offset + len(fresh):
            fresh.append(one)
    return fresh


def _standing(connection: Connection, then: str = "") -> list[Position]:
    return [Position(*row) for row in connection.exec_driver_sql(STANDING + then)]


def _locked(connection: Connection) -> list[Position]:
    """The positions, kept from others until the transaction ends; SQLite keeps others out as it is."""
    return _standing(connection, "" if connection.dialect.name == "sqlite" else "FOR UPDATE")


def _move(connection: Connection, reached: Sequence[Position], confirmed: Mapping[int, End]) -> None:
    moves = []
    for one in reached:
        stood = confirmed.get(one.partition)
        if stood is not None and stood.epoch >= one.epoch:
            one = replace(one, epoch=stood.epoch, confirmed=stood.offset)
        moves.append(
            (
                one.next_offset,
                one.last_number,
                one.recorded_at,
                one.digest,
                one.epoch,
                one.confirmed,
                one.partition,
            )
        )
    if moves:
        connection.exec_driver_sql(MOVE[connection.dialect.name], moves)
