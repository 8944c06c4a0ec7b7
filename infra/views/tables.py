"""The tables of the views: one for each projection, as it is read, and what is kept of their builds.

The rows of a projection stand in the table of one of its builds, named after it with the build's number; the
table's own name is that of the build that serves.
"""

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
    text,
)  # fmt: skip

METADATA = MetaData()

Text = String().with_variant(String(collation="C"), "postgresql")
"""Sorted by code point, whatever the order of the database's own language."""

CLOCKS = Table(
    "clocks",
    METADATA,
    Column("child", Text, primary_key=True),
    Column("clock_id", Text, primary_key=True),
    Column("timescale", Text, nullable=False),
    Column("part", Text, nullable=False, comment="which limit of a timescale that has several"),
    Column("limit_value", Integer, nullable=False),
    Column("limit_unit", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_on", Date, nullable=False),
    Column("stopped_on", Date),
    Column("due_on", Date, nullable=False),
    Column("in_time_until", Date, nullable=False),
    Column("begun_by", Text, nullable=False, comment="the kind of thing that started it"),
    Column("record", Text, comment="the record that the case system shows, with its days"),
    Column("record_since", Date),
    Column("record_until", Date),
    Column("record_intervals", JSON),
    Column("has_records", Boolean, nullable=False),
    Column("state", Text, nullable=False, comment="what the records are like now, or were when it stopped"),
    Column("is_met_in_time", Boolean, nullable=False),
    Column("stretches", JSON, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("flag_codes", Text, nullable=False, comment="|CODE|CODE| of the flags that are true on any day"),
    Column("because", JSON, nullable=False),
    Column("worker_id", Text),
    Column("team_id", Text),
    # Working days are numbered from the first that the calendar knows, so that lists can be sorted in SQL.
    Column("start_number", Integer, nullable=False),
    Column("due_number", Integer, nullable=False),
    Column("stop_number", Integer),
    Column("shown_working_days", Integer, nullable=False, comment="recorded time that is over"),
    Column("shown_since_number", Integer, comment="from when recorded time still runs"),
)
Index("clocks_by_timescale", CLOCKS.c.timescale, CLOCKS.c.status)

CHILDREN = Table(
    "children",
    METADATA,
    Column("child", Text, primary_key=True),
    Column("merged", JSON, nullable=False),
    Column("status", Text, nullable=False),
    Column("worker_id", Text),
    Column("team_id", Text),
    Column("last_seen_on", Date),
    Column("last_seen_alone", Boolean),
    Column("facts", Integer, nullable=False),
    Column("changes_on", Date),
)

DISCREPANCIES = Table(
    "discrepancies",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("child", Text, nullable=False, index=True),
    Column("code", Text, nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_on", Date, nullable=False),
    Column("recorded_at", DateTime, nullable=False),
)

RECORDING_DELAYS = Table(
    "recording_delays",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("child", Text, nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("entered_on", Date, nullable=False),
    Column("working_days", Integer, nullable=False),
    Column("facts", Integer, nullable=False),
    Column("worker_id", Text),
    Column("team_id", Text),
)

# Summing the delays of a period, by part or not, then reads no row, and sorts none.
Index(
    "recording_delays_summed",
    RECORDING_DELAYS.c.source,
    RECORDING_DELAYS.c.working_days,
    RECORDING_DELAYS.c.team_id,
    RECORDING_DELAYS.c.worker_id,
    RECORDING_DELAYS.c.entered_on,
    RECORDING_DELAYS.c.facts,
)

# A page of the cases of a period then reads no more than its own rows.
Index(
    "recording_delays_by_day",
    RECORDING_DELAYS.c.entered_on,
    RECORDING_DELAYS.c.child,
    RECORDING_DELAYS.c.working_days,
)

FACTS = Table(
    "facts",
    METADATA,
    Column("child", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("facts", Integer, nullable=False),
    Column("last_recorded_at", DateTime, nullable=False),
)

VANISHED_RECORDS = Table(
    "vanished_records",
    METADATA,
    Column("child", Text, primary_key=True),
    Column("record_kind", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("since", Date, nullable=False),
)

MEASURED = Table(
    "measured",
    METADATA,
    Column("series", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("child", Text, primary_key=True),
    Column("thing", Text, primary_key=True),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("outcome", Text, nullable=False),
    Column("kind", Text),
    Column("marks", Text, nullable=False, comment="|MARK|MARK|"),
    Column("length", Integer),
    Column("late_from", Date),
    Column("recorded_outcome", Text),
    Column("recorded_since", Date),
    Column("recorded_length", Integer),
    Column("recorded_late_from", Date),
    Column("worker_id", Text),
    Column("team_id", Text),
    # A measure of a period reads one stretch of the key, and so of the table.
    sqlite_with_rowid=False,
)
Index("measured_by_child", MEASURED.c.child)
Index("measured_by_end", MEASURED.c.series, MEASURED.c.until)
_HOUSEHOLDS = text("series = 'households'")
Index("measured_by_household", MEASURED.c.kind, sqlite_where=_HOUSEHOLDS, postgresql_where=_HOUSEHOLDS)
SUMMED = ("visits", "siblings")
"""The series that most rows are of."""

# To sum those of a period by part then reads no row and sorts none, and nothing of another period.
_SUMMED = text(" OR ".join(f"series = '{name}'" for name in SUMMED))
Index(
    "measured_summed",
    *(MEASURED.c[name] for name in ("series", "day", "team_id", "worker_id", "kind", "outcome")),
    sqlite_where=_SUMMED,
    postgresql_where=_SUMMED,
)

IDENTITIES = Table(
    "identities",
    METADATA,
    Column("child", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("digest", Text, primary_key=True, comment="keyed; of two told apart, the other reference"),
)
Index("identities_by_digest", IDENTITIES.c.digest)

WORKERS = Table(
    "workers",
    METADATA,
    Column("child", Text, primary_key=True, comment="the stream that tells of the worker"),
    Column("worker_id", Text, nullable=False),
    Column("since", Date, primary_key=True),
    Column("until", Date),
    Column("has_left", Boolean, nullable=False, comment="it ends with the worker's leaving"),
    Column("team_id", Text),
    Column("full_time_equivalent", Float, nullable=False),
    Column("newly_qualified_until", Date),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("stream", Text, primary_key=True, comment="a reference, merged or not"),
    Column("child", Text, nullable=False, comment="the reference its rows stand under"),
)
"""What is served of `FOLDS` for the table of children."""

KEPT = MetaData()
"""What all builds share; `METADATA` holds what is read of those that serve."""

BUILDS = Table(
    "builds",
    KEPT,
    Column("projection", Text, primary_key=True),
    Column("build", Integer, primary_key=True),
    Column("version", Integer, nullable=False, comment="of the code that makes its rows"),
    Column("state", Text, nullable=False),
    Column("read_on", Date, comment="the day as at which its rows are made"),
    Column("columns", JSON, nullable=False),
    Column("rebuilt_at", DateTime, comment="when it took over"),
    Column("rate", Integer, comment="events a second of the last run"),
    Column("streams", Integer, comment="that it is filled with"),
    Column("partitions", Integer, comment="into which these are parted"),
    Column("parts", Integer, comment="of each of those, which are its shares"),
)

POSITIONS = Table(
    "positions",
    KEPT,
    Column("projection", Text, primary_key=True),
    Column("build", Integer, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False, comment="of the partition's last event that was read"),
    Column("offset", BigInteger, nullable=False, comment="where that event stands"),
    Column("recorded_at", DateTime, nullable=False, comment="when that event was recorded"),
    Column("applied", BigInteger, nullable=False, comment="events whose streams' rows were put in place"),
    Column("set_aside", BigInteger, nullable=False, comment="events that wait, and are in no row"),
)

FOLDS = Table(
    "folds",
    KEPT,
    Column("projection", Text, primary_key=True),
    Column("build", Integer, primary_key=True),
    Column("stream", Text, primary_key=True, comment="a reference, merged or not"),
    Column("child", Text, nullable=False, comment="the reference its rows stand under"),
    Column("heads", Text, nullable=False, comment="of each partition of the log before it was folded"),
    Column("changed_on", Date, comment="the last day, up to that of the rows, on which they changed"),
    Column("changes_on", Date, comment="the next day on which what is known already changes them"),
)
Index("folds_by_change", FOLDS.c.projection, FOLDS.c.build, FOLDS.c.changes_on)

SET_ASIDE = Table(
    "set_aside",
    KEPT,
    Column("projection", Text, primary_key=True),
    Column("build", Integer, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("behind", Text, nullable=False, comment="the stream whose fold failed: itself, or one merged"),
    Column("error", Text, nullable=False, comment="what kind of failure; nothing that is in the facts"),
    Column("place", Text, nullable=False, comment="where in the code"),
    Column("said", Text, comment="what a record that cannot be read is said to be"),
    Column("partition", Integer, comment="of its first event that waits, and all after"),
    Column("number", BigInteger, comment="of that event; none waits where there is none"),
    Column("events", BigInteger, nullable=False, comment="how many wait"),
    Column("since", DateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("dropped", Boolean, nullable=False, comment="somebody said that it may wait for ever"),
)

SHARES = Table(
    "shares",
    KEPT,
    Column("projection", Text, primary_key=True),
    Column("build", Integer, primary_key=True),
    Column("share", Integer, primary_key=True),
    Column("streams", Integer, nullable=False),
)
"""Of a build that is being filled, which shares of the streams are in it."""
