"""Commits of one id in several partitions: the one that lies first in log order counts, and no other."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from infra.log.index_engine import insert_rows
from infra.log.index_tables import DOUBLES, EVENTS

ASKED_AT_ONCE = 5_000
"""Values in one query: SQLite takes 32,766."""


class Stored(NamedTuple):
    """Where an accepted commit stands. In log order: by when it was recorded, partition and number."""

    recorded_at: int
    partition: int
    number: int
    events: int
    commit_id: bytes
    log_offset: int


def stored_commits(connection: Connection, commit_ids: Iterable[bytes]) -> list[Stored]:
    """Where commits of these ids stand, by id and in log order."""
    ids = list(commit_ids)
    found: list[Stored] = []
    columns = (
        EVENTS.c.recorded_at,
        EVENTS.c.partition,
        EVENTS.c.number,
        EVENTS.c.commit_events,
        EVENTS.c.commit_id,
        EVENTS.c.log_offset,
    )
    for start in range(0, len(ids), ASKED_AT_ONCE):
        asked = select(*columns).where(EVENTS.c.commit_id.in_(ids[start : start + ASKED_AT_ONCE]))
        found += [Stored(*row) for row in connection.execute(asked)]
    return sorted(found, key=lambda one: (one.commit_id, one))


def settle_doubles(connection: Connection, commit_ids: Sequence[bytes]) -> dict[bytes, Stored]:
    """Tell anew which commits of these ids count. Returns, by id, the one that does."""
    counting: dict[bytes, Stored] = {}
    rows: list[int | bytes] = []
    if not commit_ids:
        return counting
    connection.execute(delete(DOUBLES).where(DOUBLES.c.commit_id.in_(commit_ids)))
    for commit_id, commits in groupby(stored_commits(connection, commit_ids), lambda one: one.commit_id):
        counting[commit_id], *others = commits
        for other in others:
            for number in range(other.number, other.number + other.events):
                rows += (other.partition, number, commit_id, other.log_offset)
    insert_rows(connection, DOUBLES, rows)
    return counting
