"""Commits of one id in several partitions: the one that lies first in log order counts, and no other."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, delete

from infra.log.index_engine import among, insert_rows
from infra.log.index_tables import DOUBLES

STORED = (
    "SELECT recorded_at, partition, number, commit_events, commit_id, log_offset "
    "FROM log_events WHERE commit_id"
)


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
    found = [Stored(*row) for row in among(connection, STORED, list(commit_ids))]
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
