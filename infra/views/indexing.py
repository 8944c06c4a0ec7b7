"""The tables of builds, filled without indexes, and the indexes added once they are, their keys among them.

A table is filled in no order: to keep it in that of its key from the start takes several times as long, and
on SQLite writes most of the table anew with each share.
"""

from sqlalchemy import Column, Connection, Executable, Index, MetaData, Table, text
from sqlalchemy.schema import CreateIndex, CreateTable

from infra.views.engine import POSTGRESQL

SORTED_IN_MEMORY = "128MB"
"""The memory of PostgreSQL's that each index may take while it is made."""


def create_bare(connection: Connection, table: Table) -> None:
    """Make a table without its indexes, and without its key unless SQLite numbers the rows by it."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(CreateTable(table))
        _drop_key(connection, table)
    else:
        connection.execute(CreateTable(table if _is_numbered(table) else _keyless(table)))


def add_indexes(connection: Connection, table: Table) -> None:
    """Add those that a table is read by, its key first; in PostgreSQL, those of them that are not there."""
    if connection.dialect.name == POSTGRESQL:
        for statement in indexing(POSTGRESQL, table):
            add_index(connection, statement)
        _drop_key(connection, table)
        key = f"ADD CONSTRAINT {table.name}_pkey PRIMARY KEY USING INDEX {_key_index(table)}"
        connection.execute(text(f"ALTER TABLE {table.name} {key}"))
        return
    if not _is_numbered(table):
        _put_in_order(connection, table)
    for index in _in_turn(table):
        connection.execute(CreateIndex(index))


def indexing(dialect: str, table: Table) -> list[Executable]:
    """What adds each index to a table, unless it is there, on whichever connection; nothing in SQLite, where
    one writes at a time.
    """
    if dialect != POSTGRESQL:
        return []
    key = f"CREATE UNIQUE INDEX IF NOT EXISTS {_key_index(table)} ON {table.name} ({_key(table)})"
    return [text(key), *(CreateIndex(index, if_not_exists=True) for index in _in_turn(table))]


def add_index(connection: Connection, statement: Executable) -> None:
    """Add one of those, within a transaction."""
    connection.execute(text(f"SET LOCAL maintenance_work_mem = '{SORTED_IN_MEMORY}'"))
    connection.execute(statement)


def _drop_key(connection: Connection, table: Table) -> None:
    connection.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS {table.name}_pkey"))


def _is_numbered(table: Table) -> bool:
    """Whether the database numbers the rows, so that they come in the order of their key."""
    return table.autoincrement_column is not None


def _keyless(table: Table) -> Table:
    columns = (Column(each.name, each.type, nullable=each.nullable) for each in table.columns)
    return Table(table.name, MetaData(), *columns)


def _key_index(table: Table) -> str:
    return f"{table.name}_by_key"


def _in_turn(table: Table) -> list[Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def _key(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.primary_key.columns)


def _put_in_order(connection: Connection, table: Table) -> None:
    """Put the rows of a table without a key into one that has it, which takes its place."""
    filled = f"{table.name}_filled"
    connection.execute(text(f"ALTER TABLE {table.name} RENAME TO {filled}"))
    connection.execute(CreateTable(table))
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    ordered = f"SELECT {names} FROM {filled} ORDER BY {_key(table)}"  # noqa: S608 (names of ours)
    connection.execute(text(f"INSERT INTO {table.name} ({names}) {ordered}"))
    connection.execute(text(f"DROP TABLE {filled}"))
