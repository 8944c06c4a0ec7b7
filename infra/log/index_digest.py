"""One digest over all that an index holds: two of one topic have the same, however each came about."""

from hashlib import blake2b
from typing import Any

from sqlalchemy import Select, Table, select

from infra.log.index import Index
from infra.log.index_engine import snapshot
from infra.log.index_tables import GROWING, POSITIONS

_OF_THE_TOPIC = ("partition", "next_offset", "last_number", "recorded_at", "digest")


def content_digest(index: Index) -> str:
    """Over every row in the order of its key; not over what the brokers said of themselves."""
    digest = blake2b(digest_size=32)
    with snapshot(index.engine) as connection:
        standing = select(*(POSITIONS.c[name] for name in _OF_THE_TOPIC)).order_by(POSITIONS.c.partition)
        for row in connection.execute(standing):
            digest.update(repr(tuple(row)).encode())
        for table in GROWING:
            digest.update(table.name.encode())
            for row in connection.execution_options(yield_per=5_000).execute(_in_order(table)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def _in_order(table: Table) -> Select[*tuple[Any, ...]]:
    return select(table).order_by(*table.primary_key.columns)
