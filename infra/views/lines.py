"""Lines of a table as its database keeps them, written and read without an object for each, so that those
that changed are soon told from those that did not.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Date, DateTime, Table

from infra.views.engine import POSTGRESQL

Line = tuple[Any, ...]
"""Values of a line, in the order of some columns."""

_JSON = msgspec.json.Encoder()


def to_json(value: Any) -> str:
    """A value as it is kept in a column of JSON; days in it as texts."""
    return _JSON.encode(value).decode()


@dataclass(frozen=True, slots=True)
class Statements:
    """What is asked of a table in one database, and what of a line that database keeps in another form.

    ``read`` are the columns as they are selected, ``width`` how many of them there are before the key's.
    """

    read: tuple[str, ...]
    width: int
    select: str
    key: Callable[[Line], Line]
    insert: str
    delete: str
    dates: tuple[int, ...]
    instants: tuple[int, ...]
    json: tuple[int, ...]


@cache
def statements(table: Table, columns: tuple[str, ...], dialect: str) -> Statements:
    """Lines of ``columns`` are selected, with what of the table's key is not among them at their end, and
    deleted by that key.
    """
    is_postgresql = dialect == POSTGRESQL
    one = "%s" if is_postgresql else "?"
    kinds = [table.c[name].type for name in columns]
    key = [column.name for column in table.primary_key.columns]
    # JSON is compared as the text that was put in.
    read = [
        f'"{name}"::text' if is_postgresql and isinstance(kind, JSON) else f'"{name}"'
        for name, kind in zip(columns, kinds, strict=True)
    ]
    named = [f'"{name}"' for name in columns]
    own = [f'"{name}"' for name in key]
    whole = [*columns, *(name for name in key if name not in columns)]
    places = [whole.index(name) for name in key]
    # The driver of PostgreSQL takes days and instants as they are.
    dates = [n for n, kind in enumerate(kinds) if isinstance(kind, Date) and not is_postgresql]
    instants = [n for n, kind in enumerate(kinds) if isinstance(kind, DateTime) and not is_postgresql]
    selected = (*read, *whole[len(columns) :])
    return Statements(
        read=selected,
        width=len(columns),
        select=f"SELECT {', '.join(selected)} FROM {table.name} WHERE ",  # noqa: S608 (names of ours)
        key=lambda line: tuple([line[at] for at in places]),
        insert=f"INSERT INTO {table.name} ({', '.join(named)}) VALUES ({', '.join([one] * len(named))})",  # noqa: S608
        delete=f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = {one}' for name in own)}",  # noqa: S608
        dates=tuple(dates),
        instants=tuple(instants),
        json=tuple(n for n, kind in enumerate(kinds) if isinstance(kind, JSON)),
    )


def mark(connection: Connection) -> str:
    """What stands for a value in a statement."""
    return "%s" if connection.dialect.name == POSTGRESQL else "?"


def kept(lines: Iterable[Sequence[Any]], how: Statements) -> Iterator[Line]:
    """Lines in the form that the database keeps them in."""
    dates, instants, as_json = how.dates, how.instants, how.json
    for line in lines:
        told = list(line)
        for at in dates:
            if told[at] is not None:
                told[at] = date.isoformat(told[at])
        for at in instants:
            if told[at] is not None:
                told[at] = datetime.isoformat(told[at], " ", "microseconds")
        for at in as_json:
            told[at] = to_json(told[at])
        yield tuple(told)


def insert(
    connection: Connection, table: Table, columns: tuple[str, ...], lines: Iterable[Sequence[Any]]
) -> None:
    """Add lines."""
    how = statements(table, columns, connection.dialect.name)
    if fresh := list(kept(lines, how)):
        connection.exec_driver_sql(how.insert, fresh)


def of_children(
    connection: Connection, how: Statements, children: Sequence[str], among: str = ""
) -> Sequence[Line]:
    """The lines that a table has of some children, with what tells them apart at their end.

    ``among``: a condition that they meet, with more to follow.
    """
    return of_any(connection, how.select + among, (), "child", children)


def change(
    connection: Connection, how: Statements, there: Iterable[Line], lines: Iterable[Line]
) -> list[Line]:
    """Put some lines, as the database keeps them, in the place of those that are there, touching none that
    stays; return those that went and those that came.
    """
    width = how.width
    stay: dict[Line, list[Line]] = {}
    for line in there:
        stay.setdefault(line[:width], []).append(line)
    fresh = []
    for line in lines:
        if same := stay.get(line):
            same.pop()
        else:
            fresh.append(line)
    gone = [line for same in stay.values() for line in same]
    if gone:
        connection.exec_driver_sql(how.delete, [how.key(line) for line in gone])
    if fresh:
        connection.exec_driver_sql(how.insert, fresh)
    return gone + fresh


def of_any(
    connection: Connection, statement: str, given: Line, column: str, values: Sequence[str]
) -> Sequence[Line]:
    """The rows of a statement for lines that have one of some values, which the database is handed as one.

    They are the driver's own: SQLAlchemy's take longer to make than all else that is done with them.
    """
    with connection.exec_driver_sql(*_of_any(connection, statement, given, column, values)) as result:
        rows: Sequence[Line] = result.cursor.fetchall()
    return rows


def change_any(
    connection: Connection, statement: str, given: Line, column: str, values: Sequence[str]
) -> None:
    """Have a statement change the lines that have one of some values."""
    connection.exec_driver_sql(*_of_any(connection, statement, given, column, values))


def _of_any(
    connection: Connection, statement: str, given: Line, column: str, values: Sequence[str]
) -> tuple[str, Line]:
    if connection.dialect.name == POSTGRESQL:
        return f"{statement}{column} = ANY(%s)", (*given, list(values))
    asked = f"{statement}{column} IN (SELECT value FROM json_each(?))"  # noqa: S608 (names of ours)
    return asked, (*given, json.dumps(list(values)))
