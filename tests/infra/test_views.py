"""What the views in SQL promise on every database: texts, order, digests and positions."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from infra.holidays import england
from infra.views.bulk import put
from infra.views.digest import digest_of, written
from infra.views.engine import Overtaken, ViewsUnavailable, copying
from infra.views.folded import Failure, Folded
from infra.views.lines import insert
from infra.views.positions import At
from infra.views.set_aside import New
from infra.views.tables import CHILDREN, DISCREPANCIES, WORKERS
from infra.views.views import Step, Views
from projections.discrepancy_rows import DiscrepancyRow, discrepancy_rows

DAY = date(2019, 10, 22)
NOW = datetime(2019, 10, 22, 12, tzinfo=UTC)
ODD = ("\\", "\\N", "\\.", "a\tb", "a\nb", "a\r\nb", "", " ", "é", "🜁", "'", '"', "%s", "\\x41", "C:\\new")


@pytest.fixture(params=["sqlite", "postgresql"])
def views(request, tmp_path):
    url = (
        f"sqlite:///{tmp_path / 'views.sqlite3'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    views = Views(url, england())
    yield views
    views.close()


def row(child, id="f1"):
    return DiscrepancyRow(child, "CODE", "urn:a", id, "ReferralReceived", DAY, NOW)


def folded(child, rows, *heads):
    return Folded([child], {child: child}, {"discrepancies": rows}, {}, heads or (1,), DAY, None)


def step(previous, number, *folds, **new):
    return Step({0: previous}, {0: At(number, number - 1, NOW)}, folds, new, DAY, NOW)


def build_of(views):
    return views.serving(discrepancy_rows)


def test_texts_come_back_as_they_went_in_however_many_go_in_at_once(views):
    for count in (1, 100):
        rows = [row("C1", f"{text}{n}") for text in ODD for n in range(count)]
        before = views.positions()[2].number(0)
        views.move_on([build_of(views)], step(before, before + 1, folded("C1", rows, before + 1)))
        assert sorted(views.rows(discrepancy_rows), key=lambda r: r.id) == sorted(rows, key=lambda r: r.id)


def test_texts_are_sorted_by_code_point_whatever_the_database(views):
    ids = ["a", "B", "_", "é", "Z", "ab", "a-b", "10", "9"]
    views.move_on([build_of(views)], step(0, 1, folded("C1", [row("C1", one) for one in ids])))
    with views.reading() as connection:
        found = list(connection.scalars(select(DISCREPANCIES.c.id).order_by(DISCREPANCIES.c.id)))
    assert found == sorted(ids)


def test_a_position_is_moved_only_from_where_it_is(views):
    build = build_of(views)
    views.move_on([build], step(0, 3, folded("C1", [row("C1")])))
    for previous in (0, 2, 4):
        with pytest.raises(Overtaken):
            views.move_on([build], step(previous, 5, folded("C1", [])))
    assert views.rows(discrepancy_rows) == [row("C1")]
    assert [one.number(0) for one in views.positions() if one.projection == "discrepancies"] == [3]


def test_rows_folded_from_more_of_the_log_stay(views):
    build = build_of(views)
    views.move_on([build], step(0, 1, folded("C1", [row("C1", "later")], 9)))
    views.move_on([build], step(1, 2, folded("C1", [row("C1", "earlier")], 5), C1=New(0, 2, 1)))
    assert [one.id for one in views.rows(discrepancy_rows)] == ["later"]
    views.move_on([build], step(2, 3, folded("C1", [row("C1", "last")], 9)))
    assert [one.id for one in views.rows(discrepancy_rows)] == ["last"]


def test_rows_folded_from_another_part_of_the_log_are_not_replaced_but_made_anew(views):
    build = build_of(views)
    views.move_on([build], step(0, 1, folded("C1", [row("C1", "one")], 4, 2)))
    with pytest.raises(Overtaken):
        views.move_on([build], step(1, 2, folded("C1", [row("C1", "other")], 3, 9)))
    assert [one.id for one in views.rows(discrepancy_rows)] == ["one"]
    views.move_on([build], step(1, 2, folded("C1", [row("C1", "both")], 4, 9)))
    assert [one.id for one in views.rows(discrepancy_rows)] == ["both"]


def test_a_day_does_not_turn_with_rows_folded_from_less_of_the_log_than_those_there(views):
    views.move_on([build_of(views)], step(0, 1, folded("C1", [row("C1", "of more")], 9)))
    with pytest.raises(Overtaken):
        views.turn_day(build_of(views), date(2019, 10, 23), [folded("C1", [row("C1", "of less")], 5)], NOW)
    assert build_of(views).read_on == DAY
    views.turn_day(build_of(views), date(2019, 10, 23), [folded("C1", [row("C1", "of all")], 9)], NOW)
    assert [one.id for one in views.rows(discrepancy_rows)] == ["of all"]


def test_an_event_counts_as_applied_only_where_the_rows_of_its_stream_are_put(views):
    build = build_of(views)
    new = {child: New(0, number, 1) for number, child in enumerate(("C1", "C2", "C3"), 1)}
    failed = replace(folded("C2", []), failures={"discrepancies": Failure("ValueError", "here")})
    views.move_on([build], step(0, 3, folded("C1", [row("C1")]), failed, **new))
    (position,) = [one for one in views.positions() if one.projection == "discrepancies"]
    assert (position.number(0), position.applied, position.set_aside) == (3, {0: 1}, {0: 1})


def test_nothing_is_moved_where_the_rows_cannot_be_written(views):
    with pytest.raises(Overtaken):
        views.move_on([build_of(views)], step(0, 1, folded("C1", [row("C1"), row(None)])))
    assert views.rows(discrepancy_rows) == []
    assert [one.partitions for one in views.positions() if one.projection == "discrepancies"] == [{}]


def test_rows_made_for_another_day_are_refused(views):
    build = build_of(views)
    views.move_on([build], step(0, 1, folded("C1", [row("C1")])))
    tomorrow = Step({0: 1}, {0: At(2, 1, NOW)}, [], {"C1": New(0, 2, 1)}, date(2019, 10, 23), NOW)
    with pytest.raises(Overtaken):
        views.move_on([build_of(views)], tomorrow)


def test_two_processes_may_open_new_views_at_once(views):
    again = Views(views.engine.url.render_as_string(hide_password=False), england())
    again.prepare()
    assert [one.build for one in again.positions()] == [one.build for one in views.positions()]
    again.close()


def test_views_of_another_layout_are_made_afresh(views):
    views.move_on([build_of(views)], step(0, 1, folded("C1", [row("C1")])))
    with views.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE builds DROP COLUMN parts")
    views.prepare()
    assert views.rows(discrepancy_rows) == []
    assert {one.number(0) for one in views.positions()} == {0}


def test_views_of_the_first_layout_are_made_afresh(tmp_path):
    url = f"sqlite:///{tmp_path / 'views.sqlite3'}"
    old = create_engine(url)
    with old.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE clocks (child TEXT PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE positions (projection TEXT PRIMARY KEY, position INTEGER)")
    old.dispose()
    views = Views(url, england())
    assert {one.number(0) for one in views.positions()} == {0}
    views.close()


LINES = st.lists(st.binary(max_size=30), max_size=8)


def test_rows_that_are_there_already_are_left_where_they_are(views):
    def numbers():
        with views.reading() as connection:
            lines = connection.execute(select(build_of(views).table).order_by("number")).all()
        return [(line.number, line.id) for line in lines]

    views.move_on([build_of(views)], step(0, 1, folded("C1", [row("C1", "a"), row("C1", "b")])))
    a, _ = numbers()
    again = [row("C1", "c"), row("C1", "a"), row("C1", "a")]
    views.move_on([build_of(views)], step(1, 2, folded("C1", again, 2)))
    (kept, id), *others = numbers()
    assert (kept, id) == a
    assert sorted(id for _, id in others) == ["a", "c"]
    views.move_on([build_of(views)], step(2, 3, folded("C1", [row("C1", "a")], 3)))
    assert [id for _, id in numbers()] == ["a"]


@given(LINES, st.randoms())
def test_a_digest_does_not_depend_on_the_order_of_rows(lines, draw):
    shuffled = [*lines]
    draw.shuffle(shuffled)
    assert digest_of(lines) == digest_of(shuffled)


@given(LINES)
def test_a_digest_tells_a_row_that_is_there_twice(lines):
    assert digest_of(lines) != digest_of([*lines, b"one more"])
    assert digest_of([*lines, b"one more"]) != digest_of([*lines, b"one more", b"one more"])


TEXTS = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1))
CHILDREN_LINES = st.tuples(
    TEXTS, st.lists(TEXTS).map(tuple), TEXTS, st.none() | TEXTS, st.none() | TEXTS, st.none() | st.dates(),
    st.none() | st.booleans(), st.integers(0, 2**31 - 1), st.none() | st.dates(),
)  # fmt: skip
WORKER_LINES = st.tuples(
    TEXTS, TEXTS, st.dates(), st.none() | st.dates(), st.booleans(), st.none() | TEXTS,
    st.floats(0, 1e300, allow_nan=False), st.none() | st.dates(),
)  # fmt: skip
DISCREPANCY_LINES = st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.dates(), INSTANTS)


def test_what_goes_wrong_in_a_copy_is_told_as_of_any_statement(postgres_url):
    views = Views(postgres_url, england())
    copied = "COPY nothing_of_that_name TO STDOUT"
    with pytest.raises(ViewsUnavailable), views.reading() as connection, copying(connection, copied) as copy:
        list(copy)
    views.close()


OF_EVERY_KIND = pytest.mark.parametrize(
    ("table", "lines"),
    [(CHILDREN, CHILDREN_LINES), (WORKERS, WORKER_LINES), (DISCREPANCIES, DISCREPANCY_LINES)],
    ids=["children", "workers", "discrepancies"],
)
"""Tables that between them have columns of every kind."""


@pytest.mark.slow
@OF_EVERY_KIND
def test_lines_put_in_by_many_are_those_put_in_one_by_one(postgres_url, table, lines):
    columns = columns_of(table)
    as_text = ", ".join(f'"{name}"::text' for name in columns)

    @given(st.lists(lines, min_size=1, max_size=40))
    @settings(max_examples=60, deadline=None)
    def hold(some):
        found = []
        for add in (put, insert):
            connection.exec_driver_sql(f"DELETE FROM {table.name}")
            # So many are copied.
            add(connection, table, columns, some * 21)
            there = connection.exec_driver_sql(f"SELECT {as_text} FROM {table.name}").fetchall()
            found.append(sorted(there, key=repr))
        assert found[0] == found[1]

    with holding(postgres_url, table) as connection:
        hold()


@pytest.mark.slow
@OF_EVERY_KIND
def test_what_is_hashed_of_lines_is_alike_in_every_database_and_tells_any_two_apart(
    postgres_url, table, lines
):
    columns = columns_of(table)
    every = select(*(table.c[name] for name in columns))

    @given(st.lists(lines, max_size=20))
    @settings(max_examples=100, deadline=None)
    def hold(some):
        found = []
        for connection in (on_server, on_file):
            connection.exec_driver_sql(f"DELETE FROM {table.name}")
            insert(connection, table, columns, some)
            found.append(sorted(written(connection, every)))
        assert found[0] == found[1]
        assert len(found[0]) == len(some)
        assert len(set(found[0])) == len({repr(line) for line in some})

    with holding(postgres_url, table) as on_server, holding("sqlite://", table) as on_file:
        hold()


def columns_of(table):
    return tuple(column.name for column in table.columns if column.name != "number")


@contextmanager
def holding(url, table):
    """A connection to a database that has the columns of a table, without its keys: lines may be there
    twice.
    """
    engine = create_engine(url, poolclass=NullPool)
    told = [f'"{name}" {table.c[name].type.compile(dialect=engine.dialect)}' for name in columns_of(table)]
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"CREATE TEMP TABLE {table.name} ({', '.join(told)})")
        yield connection
