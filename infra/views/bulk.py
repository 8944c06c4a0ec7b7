"""Many lines into a table at once: by COPY on PostgreSQL."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, Float, Integer, Table

from infra.views.engine import POSTGRESQL, copying
from infra.views.lines import insert, to_json

_FEW = 20
"""Lines for which a statement is sent: COPY takes two more trips to the server."""

_LINES_AT_ONCE = 5_000
_WITHOUT_NAMES = csv.WriteOptions(include_header=False)
_KINDS: tuple[tuple[type[Any], pa.DataType], ...] = (
    (Boolean, pa.bool_()),
    (Integer, pa.int64()),
    (Float, pa.float64()),
    (Date, pa.date32()),
    (DateTime, pa.timestamp("us")),
)


def put(
    connection: Connection, table: Table, columns: tuple[str, ...], lines: Sequence[Sequence[Any]]
) -> None:
    """Add lines, each its values in the order of the columns."""
    if not lines:
        return
    if connection.dialect.name != POSTGRESQL or len(lines) <= _FEW:
        insert(connection, table, columns, lines)
        return
    quote = connection.dialect.identifier_preparer.quote
    into = f"COPY {quote(table.name)} ({', '.join(map(quote, columns))}) FROM STDIN (FORMAT csv)"
    with copying(connection, into) as copy:
        for start in range(0, len(lines), _LINES_AT_ONCE):
            copy.write(_as_csv(table, columns, lines[start : start + _LINES_AT_ONCE]))


def _as_csv(table: Table, columns: tuple[str, ...], lines: Sequence[Sequence[Any]]) -> memoryview:
    """Lines in the CSV format of COPY, made column by column: every text is quoted, and nothing is NULL."""
    values = zip(*lines, strict=True)
    kinds = [_kind(table, name) for name in columns]
    arrays = [
        pa.array(map(tell, of) if tell else of, kind) for (kind, tell), of in zip(kinds, values, strict=True)
    ]
    into = pa.BufferOutputStream()
    csv.write_csv(pa.RecordBatch.from_arrays(arrays, list(columns)), into, _WITHOUT_NAMES)
    return memoryview(into.getvalue())


@cache
def _kind(table: Table, name: str) -> tuple[pa.DataType, Callable[[Any], str] | None]:
    """The kind of a column's values, and how they are told where they are not kept as they are."""
    column = table.c[name].type
    if isinstance(column, JSON):
        return pa.string(), to_json
    return next((kind for of, kind in _KINDS if isinstance(column, of)), pa.string()), None
