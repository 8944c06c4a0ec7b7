"""Records of the log's topic as the index takes them, and how far it is with each partition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from infra.errors import Unreadable
from infra.log.commit import Commit, LogDamaged
from infra.log.kafka_pack import GENESIS_ID, PACK_ID, decode, schema_id
from infra.log.kafka_reader import Fetched

DIGEST_BYTES = 16
FIRST_OFFSET = 1
"""After the genesis."""


class Place(NamedTuple):
    """Where a record lies."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far the index is with a partition. See index_tables.POSITIONS."""

    partition: int
    next_offset: int
    last_number: int
    recorded_at: int
    digest: bytes
    epoch: int
    confirmed: int
    commits_to: int


class Looked(NamedTuple):
    """When commits were looked for: in which turn, and behind which number of each partition."""

    turn: int
    numbers: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Packed:
    """A record of the topic, taken apart. ``commits`` is None for one that is none of ours.

    ``looked``: when they were looked for and not found, if they were.
    """

    offset: int
    appended_ms: int
    value_digest: bytes
    commits: Sequence[Commit] | None
    looked: Looked | None = None


def value_digest(value: bytes | None) -> bytes:
    """What a record is known by again."""
    return blake2b(value or b"", digest_size=DIGEST_BYTES).digest()


def rolled(before: bytes, record: Packed) -> bytes:
    """The digest over every record up to this one."""
    text = before + record.value_digest + record.appended_ms.to_bytes(8, "big", signed=True)
    return blake2b(text, digest_size=DIGEST_BYTES).digest()


def packed(partition: int, record: Fetched, originator_id: Callable[[str], UUID | str]) -> Packed:
    """A record as the index takes it: what is none of ours counts for nothing, for every reader and for ever.

    Raises LogDamaged for a record of a schema that came after this program: it may count.
    """
    commits: Sequence[Commit] | None = None
    try:
        found = schema_id(record.value)
        if found > GENESIS_ID:
            said = f"The record at offset {record.offset} of partition {partition} has schema id {found}"
            raise LogDamaged(partition, f"{said}, which is not known here: update this program.")
        if found == PACK_ID:
            commits = decode(record.value or b"", originator_id)
    except Unreadable:
        commits = None
    return Packed(record.offset, record.appended_ms, value_digest(record.value), commits)
