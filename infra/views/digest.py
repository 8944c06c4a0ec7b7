"""A digest of a build's rows that is the same whatever the database, the order and who wrote them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, false, or_, select

from infra.views.builds import Build
from infra.views.shapes import SHAPES
from infra.views.tables import SET_ASIDE
from projections.across.siblings import SERIES
from projections.measured.rows import measured_rows

_BYTES = 32
_MANY = 2_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str).encode


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows there are, and the sum of what each is hashed to."""

    rows: int
    value: str


def digest_of(lines: Iterable[Iterable[Any]]) -> Digest:
    """The digest of rows, each its values in the order of the columns."""
    rows = total = 0
    for line in lines:
        text = _encode([_plain(value) for value in line])
        total += int.from_bytes(blake2b(text.encode(), digest_size=_BYTES).digest())
        rows += 1
    return Digest(rows, f"{total % (1 << 8 * _BYTES):0{2 * _BYTES}x}")


def digest(connection: Connection, build: Build, but_for: Sequence[Build] = ()) -> Digest:
    """The digest of a build's rows, but for those of children set aside in some builds, and those made from
    theirs.
    """
    table = build.table
    statement = select(*(table.c[name] for name in SHAPES[build.projection].columns))
    aside = select(SET_ASIDE.c.stream).where(or_(false(), *(one.of(SET_ASIDE) for one in but_for)))
    if connection.scalar(select(aside.exists())):
        # Not named one by one: after a bad release they may be more than a statement can name.
        statement = statement.where(table.c.child.not_in(aside))
        if build.projection == measured_rows.name:
            statement = statement.where(table.c.series != SERIES)
    return digest_of(connection.execute(statement, execution_options={"yield_per": _MANY}))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
