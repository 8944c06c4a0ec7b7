"""Tables made by several at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect

from infra.tables import make_tables

TABLES = MetaData()
for number in range(8):
    Table(f"table_{number}", TABLES, Column("id", Integer, primary_key=True))


def made_by_many(url: str, **options) -> list[str]:
    """What tables there are once eight engines have made them at once."""
    engines = [create_engine(url, **options) for _ in range(8)]
    try:
        with ThreadPoolExecutor(8) as together:
            list(together.map(lambda engine: make_tables(engine, TABLES), engines))
        make_tables(engines[0], TABLES)
        with engines[0].connect() as connection:
            return sorted(inspect(connection).get_table_names())
    finally:
        for engine in engines:
            engine.dispose()


@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}])
def test_many_make_the_tables_of_a_file_at_once(tmp_path: Path, options):
    url = f"sqlite:///{tmp_path / 'tables.sqlite3'}"
    assert made_by_many(url, connect_args={"timeout": 30}, **options) == sorted(TABLES.tables)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}])
def test_many_make_the_tables_of_a_server_at_once(postgres_url, options):
    assert made_by_many(postgres_url, **options) == sorted(TABLES.tables)
