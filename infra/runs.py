"""What commands that end left behind for those who watch: walks through the log, and imports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
)

from infra.tables import make_tables

_METADATA = MetaData()
_RUNS = Table(
    "runs",
    _METADATA,
    Column("number", Integer, primary_key=True),
    Column("kind", String, nullable=False, index=True),
    Column("of", String, nullable=False, comment="what it was done with: the format of an import"),
    Column("ended_at", DateTime, nullable=False),
    Column("counted", JSON, nullable=False),
)

VERIFICATION, IMPORT = "verification", "import"


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended: when, what it was done with, and what it counted. Nobody is named in it."""

    of: str
    ended_at: datetime
    counted: Mapping[str, int]


class Runs:
    """The list, in a file of its own. Raises DBAPIError where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._engine = create_engine(f"sqlite:///{path}")

        @event.listens_for(self._engine, "connect")
        def _configure(connection: object, _: object) -> None:
            connection.execute("PRAGMA busy_timeout=10000")  # type: ignore[attr-defined]

        make_tables(self._engine, _METADATA)

    def close(self) -> None:
        self._engine.dispose()

    def add(self, kind: str, run: Run) -> None:
        ended_at = run.ended_at.astimezone(UTC).replace(tzinfo=None)
        row = {"kind": kind, "of": run.of, "ended_at": ended_at, "counted": dict(run.counted)}
        with self._engine.begin() as connection:
            connection.execute(insert(_RUNS).values(row))

    def all_of(self, kind: str) -> list[Run]:
        """All of a kind, oldest first."""
        statement = select(_RUNS).where(_RUNS.c.kind == kind).order_by(_RUNS.c.number)
        with self._engine.connect() as connection:
            return [
                Run(row.of, row.ended_at.replace(tzinfo=UTC), row.counted)
                for row in connection.execute(statement)
            ]
