"""What a run of records adds to the index: known beforehand, judged one by one, and stored at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, func, select

from infra.log.commit import Accepted, LogNotification, Outcome, Refused, stream_of
from infra.log.index_commits import Commits, Stored
from infra.log.index_engine import among, insert_rows
from infra.log.index_records import Packed, Position, rolled
from infra.log.index_tables import EVENTLESS, EVENTS, MARKS, RECORDS, TRACKING
from infra.log.settle import MARK_COLUMNS, Before, Settled, settle
from infra.log.sqlite_file import instant

HEADS, BY_STREAM = "SELECT stream, max(version) FROM log_events WHERE stream", "GROUP BY stream"
EVENTLESS_OF = "SELECT partition, commit_id, became, stream, head FROM log_eventless WHERE commit_id"

EVENT_ROW = (
    "number", "stream", "version", "topic", "state", "recorded_at", "commit_id", "commit_events", "partition",
    "log_offset",
)  # fmt: skip
"""The columns of an event in the order of `Settled.events`, with its place beside them."""

WIDTH, OF_COMMIT_ID = len(EVENT_ROW), EVENT_ROW.index("commit_id")

REFUSED, SEALED, TRACKED = "refused", "sealed", "tracked"


@dataclass(slots=True)
class Known:
    """What lies before some commits and matters to them, of each partition."""

    heads: defaultdict[int, dict[str, int]]
    seen: defaultdict[int, dict[bytes, tuple[LogNotification, ...]]]
    refused: defaultdict[int, dict[bytes, Refused]]
    reached: defaultdict[int, dict[str, int]]
    counts_in: dict[bytes, int]
    """A partition in which a commit of an id counts."""


def known(
    connection: Connection,
    records: Mapping[int, Sequence[Packed]],
    heads: Mapping[int, dict[str, int]],
    stand: Commits,
    read: Callable[[Connection, Stored], tuple[LogNotification, ...]],
) -> Known:
    """What the index holds that matters to the commits of these records, by partition.

    ``heads``: those known already, which are added to; ``stand``: where commits do, brought up to the index;
    ``read`` gives the events of a commit that is there.
    """
    ids: set[bytes] = set()
    unlooked: set[bytes] = set()
    streams: dict[str, int] = {}
    names: set[str] = set()
    for partition, one in ((partition, one) for partition, run in records.items() for one in run):
        of_record = {commit.id for commit in one.commits or ()}
        ids |= of_record
        if one.looked is None or not stand.holds_since(one.looked):
            unlooked |= of_record
        for commit in one.commits or ():
            for event in commit.events:
                streams[stream_of(event)] = partition
            if commit.tracking is not None:
                names.add(commit.tracking.application_name)
    found = Known(defaultdict(dict, heads), defaultdict(dict), defaultdict(dict), defaultdict(dict), {})
    unknown = [stream for stream, partition in streams.items() if stream not in found.heads[partition]]
    for stream, version in among(connection, HEADS, unknown, BY_STREAM):
        found.heads[streams[stream]][stream] = version
    for stored in stand.find(connection, ids, unlooked):
        found.counts_in.setdefault(stored.commit_id, stored.partition)
        found.seen[stored.partition][stored.commit_id] = read(connection, stored)
    # Nearly always there is none, and then there is no need to look for each.
    if connection.exec_driver_sql("SELECT 1 FROM log_eventless LIMIT 1").first():
        for partition, id, became, stream, head in among(connection, EVENTLESS_OF, list(ids)):
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
    commits: defaultdict[int, dict[bytes, int]] = field(default_factory=lambda: defaultdict(dict))
    """Where those added stand, by partition: the numbers of their first events."""

    def insert(self, connection: Connection) -> None:
        insert_rows(connection, RECORDS, self.records)
        insert_rows(connection, EVENTS, self.events, EVENT_ROW)
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
            known.heads[partition],
            known.reached[partition],
            known.refused[partition],
        )
        commits = record.commits or ()
        settled = settle(commits, before, instant(stamp), stamp, partition, offset, (partition, offset))
        after = replace(
            position,
            next_offset=offset + 1,
            last_number=before.last_id,
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
        for commit, outcome in zip(commits, settled.outcomes, strict=True):
            # Within its partition it counts once.
            if (
                type(outcome) is Accepted
                and outcome.notifications
                and known.counts_in.setdefault(commit.id, partition) != partition
            ):
                self.contested.append(commit.id)
        return after, settled.outcomes

    def _add(self, partition: int, offset: int, settled: Settled) -> None:
        events = settled.events
        self.events += events
        self.commits[partition].update(
            (id, number)
            for id, number in zip(events[OF_COMMIT_ID::WIDTH], events[::WIDTH], strict=True)
            if id is not None
        )
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
