"""Who of a household was not seen when another was: rows made from others of the same table, and kept with
them.

They hang on several children at once, so that no child's fold makes them: each change of a visit or of a
household makes anew those of the household, or of it on that day, within the transaction of the change.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table

from infra.views.bulk import put
from infra.views.chunks import chunks
from infra.views.engine import POSTGRESQL
from infra.views.lines import Line, change, kept, of_any, statements
from infra.views.shapes import SHAPES
from projections.across.siblings import SERIES, Spell, Visit, siblings
from projections.measured.row import Measured
from projections.measured.rows import measured_rows

NOT_OF_HOUSEHOLDS = f"series <> '{SERIES}' AND "
"""The lines that the fold of a child makes, as a condition with more to follow."""

_COLUMNS = SHAPES[measured_rows.name].columns
_AT = {name: at for at, name in enumerate(_COLUMNS)}
_SERIES, _CHILD, _DAY, _KIND = (_AT[name] for name in ("series", "child", "day", "kind"))
_VISIT = ("child", "day", "outcome", "worker_id", "team_id")


def follow(connection: Connection, table: Table, changed: Iterable[Line], told: Iterable[Line]) -> None:
    """Make rows of households right after some lines changed; ``told`` are all that their children have."""
    visited: dict[str, set[Any]] = {}
    moved: dict[str, set[str]] = {}
    for line in changed:
        if line[_SERIES] == "visits":
            visited.setdefault(line[_CHILD], set()).add(line[_DAY])
        elif line[_SERIES] == "households":
            moved.setdefault(line[_KIND], set()).add(line[_CHILD])
    if visited:
        spells = [_spell(line) for line in told if line[_SERIES] == "households" and line[_CHILD] in visited]
        days: dict[str, set[Any]] = {}
        for spell in spells:
            if spell.household not in moved:
                on = [day for day in visited[spell.child] if spell.goes_on(_day(day))]
                days.setdefault(spell.household, set()).update(on)
        _make_days(connection, table, {home: on for home, on in days.items() if on})
    if moved:
        _make_whole(connection, table, moved)


def make_all(connection: Connection, table: Table) -> None:
    """Make the rows of all households in a table that has none of them, and its indexes."""
    homes = f"SELECT DISTINCT kind FROM {table.name} WHERE series = 'households' ORDER BY kind"  # noqa: S608 (a name of ours)
    if connection.dialect.name == POSTGRESQL:
        # The rows of a child were put in together: by an index they are read at once. PostgreSQL, which
        # cannot know that, would read the whole table for each part of the households.
        connection.exec_driver_sql("SET LOCAL random_page_cost = 1")
        connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")
    every = [home for (home,) in connection.exec_driver_sql(homes).fetchall()]
    for some in chunks(every):
        spells = _spells(connection, table, some)
        rows = siblings(_visits_of(connection, table, {spell.child for spell in spells}), spells)
        put(connection, table, _COLUMNS, list(_values(rows)))


def _make_days(connection: Connection, table: Table, days: dict[str, set[Any]]) -> None:
    """Make the rows that some households have on some days."""
    spells = _spells(connection, table, days)
    asked = sorted({(day, spell.child) for spell in spells for day in days[spell.household]})
    visits = [_visit(line) for line in _on_days(connection, table, _VISIT, "visits", asked)]
    places = {(home, _day(day)) for home, on in days.items() for day in on}
    how = statements(table, _COLUMNS, connection.dialect.name)
    there = [
        line
        for line in _on_days(connection, table, how.read, SERIES, asked)
        if (line[_KIND], _day(line[_DAY])) in places
    ]
    rows = (row for row in siblings(visits, spells) if (row.kind, row.day) in places)
    change(connection, how, there, list(kept(_values(rows), how)))


def _make_whole(connection: Connection, table: Table, moved: dict[str, set[str]]) -> None:
    """Make all rows of households, of which it is told which children came, went or never were there."""
    spells = _spells(connection, table, moved)
    members = {spell.child for spell in spells}
    how = statements(table, _COLUMNS, connection.dialect.name)
    condition = f"{_by(connection, table, 'child')} WHERE series = '{SERIES}' AND "
    asked = f"SELECT {', '.join(how.read)} FROM {table.name} {condition}"  # noqa: S608 (names of ours)
    ever = sorted(members.union(*moved.values()))
    there = [line for line in of_any(connection, asked, (), "child", ever) if line[_KIND] in moved]
    rows = siblings(_visits_of(connection, table, members), spells)
    change(connection, how, there, list(kept(_values(rows), how)))


def _spells(connection: Connection, table: Table, homes: Collection[str]) -> list[Spell]:
    condition = f"{_by(connection, table, 'kind')} WHERE series = 'households' AND "
    asked = f"SELECT child, kind, since, until FROM {table.name} {condition}"  # noqa: S608 (names of ours)
    return [
        Spell(child, home, _day(since), None if until is None else _day(until))
        for child, home, since, until in of_any(connection, asked, (), "kind", sorted(homes))
    ]


def _visits_of(connection: Connection, table: Table, children: Collection[str]) -> Iterator[Visit]:
    condition = f"{_by(connection, table, 'child')} WHERE series = 'visits' AND "
    asked = f"SELECT {', '.join(_VISIT)} FROM {table.name} {condition}"  # noqa: S608 (names of ours)
    return map(_visit, of_any(connection, asked, (), "child", sorted(children)))


def _on_days(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    series: str,
    asked: Sequence[tuple[Any, str]],
) -> Sequence[Line]:
    """Lines of a series, of some days each with a child."""
    told = f"SELECT {', '.join(columns)} FROM"
    if connection.dialect.name == POSTGRESQL:
        statement = (
            f"{told} unnest(%s::date[], %s::text[]) AS asked (on_day, of_child) JOIN {table.name} "
            f"ON series = '{series}' AND day = on_day AND child = of_child COLLATE \"C\""
        )
        given: tuple[Any, ...] = ([day for day, _ in asked], [child for _, child in asked])
    else:
        # A cross join, which SQLite does not turn round.
        statement = (
            f"{told} json_each(?) CROSS JOIN {table.name} ON series = '{series}' "
            "AND day = json_extract(value, '$[0]') AND child = json_extract(value, '$[1]')"
        )
        given = (json.dumps(asked),)
    with connection.exec_driver_sql(statement, given) as result:
        found: Sequence[Line] = result.cursor.fetchall()
    return found


def _by(connection: Connection, table: Table, column: str) -> str:
    """Has SQLite use an index: left to itself it reads a series from end to end."""
    return "" if connection.dialect.name == POSTGRESQL else f"INDEXED BY {table.name}_by_{column}"


def _visit(line: Sequence[Any]) -> Visit:
    child, day, outcome, worker_id, team_id = line
    return Visit(child, _day(day), outcome, worker_id, team_id)


def _spell(line: Line) -> Spell:
    until = line[_AT["until"]]
    return Spell(line[_CHILD], line[_KIND], _day(line[_AT["since"]]), None if until is None else _day(until))


def _day(kept_as: Any) -> date:
    return date.fromisoformat(kept_as) if isinstance(kept_as, str) else kept_as


def _values(rows: Iterable[Measured]) -> Iterator[Sequence[Any]]:
    return ([getattr(row, name) for name in _COLUMNS] for row in rows)
