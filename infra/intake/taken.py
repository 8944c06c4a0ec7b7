"""A record taken from the intake topic, and why one was set aside."""

from dataclasses import dataclass
from typing import NamedTuple


class Taken(NamedTuple):
    """A record of the intake topic, as it was published."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a record was set aside: a kind of problem, what to do about it, and the places in it."""

    kind: str
    detail: str
    pointers: tuple[str, ...] = ()
