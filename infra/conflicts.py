"""The list of facts refused because another has their identity: who sent what when, and where it differed.

Neither fact's values are in it.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.exc import OperationalError

from infra.log.commit import LogFull, LogUnavailable
from infra.log.sqlite_file import TAKES_NO_MORE
from infra.sqlite_wal import into_wal
from infra.tables import make_tables

_METADATA = MetaData()
_CONFLICTS = Table(
    "conflicts",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("subject", String, nullable=False),
    Column("type", String, nullable=False),
    Column(
        "differs", Text, nullable=False, comment="JSON pointers to what differed from the fact recorded first"
    ),
    Column("refused_at", DateTime, nullable=False),
    # The same, sent again and again, is listed once.
    UniqueConstraint("source", "id", "subject", "type", "differs"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fact that was refused; ``number`` orders the list."""

    number: int
    source: str
    id: str
    subject: str
    type: str
    differs: tuple[str, ...]
    refused_at: datetime


class Conflicts:
    """The list, in a file of its own: unlike the views it cannot be made again from the log."""

    def __init__(self, path: Path) -> None:
        self._engine = _open(path)
        make_tables(self._engine, _METADATA)

    def close(self) -> None:
        self._engine.dispose()

    def add(self, refused: Sequence[tuple[str, str, str, str, tuple[str, ...]]], at: datetime) -> None:
        """List refusals: source, id, subject, type and what differed.

        Raises LogFull and LogUnavailable as the log does.
        """
        rows = [
            {
                "source": source,
                "id": id,
                "subject": subject,
                "type": type,
                "differs": json.dumps(differs),
                "refused_at": at.astimezone(UTC).replace(tzinfo=None),
            }
            for source, id, subject, type, differs in refused
        ]
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_CONFLICTS).prefix_with("OR IGNORE"), rows)
        except OperationalError as error:
            name = getattr(error.orig, "sqlite_errorname", "SQLITE_ERROR")
            if name.startswith(TAKES_NO_MORE):
                raise LogFull("There is no room left to list a conflict; make room and retry.") from None
            raise LogUnavailable(f"The list of conflicts answered {name}; see to it and retry.") from None

    def page(self, after: int, limit: int, source: str | None = None) -> list[Refusal]:
        """Refusals after a number, oldest first."""
        asked = (
            select(_CONFLICTS).where(_CONFLICTS.c.number > after).order_by(_CONFLICTS.c.number).limit(limit)
        )
        if source is not None:
            asked = asked.where(_CONFLICTS.c.source == source)
        with self._engine.connect() as connection:
            return [
                Refusal(
                    row.number,
                    row.source,
                    row.id,
                    row.subject,
                    row.type,
                    tuple(json.loads(row.differs)),
                    row.refused_at.replace(tzinfo=UTC),
                )
                for row in connection.execute(asked)
            ]

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(_CONFLICTS)) or 0


def _open(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        into_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")

    return engine
