"""Making tables that several processes, started together, may all find missing."""

from sqlalchemy import Connection, Engine, MetaData, inspect

_ONE_AT_A_TIME = 0x7461626C
"""What those who make tables lock in PostgreSQL."""


def make_tables(engine: Engine, tables: MetaData) -> None:
    """Make those that are not there; whoever comes second waits, and finds them made."""
    with engine.connect() as connection:
        if set(tables.tables) <= set(inspect(connection).get_table_names()):
            return
    with engine.connect() as connection:
        try:
            _make(connection, tables)
        except BaseException:
            # Its transaction is not to be lent on.
            connection.invalidate()
            raise


def _make(connection: Connection, tables: MetaData) -> None:
    # In words, for engines that begin nothing by themselves.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
    tables.create_all(connection)
    connection.exec_driver_sql("COMMIT")
