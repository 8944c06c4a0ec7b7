"""Measures counted a second way: plain SQL over the clocks and facts that anyone can fetch."""

import sqlite3
from contextlib import closing

import pytest

from services.simulate.simulation import simulate
from tests.running import command, serving

CHILDREN, SEED, TODAY = 250, 11, "2019-10-22"
PERIODS = (("2018-10-23", TODAY), ("2019-05-01", "2019-07-31"), ("2018-01-01", "2018-12-31"))
FLAGGED = {
    "assessments_reopened": "REOPENED_SAME_RECORD",
    "assessments_restarted": "RESTARTED_ON_OPEN_REFERRAL",
    "assessments_cancelled_then_restarted": "CANCELLED_THEN_RESTARTED",
    "assessments_continued": "CONTINUATION_WITHIN_WINDOW",
    "assessments_start_moved": "START_DATE_MOVED_LATER",
    "assessments_referral_moved": "REFERRAL_DATE_MOVED_LATER",
    "assessments_deleted": "DELETED_WITH_OPEN_CLOCK",
    "assessments_paused": "PAUSED_STATUTORY_CLOCK",
}
APART = """exists (select 1 from flags f where f.clock = c.rowid
              and f.code in ('NO_OPEN_REFERRAL', 'SUBSEQUENT_ON_OPEN_REFERRAL'))"""
IN_TIME = """c.status = 'stopped' and c.over_by = 0 and not exists
             (select 1 from flags f where f.clock = c.rowid and f.code = 'COMPLETED_AFTER_CLOSING')"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A service of a simulated authority, and its clocks in tables of their own."""
    folder = tmp_path_factory.mktemp("measured")
    events = folder / "events.ndjson"
    events.write_bytes(b"".join(simulate(CHILDREN, SEED)))
    done = command(folder, "import", "events", str(events), "--history", today=TODAY)
    assert done.returncode == 0, done.stderr
    assert command(folder, "rebuild", today=TODAY).returncode == 0
    with (
        serving(folder, today=TODAY) as running,
        running.client() as client,
        closing(sqlite3.connect(":memory:")) as tables,
    ):
        _fill(tables, _all(client, "/clocks", "clocks"))
        yield client, tables


def _all(client, path, name, **asked):
    asked["limit"] = 1000
    while True:
        page = client.get(path, params=asked).json()
        yield from page[name]
        if page["next"] is None:
            return
        asked["cursor"] = page["next"]


def _fill(tables, clocks):
    tables.execute(
        """create table clocks (child, timescale, id, status, started_on, stopped_on, due_on, elapsed,
                                over_by, limit_value, recorded)"""
    )
    tables.execute("create table flags (clock, code)")
    for clock in clocks:
        recorded = clock["recorded"]
        row = tables.execute(
            "insert into clocks values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                clock["child"],
                clock["timescale"],
                clock["id"],
                clock["status"],
                clock["started_on"],
                clock["stopped_on"],
                clock["due_on"],
                clock["elapsed"]["working_days"],
                clock["over_by"]["calendar_days"],
                clock["limit"]["value"],
                None if recorded is None else recorded["working_days"],
            ),
        ).lastrowid
        codes = [(row, flag["code"]) for flag in clock["flags"]]
        tables.executemany("insert into flags values (?, ?)", codes)


@pytest.fixture(scope="module", params=PERIODS, ids=lambda period: "..".join(period))
def measured(authority, request):
    client, tables = authority
    first, last = request.param
    asked = {"from": first, "to": last}
    found = {one["name"]: one for one in _all(client, "/measures", "measures", **asked)}
    return found, tables, first, last


def counted(tables, numerator, among, *values):
    """How many clocks, and of these how many."""
    sql = f"select coalesce(sum({numerator}), 0), count(*) from clocks c where {among}"
    return tuple(tables.execute(sql, values).fetchone())


def figure(measure):
    return measure["numerator"], measure["denominator"]


def test_there_is_something_to_count(authority):
    _, tables = authority
    late = counted(tables, "c.over_by > 0", "c.timescale = 'assessment'")
    assert min(late) > 20
    assert tables.execute("select count(distinct timescale) from clocks").fetchone()[0] >= 4


def test_the_headline_of_every_timescale_agrees_with_sql(measured):
    found, tables, first, last = measured
    names = [name for name in found if name.endswith("_in_time") and name != "plans_reviewed_in_time"]
    timescales = {row[0] for row in tables.execute("select distinct timescale from clocks")}
    assert timescales <= {name.removesuffix("_in_time") for name in names}
    for timescale in timescales:
        among = f"c.timescale = ? and c.due_on between ? and ? and not {APART}"
        expected = counted(tables, IN_TIME, among, timescale, first, last)
        assert figure(found[f"{timescale}_in_time"]) == expected, timescale


def test_what_is_open_past_its_limit_agrees_with_sql(measured):
    found, tables, *_ = measured
    for (timescale,) in tables.execute("select distinct timescale from clocks").fetchall():
        expected = counted(tables, "c.over_by > 0", "c.timescale = ? and c.status = 'open'", timescale)
        assert figure(found[f"{timescale}_open_past_limit"]) == expected, timescale


def test_assessments_as_the_records_show_them_agree_with_sql(measured):
    found, tables, first, last = measured
    among = f"""c.timescale = 'assessment' and c.due_on between ? and ? and not {APART}
                and c.recorded is not null
                and (c.status = 'stopped' or c.status = 'open' and c.recorded > c.limit_value)"""
    expected = counted(tables, "c.status = 'stopped' and c.recorded <= c.limit_value", among, first, last)
    assert figure(found["assessment_in_time"]["recorded"]) == expected


def test_the_needs_measured_apart_agree_with_sql(measured):
    found, tables, first, last = measured
    among = f"c.timescale = 'assessment' and c.due_on between ? and ? and {APART}"
    expected = counted(tables, IN_TIME, among, first, last)
    assert figure(found["assessment_in_time_apart"]) == expected


def test_the_duration_bands_agree_with_sql(measured):
    found, tables, first, last = measured
    measure = found["assessments_by_duration"]
    among = "c.timescale = 'assessment' and c.status = 'stopped' and c.stopped_on between ? and ?"
    assert figure(measure) == counted(tables, IN_TIME, among, first, last)
    lengths = [
        row[0] for row in tables.execute(f"select c.elapsed from clocks c where {among}", (first, last))
    ]
    edges = {"0": (0, 0), "61+": (61, 10**6)}
    bands = {band["band"]: band["count"] for band in measure["bands"]}
    assert sum(bands.values()) == len(lengths)
    for band, count in bands.items():
        low, high = edges.get(band) or map(int, band.split("-"))
        assert count == sum(low <= length <= high for length in lengths), band


def test_needs_that_ended_without_completion_agree_with_sql(measured):
    found, tables, first, last = measured
    among = "c.timescale = 'assessment' and c.stopped_on between ? and ?"
    expected = counted(tables, "c.status = 'ended_without_completion'", among, first, last)
    assert figure(found["assessments_ended_without_completion"]) == expected


@pytest.mark.parametrize(("name", "code"), FLAGGED.items())
def test_how_often_a_practice_hides_time_agrees_with_sql(measured, name, code):
    found, tables, first, last = measured
    among = """c.timescale = 'assessment' and c.started_on <= ?
               and (c.stopped_on is null or c.stopped_on >= ?)"""
    flagged = f"exists (select 1 from flags f where f.clock = c.rowid and f.code = '{code}')"
    assert figure(found[name]) == counted(tables, flagged, among, last, first)
