"""A digest of a build's rows that is the same whatever the database, the order and who wrote them.

Each row is written as one text, made of what the database itself says of its values, and hashed; the hashes
are summed. It is written as COPY of PostgreSQL does: values between tabs, nothing as ``\\N``, and what could
be taken for either escaped.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Integer,
    Select,
    cast,
    false,
    func,
    or_,
    select,
    text,
)  # fmt: skip

from infra.views.builds import Build
from infra.views.engine import POSTGRESQL, copying
from infra.views.shapes import SHAPES
from infra.views.tables import SET_ASIDE
from projections.across.siblings import SERIES
from projections.measured.rows import measured_rows

_BYTES = 32
_MANY = 2_000
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_TO_ESCAPE = re.compile("[" + "".join(map(re.escape, _ESCAPED)) + "]")
_NOTHING = "\\N"


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows there are, and the sum of what each is hashed to."""

    rows: int
    value: str


def digest_of(lines: Iterable[bytes]) -> Digest:
    """The digest of rows, each written as one text."""
    rows = total = 0
    for line in lines:
        total += int.from_bytes(blake2b(line, digest_size=_BYTES).digest())
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
    return digest_of(written(connection, statement))


def written(connection: Connection, statement: Select[Any]) -> Iterator[bytes]:
    """The rows of a statement, each as one text: the same in every database."""
    if connection.dialect.name == POSTGRESQL:
        return _copied(connection, statement)
    return map(_line, _fetched(connection, statement))


def _copied(connection: Connection, statement: Select[Any]) -> Iterator[bytes]:
    told = statement.with_only_columns(*map(_plain, statement.selected_columns))
    query = told.compile(connection, compile_kwargs={"literal_binds": True})
    connection.execute(text("SET LOCAL datestyle TO ISO"))
    with copying(connection, f"COPY ({query}) TO STDOUT") as copy:
        for row in copy:
            # The driver's library hands over one row at a time, with its end.
            yield bytes(row)[:-1]


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of PostgreSQL as SQLite keeps it: truths as numbers, instants to the microsecond; and numbers
    that are not whole as the bytes that they are, which each would write in its own way.
    """
    if isinstance(column.type, Boolean):
        return cast(column, Integer)
    if isinstance(column.type, DateTime):
        return func.to_char(column, "YYYY-MM-DD HH24:MI:SS.US")
    if isinstance(column.type, Float):
        return func.encode(func.float8send(column), "hex")
    return column


def _fetched(connection: Connection, statement: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Rows as SQLite keeps them: SQLAlchemy's take longer to make than all else that is done with them."""
    query = statement.compile(connection, compile_kwargs={"literal_binds": True})
    with connection.exec_driver_sql(str(query)) as result:
        while lines := result.cursor.fetchmany(_MANY):
            yield from lines


def _line(values: tuple[Any, ...]) -> bytes:
    told = [_NOTHING if v is None else v if type(v) is str else _number(v) for v in values]
    line = "\t".join(told)
    if len(_TO_ESCAPE.findall(line)) != len(told) - 1 + values.count(None):
        escaped = [
            _NOTHING if v is None else _TO_ESCAPE.sub(lambda found: _ESCAPED[found[0]], tell)
            for v, tell in zip(values, told, strict=True)
        ]
        line = "\t".join(escaped)
    return line.encode()


def _number(value: int | float) -> str:
    return struct.pack(">d", value).hex() if isinstance(value, float) else str(value)
