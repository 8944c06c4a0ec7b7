"""The tables of the views: one for each projection, and how far they have come with the log."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)  # fmt: skip

METADATA = MetaData()

CLOCKS = Table(
    "clocks",
    METADATA,
    Column("child", String, primary_key=True),
    Column("clock_id", String, primary_key=True),
    Column("timescale", String, nullable=False),
    Column("part", String, nullable=False, comment="which limit of a timescale that has several"),
    Column("limit_value", Integer, nullable=False),
    Column("limit_unit", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("status", String, nullable=False),
    Column("started_on", Date, nullable=False),
    Column("stopped_on", Date),
    Column("due_on", Date, nullable=False),
    Column("in_time_until", Date, nullable=False),
    Column("begun_by", String, nullable=False, comment="the kind of thing that started it"),
    Column("record", String, comment="the record that the case system shows, with its days"),
    Column("record_since", Date),
    Column("record_until", Date),
    Column("record_intervals", JSON),
    Column("has_records", Boolean, nullable=False),
    Column("state", String, nullable=False, comment="what the records are like now, or were when it stopped"),
    Column("is_met_in_time", Boolean, nullable=False),
    Column("stretches", JSON, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("flag_codes", String, nullable=False, comment="|CODE|CODE| of the flags that are true on any day"),
    Column("because", JSON, nullable=False),
    Column("worker_id", String),
    Column("team_id", String),
    # Working days are numbered from the first that the calendar knows, so that lists can be sorted in SQL.
    Column("start_number", Integer, nullable=False),
    Column("due_number", Integer, nullable=False),
    Column("stop_number", Integer),
    Column("shown_working_days", Integer, nullable=False, comment="recorded time that is over"),
    Column("shown_since_number", Integer, comment="from when recorded time still runs"),
)
Index("clocks_by_timescale", CLOCKS.c.timescale, CLOCKS.c.status)
Index("clocks_by_child", CLOCKS.c.child)

CHILDREN = Table(
    "children",
    METADATA,
    Column("child", String, primary_key=True),
    Column("merged", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("worker_id", String),
    Column("team_id", String),
    Column("last_seen_on", Date),
    Column("last_seen_alone", Boolean),
    Column("facts", Integer, nullable=False),
    Column("changes_on", Date, index=True),
)

DISCREPANCIES = Table(
    "discrepancies",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("child", String, nullable=False, index=True),
    Column("code", String, nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("occurred_on", Date, nullable=False),
    Column("recorded_at", DateTime, nullable=False),
)

RECORDING_DELAYS = Table(
    "recording_delays",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("child", String, nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("entered_on", Date, nullable=False, index=True),
    Column("working_days", Integer, nullable=False),
    Column("facts", Integer, nullable=False),
)

FACTS = Table(
    "facts",
    METADATA,
    Column("child", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("facts", Integer, nullable=False),
    Column("last_recorded_at", DateTime, nullable=False),
)

VANISHED_RECORDS = Table(
    "vanished_records",
    METADATA,
    Column("child", String, primary_key=True),
    Column("record_kind", String, primary_key=True),
    Column("record_id", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("since", Date, nullable=False),
)

MEASURED = Table(
    "measured",
    METADATA,
    Column("series", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("child", String, primary_key=True),
    Column("thing", String, primary_key=True),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("outcome", String, nullable=False),
    Column("kind", String),
    Column("marks", String, nullable=False, comment="|MARK|MARK|"),
    Column("length", Integer),
    Column("late_from", Date),
    Column("recorded_outcome", String),
    Column("recorded_since", Date),
    Column("recorded_length", Integer),
    Column("recorded_late_from", Date),
    Column("worker_id", String),
    Column("team_id", String),
    # A measure of a period reads one stretch of the key, and so of the table.
    sqlite_with_rowid=False,
)
Index("measured_by_child", MEASURED.c.child)
Index("measured_by_end", MEASURED.c.series, MEASURED.c.until)

WORKERS = Table(
    "workers",
    METADATA,
    Column("child", String, primary_key=True, comment="the stream that tells of the worker"),
    Column("worker_id", String, nullable=False),
    Column("team_id", String),
    Column("joined_on", Date, nullable=False),
    Column("left_on", Date),
    Column("full_time_equivalent", Float, nullable=False),
    Column("newly_qualified_until", Date),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("stream", String, primary_key=True, comment="a reference, merged or not"),
    Column("child", String, nullable=False, index=True, comment="the reference its rows stand under"),
    Column("folded_through", BigInteger, nullable=False, comment="events of the log before it was folded"),
)

STANDING = Table(
    "standing",
    METADATA,
    Column("projection", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("read_on", Date, comment="the day as at which rows were made"),
    Column("rebuilt_at", DateTime),
    Column("rate", Integer, comment="events a second of the last run"),
)

POSITIONS = Table(
    "positions",
    METADATA,
    Column("projection", String, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False, comment="of the partition's last event in the rows"),
    Column("offset", BigInteger, nullable=False, comment="where that event stands"),
    Column("recorded_at", DateTime, nullable=False, comment="when that event was recorded"),
)
