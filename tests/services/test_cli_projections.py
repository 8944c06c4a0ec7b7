"""The commands about projections: rebuild, verify --projections and set-aside."""

import json
import sqlite3

import pytest

from projections.clock_rows import clock_rows
from services.cli.ending import FAULTY, NOT_FOUND, SET_ASIDE, USAGE
from tests.failing import SECRET, another_version, failing
from tests.reported import referral, worked_example
from tests.running import command


@pytest.fixture
def place(tmp_path):
    """A folder whose data hold the worked example, and a child whom nobody has assessed yet."""
    events = [*worked_example("C1"), referral("2019-01-07", "C2")]
    assert command(tmp_path, "import", "events", "-", stdin=lines(events)).returncode == 0
    assert command(tmp_path, "project", "--once").returncode == 0
    return tmp_path


def lines(events):
    return "\n".join(json.dumps(one) for one in events).encode()


def test_the_rows_of_one_child_are_built_afresh(place):
    done = command(place, "rebuild", "--child", "C1")
    assert (done.returncode, done.stdout) == (0, b"")
    assert command(place, "rebuild", "--child", "C404").returncode == NOT_FOUND


def test_the_build_before_serves_again_where_one_was_kept(place):
    assert command(place, "rebuild", "children").returncode == 0
    assert command(place, "rebuild", "--rollback", "children").returncode == 0
    assert command(place, "rebuild", "--rollback", "recording_delays").returncode == 1
    assert command(place, "rebuild", "--rollback").returncode == USAGE


def test_a_projection_that_there_is_not_is_told(place):
    done = command(place, "rebuild", "clock")
    assert done.returncode == USAGE
    assert b"there is no projection clock" in done.stderr


def test_rows_that_are_not_what_the_log_gives_end_verification_with_3(place):
    assert command(place, "rebuild").returncode == 0
    done = command(place, "verify", "--projections", "--output", "json")
    assert done.returncode == 0
    told = {one["projection"]: one for one in json.loads(done.stdout)["projections"]}
    assert told["clocks"]["digest"] == told["clocks"]["served"]
    with sqlite3.connect(place / "data" / "views.sqlite3") as views:
        serving = "SELECT 'clocks_' || build FROM builds WHERE projection = 'clocks' AND state = 'serving'"
        (table,) = views.execute(serving).fetchone()
        views.execute(f"DELETE FROM {table} WHERE clock_id = 'assessment:R-1'")
    views.close()
    done = command(place, "verify", "--projections", "--output", "json")
    assert done.returncode == FAULTY
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault["projection"] == "clocks"
    assert "rows of digest" in fault["fault"]
    assert command(place, "rebuild").returncode == 0


def test_what_is_set_aside_is_listed_tried_again_and_let_go(place):
    assert command(place, "rebuild").returncode == 0
    assert command(place, "set-aside", "show", "C1").returncode == NOT_FOUND
    command(place, "import", "events", "-", stdin=lines([referral("2019-09-09", "C5")]))
    with failing(clock_rows, ["C5"]):
        command(place, "project", "--once")
        listed = command(place, "set-aside", "list", "--output", "json")
        assert listed.returncode == 0
        (one,) = json.loads(listed.stdout)["set_aside"]
        assert (one["subject"], one["projection"], one["events"]) == ("C5", "clocks", 1)
        assert SECRET.encode() not in listed.stdout
        table = command(
            place, "set-aside", "list", "--projection", "clocks", "--output", "csv"
        ).stdout.decode()
        told = dict(zip(*(line.split(",") for line in table.splitlines()[:2]), strict=True))
        assert (told["subject"], told["partition"], told["from event"]) == (
            "C5",
            "0",
            str(one["position"]["number"]),
        )
        of_others = command(place, "set-aside", "list", "--projection", "children", "--output", "json")
        assert json.loads(of_others.stdout)["set_aside"] == []
        assert command(place, "set-aside", "retry", "C5").returncode == SET_ASIDE
        refused = command(place, "rebuild", "clocks")
        assert refused.returncode == SET_ASIDE
        assert b"--in-spite-of clocks" in refused.stderr
        assert command(place, "rebuild", "--abandon", "clocks").returncode == 0
        assert command(place, "set-aside", "drop", "C5").returncode == 0
        assert json.loads(command(place, "set-aside", "list", "--output", "json").stdout)["set_aside"] == []
    assert command(place, "set-aside", "retry", "C5").returncode == 0
    assert command(place, "set-aside", "drop", "C5").returncode == NOT_FOUND


def test_rows_of_another_version_of_the_code_are_told_at_the_start_and_a_rebuild_offered(place):
    assert command(place, "rebuild").returncode == 0
    with another_version(clock_rows):
        done = command(place, "project", "--once")
        assert done.returncode == 0
        assert b"casetimeline rebuild clocks" in done.stderr
        assert command(place, "rebuild", "clocks").returncode == 0
        assert b"casetimeline rebuild" not in command(place, "project", "--once").stderr
    assert command(place, "rebuild").returncode == 0
