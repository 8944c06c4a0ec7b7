"""The tables of the index: what the log's topic says, judged, so that streams and commits can be looked up.

All but the positions only grow, and every row tells the offset, or the number of the event, that it comes
from: what lies beyond an offset can be taken back. Any of it can be made again from the topic.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

# Names are in one order on every database: by their bytes.
_Name = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_INSTANT = "microseconds since 1970-01-01T00:00Z"

METADATA = MetaData()

TOPIC = Table(
    "log_topic",
    METADATA,
    Column("format", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("topic_id", LargeBinary, nullable=False),
    Column("partitions", Integer, nullable=False),
)

POSITIONS = Table(
    "log_positions",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, comment=_INSTANT),
    Column("digest", LargeBinary, nullable=False, comment="over every record before next_offset"),
    # What is known of the topic, and not what is in it: these differ between indexes of one topic.
    Column("epoch", Integer, nullable=False, comment="of the leader that was last asked how far it is"),
    Column("confirmed", BigInteger, nullable=False, comment="where this index stood then"),
    Column("commits_to", BigInteger, nullable=False, comment="the number up to which log_commits has all"),
)

RECORDS = Table(
    "log_records",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("log_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("last_number", BigInteger, nullable=False, comment="of the last event up to here"),
    Column("recorded_at", BigInteger, nullable=False, comment=_INSTANT),
    Column("value_digest", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="over every record up to here"),
    Column("is_pack", Integer, nullable=False, comment="0: not one of ours, and counts for nothing"),
    Index("log_records_by_time", "partition", "recorded_at", "log_offset"),
    sqlite_with_rowid=False,
)

EVENTS = Table(
    "log_events",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", _Name, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, comment=_INSTANT),
    Column("log_offset", BigInteger, nullable=False),
    # What a commit is known by stands on its first event.
    Column("commit_id", LargeBinary),
    Column("commit_events", Integer, comment="how many, this one and those that follow it"),
    UniqueConstraint("stream", "version"),
    sqlite_with_rowid=False,
)

COMMITS = Table(
    "log_commits",
    METADATA,
    Column("commit_id", LargeBinary, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="of its first event"),
    sqlite_with_rowid=False,
)
"""Where commits stand, but for the latest: entered together, so that an id is no page to be written."""

EVENTLESS = Table(
    "log_eventless",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("commit_id", LargeBinary, primary_key=True),
    Column("log_offset", BigInteger, nullable=False),
    Column("became", Text, nullable=False, comment="refused, sealed or tracked"),
    Column("stream", _Name, comment="refused: the first whose head was not the one expected"),
    Column("head", BigInteger, comment="refused: that head"),
    sqlite_with_rowid=False,
)

MARKS = Table(
    "log_marks",
    METADATA,
    Column("kind", _Name, primary_key=True),
    Column("value", _Name, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("extra", _Name, primary_key=True),
    Column("stream", _Name, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
    Index("log_marks_of_stream", "stream", "kind"),
    sqlite_with_rowid=False,
)

TRACKING = Table(
    "log_tracking",
    METADATA,
    Column("application", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("log_offset", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

DOUBLES = Table(
    "log_doubles",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("commit_id", LargeBinary, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
    Index("log_doubles_by_commit", "commit_id"),
    sqlite_with_rowid=False,
)
"""Events of commits whose id counts in another partition, where it lies earlier: they do not count."""

GROWING = (RECORDS, EVENTS, EVENTLESS, MARKS, TRACKING, DOUBLES)
