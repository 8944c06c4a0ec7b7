"""Many lines into a table at once: by COPY on PostgreSQL."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, String, Table
from sqlalchemy.exc import DBAPIError, IntegrityError

from infra.views.engine import POSTGRESQL
from infra.views.lines import insert, to_json

_FEW = 20
"""Lines for which a statement is sent: COPY takes two more trips to the server."""

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
_PART_BYTES = 1 << 18


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
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi
    try:
        into = f"COPY {quote(table.name)} ({', '.join(map(quote, columns))}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(into) as copy:
            for part in lines_for_copy(table, columns, lines):
                copy.write(part)
    except errors.IntegrityError as error:
        raise IntegrityError("COPY", None, error) from error
    except errors.Error as error:
        raise DBAPIError("COPY", None, error) from error


def lines_for_copy(table: Table, columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines in the text format of COPY, as many together as are worth sending."""
    tellers = [_teller(table.c[name].type) for name in columns]
    part: list[str] = []
    size = 0
    for line in lines:
        text = "\t".join(["\\N" if v is None else tell(v) for tell, v in zip(tellers, line, strict=True)])
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
        return lambda value: to_json(value).translate(_ESCAPED)
    if isinstance(kind, Boolean):
        return lambda value: "t" if value else "f"
    if isinstance(kind, DateTime):
        return datetime.isoformat
    if isinstance(kind, Date):
        return date.isoformat
    if isinstance(kind, String):
        return _text
    return str


def _text(value: str) -> str:
    # Most hold nothing to escape, and are quicker looked through than written anew.
    return value.translate(_ESCAPED) if _TO_ESCAPE.search(value) else value
