"""Many lines into a table at once: by COPY on PostgreSQL."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, Table, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from infra.views.engine import POSTGRESQL

_FEW = 20
"""Lines for which a statement is sent: COPY takes two more trips to the server."""

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_PART_BYTES = 1 << 18
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def put(connection: Connection, table: Table, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add lines, each with the same columns."""
    if not lines:
        return
    if connection.dialect.name != POSTGRESQL or len(lines) <= _FEW:
        connection.execute(insert(table), lines)
        return
    names = list(lines[0])
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi
    try:
        into = f"COPY {quote(table.name)} ({columns}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(into) as copy:
            for part in lines_for_copy(table, names, lines):
                copy.write(part)
    except errors.IntegrityError as error:
        raise IntegrityError("COPY", None, error) from error
    except errors.Error as error:
        raise DBAPIError("COPY", None, error) from error


def lines_for_copy(table: Table, names: Sequence[str], lines: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Lines in the text format of COPY, as many together as are worth sending."""
    told = [(name, _teller(table.c[name].type)) for name in names]
    part: list[str] = []
    size = 0
    for line in lines:
        text = "\t".join(["\\N" if (v := line[name]) is None else tell(v) for name, tell in told])
        part.append(text)
        size += len(text)
        if size > _PART_BYTES:
            yield "\n".join(part) + "\n"
            part, size = [], 0
    if part:
        yield "\n".join(part) + "\n"


def _teller(kind: Any) -> Callable[[Any], str]:
    """How a value of a type is written for COPY."""
    if isinstance(kind, JSON):
        return lambda value: _to_json(value).translate(_ESCAPED)
    if isinstance(kind, Boolean):
        return lambda value: "t" if value else "f"
    if isinstance(kind, DateTime):
        return datetime.isoformat
    if isinstance(kind, Date):
        return date.isoformat
    return _text


def _text(value: Any) -> str:
    return value.translate(_ESCAPED) if isinstance(value, str) else str(value)
