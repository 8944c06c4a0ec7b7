"""Commits of one id in several partitions: the one that lies first in log order counts, and no other."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import Connection, delete

from infra.log.index_commits import Stored
from infra.log.index_engine import insert_rows
from infra.log.index_tables import DOUBLES


def settle_doubles(
    connection: Connection, commit_ids: Sequence[bytes], commits_found: Sequence[Stored]
) -> dict[bytes, Stored]:
    """Tell anew which commits of these ids count, of those found. Returns, by id, the one that does."""
    counting: dict[bytes, Stored] = {}
    rows: list[int | bytes] = []
    connection.execute(delete(DOUBLES).where(DOUBLES.c.commit_id.in_(commit_ids)))
    for commit_id, commits in groupby(commits_found, lambda one: one.commit_id):
        counting[commit_id], *others = commits
        for other in others:
            for number in range(other.number, other.number + other.events):
                rows += (other.partition, number, commit_id, other.log_offset)
    insert_rows(connection, DOUBLES, rows)
    return counting
