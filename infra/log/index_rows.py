"""What a run of records adds to the index: known beforehand, judged one by one, and stored at once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, func, select

from infra.log.commit import Accepted, Commit, LogNotification, Outcome, Refused, stream_of
from infra.log.index_doubles import Stored, stored_commits
from infra.log.index_engine import among, insert_rows
from infra.log.index_records import Packed, Position, rolled
from infra.log.index_tables import EVENTLESS, EVENTS, MARKS, RECORDS, TRACKING
from infra.log.settle import Before, Settled, settle
from infra.log.sqlite_file import instant

HEADS, BY_STREAM = "SELECT stream, max(version) FROM log_events WHERE stream", "GROUP BY stream"
EVENTLESS_OF = "SELECT partition, commit_id, became, stream, head FROM log_eventless WHERE commit_id"

REFUSED, SEALED, TRACKED = "refused", "sealed", "tracked"

EVENT_COLUMNS = 8
"""Values of an event in `Settled.events`."""

MARK_COLUMNS = 5


@dataclass(slots=True)
class Known:
    """What lies before some commits and matters to them, of each partition."""

    heads: dict[str, int]
    seen: defaultdict[int, dict[bytes, tuple[LogNotification, ...]]]
    refused: defaultdict[int, dict[bytes, Refused]]
    reached: defaultdict[int, dict[str, int]]
    partitions: defaultdict[bytes, set[int]]
    """Where commits of an id count."""


def known(
    connection: Connection,
    commits: Sequence[Commit],
    read: Callable[[Connection, Stored], tuple[LogNotification, ...]],
) -> Known:
    """What the index holds that matters to these commits; ``read`` gives the events of one that is there."""
    ids = list({commit.id for commit in commits})
    streams = list({stream_of(event) for commit in commits for event in commit.events})
    names = {commit.tracking.application_name for commit in commits if commit.tracking is not None}
    found = Known({}, defaultdict(dict), defaultdict(dict), defaultdict(dict), defaultdict(set))
    found.heads.update((stream, version) for stream, version in among(connection, HEADS, streams, BY_STREAM))
    for stored in stored_commits(connection, ids):
        found.partitions[stored.commit_id].add(stored.partition)
        found.seen[stored.partition][stored.commit_id] = read(connection, stored)
    # Nearly always there is none, and then there is no need to look for each.
    if connection.exec_driver_sql("SELECT 1 FROM log_eventless LIMIT 1").first():
        for partition, id, became, stream, head in among(connection, EVENTLESS_OF, ids):
            if became == TRACKED:
                found.seen[partition][id] = ()
            else:
                found.refused[partition][id] = Refused(head, stream)
    for name in names:
        of_name = select(TRACKING.c.partition, func.max(TRACKING.c.position)).group_by(TRACKING.c.partition)
        for partition, position in connection.execute(of_name.where(TRACKING.c.application == name)):
            found.reached[partition][name] = position
    return found


@dataclass(slots=True)
class Rows:
    """Values to insert, one flat list a table, and the ids of commits that count in two partitions."""

    records: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    eventless: list[Any] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)
    tracking: list[Any] = field(default_factory=list)
    contested: list[bytes] = field(default_factory=list)

    def insert(self, connection: Connection) -> None:
        insert_rows(connection, RECORDS, self.records)
        insert_rows(connection, EVENTS, self.events)
        insert_rows(connection, EVENTLESS, self.eventless)
        insert_rows(connection, MARKS, self.marks)
        insert_rows(connection, TRACKING, self.tracking)

    def judge(self, position: Position, record: Packed, known: Known) -> tuple[Position, list[Outcome]]:
        """Judge a record's commits, add what it adds, and say where the index stands after it."""
        partition, offset = position.partition, record.offset
        stamp = max(record.appended_ms * 1_000, position.recorded_at)
        before = Before(
            position.last_number,
            known.seen[partition],
            known.heads,
            known.reached[partition],
            known.refused[partition],
        )
        commits = record.commits or ()
        settled = settle(commits, before, instant(stamp), stamp, partition, offset)
        after = replace(
            position,
            next_offset=offset + 1,
            last_number=position.last_number + len(settled.events) // EVENT_COLUMNS,
            recorded_at=stamp,
            digest=rolled(position.digest, record),
        )
        self.records += (
            partition,
            offset,
            after.last_number,
            stamp,
            record.value_digest,
            after.digest,
            int(record.commits is not None),
        )
        self._add(partition, offset, settled)
        self._know(partition, commits, settled, known)
        return after, settled.outcomes

    def _add(self, partition: int, offset: int, settled: Settled) -> None:
        values = settled.events
        for at in range(0, len(values), EVENT_COLUMNS):
            self.events.append(partition)
            self.events += values[at : at + 6]
            self.events.append(offset)
            self.events += values[at + 6 : at + 8]
        for id, refusal in settled.refused.items():
            became = SEALED if id in settled.sealed else REFUSED
            self.eventless += (partition, id, offset, became, refusal.stream, refusal.head)
        for id in settled.tracked:
            self.eventless += (partition, id, offset, TRACKED, None, None)
        marks = settled.marks
        told = dict.fromkeys(
            tuple(marks[at : at + MARK_COLUMNS]) for at in range(0, len(marks), MARK_COLUMNS)
        )
        for kind, value, number, extra, stream in told:
            self.marks += (kind, value, partition, number, extra, stream, offset)
        for name, reached in settled.reached.items():
            self.tracking += (name, partition, reached, offset)

    def _know(self, partition: int, commits: Sequence[Commit], settled: Settled, known: Known) -> None:
        values = settled.events
        known.heads.update(zip(values[1::EVENT_COLUMNS], values[2::EVENT_COLUMNS], strict=True))
        known.refused[partition].update(settled.refused)
        known.reached[partition].update(settled.reached)
        seen = known.seen[partition]
        for commit, outcome in zip(commits, settled.outcomes, strict=True):
            if type(outcome) is not Accepted or commit.id in settled.refused:
                continue
            seen[commit.id] = outcome.notifications
            if outcome.notifications:
                partitions = known.partitions[commit.id]
                partitions.add(partition)
                if len(partitions) > 1:
                    self.contested.append(commit.id)
