"""The command line: what it prints, where, and how it ends."""

import csv
import io
import json
import sqlite3
import subprocess
import sys

import pytest

from services.cli.ending import FAULTY, NOT_FOUND, SET_ASIDE, UNREACHABLE, USAGE
from tests.reported import event, referral, worked_example
from tests.running import ROOT, command

CENSUS = ROOT / "tests" / "samples" / "cin_census" / "CIN_Census_2024.xml"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder whose data hold the worked example, and a child whom nobody has assessed yet."""
    folder = tmp_path_factory.mktemp("cli")
    imported = command(
        folder, "import", "events", "-", stdin=lines([*worked_example("C1"), referral("2019-01-07", "C2")])
    )
    assert imported.returncode == 0, imported.stderr
    return folder


def lines(events):
    return "\n".join(json.dumps(one) for one in events).encode()


def test_the_worked_example_comes_out_to_the_day(place):
    done = command(place, "clocks", "C1", "--as-at", "2019-10-22", "--output", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    (clock,) = [one for one in json.loads(done.stdout)["clocks"] if one["timescale"] == "assessment"]
    days = [clock[name]["working_days"] for name in ("elapsed", "recorded", "hidden", "over_by")]
    assert days == [89, 9, 80, 44]
    assert sum(span["working_days"] for span in clock["spans"]) == 89


def test_a_line_an_item(place):
    done = command(place, "timeline", "C1", "--output", "ndjson")
    assert [json.loads(line)["version"] for line in done.stdout.splitlines()] == list(range(1, 8))


def test_rows_for_a_spreadsheet(place):
    done = command(place, "clocks", "C1", "--as-at", "2019-10-22", "--output", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [row["true working days"] for row in rows if row["clock"] == "assessment:R-1"] == ["89"]


def test_no_cell_is_a_formula(tmp_path):
    fact = event("ContactReceived", "2019-03-05", "C3", contact_id="K", id="=HYPERLINK(1)")
    command(tmp_path, "import", "events", "-", stdin=lines([fact]))
    done = command(tmp_path, "timeline", "C3", "--output", "csv")
    assert "'=HYPERLINK(1)" in done.stdout.decode()


def test_a_table_for_people(place):
    done = command(place, "clocks", "C1", "--as-at", "2019-10-22")
    assert "assessment:R-1" in done.stdout.decode()
    assert b"\x1b" not in done.stdout


def test_a_past_day_shows_what_was_on_the_record_then(place):
    done = command(place, "clocks", "C1", "--as-at", "2019-05-20", "--output", "json")
    (clock,) = [one for one in json.loads(done.stdout)["clocks"] if one["timescale"] == "assessment"]
    assert (clock["elapsed"]["working_days"], clock["recorded"]["working_days"]) == (51, 14)


def test_the_late_are_listed_longest_over_first(place):
    done = command(place, "late", "--timescale", "assessment", "--as-at", "2019-05-20", "--output", "json")
    listed = json.loads(done.stdout)["clocks"]
    assert [one["child"] for one in listed] == ["C2", "C1"]


def test_the_late_of_today_come_from_views_brought_up_with_the_log(place):
    done = command(place, "late", "--output", "json", today="2019-05-20")
    assert [
        one["child"] for one in json.loads(done.stdout)["clocks"] if one["timescale"] == "assessment"
    ] == ["C2", "C1"]


def test_nobody_known_ends_with_4(place):
    done = command(place, "clocks", "C9")
    assert (done.returncode, done.stdout) == (NOT_FOUND, b"")
    assert b"nothing is recorded of C9" in done.stderr
    assert command(place, "export", "--child", "C9").returncode == NOT_FOUND


@pytest.mark.parametrize(
    "arguments",
    [
        ("clocks",),
        ("clocks", "C1", "--as-at", "yesterday"),
        ("clocks", "C1", "--as-at", "2199-01-01"),
        ("clocks", "C1", "--basis", "guessed"),
        ("clocks", "C1", "--output", "xml"),
        ("late", "--timescale", "tea"),
        ("import", "tea", "x"),
        ("import", "cin-census", "x"),
        ("import", "events", "x", "--taken-on", "2019-01-01"),
        ("rebuild", "tea"),
        ("nothing",),
        ("serve", "--http", "nowhere"),
        ("simulate", "--from", "2019-02-30"),
    ],
)
def test_wrong_usage_ends_with_2_and_no_trace(place, arguments):
    done = command(place, *arguments)
    assert (done.returncode, done.stdout) == (USAGE, b"")
    assert done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TODYA", "2019-10-22"),
        ("TODAY", "22/10/2019"),
        ("HTTP", "8000"),
        ("LOG", "kafka://broker/facts"),
        ("LOG", "mysql://me:secret@host/db"),
        ("VIEWS", "sqlite://"),
        ("MASTER_KEY", "short"),
        ("MAX_BODY_BYTES", "-1"),
    ],
)
def test_a_wrong_setting_is_named_at_start(tmp_path, setting, value):
    done = command(tmp_path, "doctor", **{setting.lower(): value})
    assert done.returncode == USAGE
    assert f"CASETIMELINE_{setting}" in done.stderr.decode()
    assert b"secret" not in done.stderr


def test_settings_can_be_given_as_options(place, tmp_path):
    data = str(place / "data")
    done = command(tmp_path, "clocks", "C1", "--data", data, "--today", "2019-05-20", "--output", "json")
    assert json.loads(done.stdout)["as_at"] == "2019-05-20"


def test_a_log_that_cannot_be_reached_ends_with_5(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.sqlite3").write_bytes(b"this is no database, and has not the size of one" * 100)
    for arguments in (("clocks", "C1"), ("verify",), ("import", "events", "-")):
        done = command(tmp_path, *arguments, stdin=lines([referral()]))
        assert done.returncode == UNREACHABLE, done.stderr
        assert b"Traceback" not in done.stderr


def test_what_cannot_be_imported_is_set_aside_and_listed_with_its_line(tmp_path):
    file = tmp_path / "facts.ndjson"
    good = json.dumps(referral())
    wrong = json.dumps(referral("2019-02-30"))
    file.write_text(f"\ufeff{good}\n{{\n\n{wrong}\n{good}\n")
    done = command(tmp_path, "import", "events", str(file), "--output", "json")
    assert done.returncode == SET_ASIDE
    told = json.loads(done.stdout)
    assert (told["recorded"], told["duplicates"], told["set_aside"]) == (1, 1, 2)
    assert [one["line"] for one in told["problems"]] == [2, 4]
    assert told["problems"][1]["place"] == "/data/occurred_on"
    assert f"{file}:4".encode() in done.stderr


@pytest.mark.parametrize("content", [b"<xml/>\n", b"PK\x03\x04\x00\n", b"\x89PNG\r\n", b"\x00" * 300_000])
def test_a_file_of_another_format_is_no_trace(tmp_path, content):
    file = tmp_path / "facts.ndjson"
    file.write_bytes(content)
    done = command(tmp_path, "import", "events", str(file))
    assert done.returncode == SET_ASIDE
    assert str(file).encode() in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    done = command(tmp_path, "import", "events", str(tmp_path / "none.ndjson"))
    assert done.returncode == 1
    assert b"No such file" in done.stderr


def test_the_source_stands_for_one_that_is_not_named(tmp_path):
    fact = referral()
    del fact["source"]
    assert command(tmp_path, "import", "events", "-", stdin=lines([fact])).returncode == SET_ASIDE
    done = command(tmp_path, "import", "events", "-", "--source", "urn:invented:told", stdin=lines([fact]))
    assert done.returncode == 0


def test_a_census_is_imported_once(tmp_path):
    first = command(
        tmp_path, "import", "cin-census", str(CENSUS), "--source", "urn:invented:census", "--output", "json"
    )
    again = command(
        tmp_path, "import", "cin-census", str(CENSUS), "--source", "urn:invented:census", "--output", "json"
    )
    assert json.loads(first.stdout)["recorded"] > 0
    assert json.loads(again.stdout)["recorded"] == 0


def test_what_is_exported_can_be_imported_and_is_known_already(place, tmp_path):
    exported = command(place, "export")
    assert len(exported.stdout.splitlines()) == 8
    again = command(place, "import", "events", "-", "--output", "json", stdin=exported.stdout)
    assert json.loads(again.stdout)["duplicates"] == 8
    elsewhere = command(tmp_path, "import", "events", "-", "--output", "json", stdin=exported.stdout)
    assert json.loads(elsewhere.stdout)["recorded"] == 8
    assert command(tmp_path, "export", "--child", "C2").stdout.count(b"\n") == 1


def test_a_log_that_is_as_it_must_be_is_verified(place):
    done = command(place, "verify", "--output", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"events": 8, "verified": True, "faults": []}


def test_a_log_that_was_tampered_with_ends_with_3(tmp_path):
    command(tmp_path, "import", "events", "-", stdin=lines(worked_example("C1")))
    with sqlite3.connect(tmp_path / "data" / "log.sqlite3") as log:
        for (trigger,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            log.execute(f"DROP TRIGGER {trigger}")
        log.execute("UPDATE stored_events SET state = substr(state, 1, 20) WHERE notification_id = 3")
        log.execute("DELETE FROM stored_events WHERE notification_id = 5")
    log.close()
    done = command(tmp_path, "verify", "--output", "json")
    assert done.returncode == FAULTY
    assert {fault["offset"] for fault in json.loads(done.stdout)["faults"]} == {2, 5}


def test_views_are_built_afresh(place):
    done = command(place, "rebuild", "clocks")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"8 events" in done.stderr


def test_the_doctor_finds_what_is_not_in_order(place, tmp_path):
    assert json.loads(command(place, "doctor", "--output", "json").stdout)["ok"]
    command(tmp_path, "import", "events", "-", stdin=lines([referral()]))
    (tmp_path / "data").chmod(0o755)
    done = command(tmp_path, "doctor", "--output", "json")
    assert done.returncode == 1
    assert [one["what"] for one in json.loads(done.stdout)["findings"] if not one["ok"]] == ["permissions"]


def test_an_invented_authority_is_printed_as_events(tmp_path):
    done = command(tmp_path, "simulate", "--children", "3", "--seed", "5", "--showcase")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert "C1001" in {one["subject"] for one in events}
    assert command(tmp_path, "simulate", "--children", "3", "--seed", "5", "--showcase").stdout == done.stdout


def test_help_is_there_and_lists_only_what_can_be_done(tmp_path):
    done = command(tmp_path, "--help")
    for name in (
        "serve",
        "run",
        "project",
        "import",
        "timeline",
        "clocks",
        "late",
        "simulate",
        "rebuild",
        "verify",
        "measures",
        "set-aside",
    ):
        assert f"\n  {name} ".encode() in done.stdout


def test_help_does_not_wait_for_the_web():
    slow = "{'fastapi', 'sqlalchemy', 'rich.table'}"
    imported = f"import services.cli.main, sys; print({slow} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", imported], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_output_that_nobody_reads_to_its_end_is_no_error(place):
    reading = subprocess.Popen(
        [sys.executable, "-m", "services", "simulate", "--children", "200"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert reading.stdout is not None
    assert reading.stderr is not None
    reading.stdout.readline()
    reading.stdout.close()
    assert reading.stderr.read() == b""
    reading.stderr.close()
    assert reading.wait(30) == 0


def test_projecting_once_brings_the_views_up_with_the_log(tmp_path):
    command(tmp_path, "import", "events", "-", stdin=lines([referral()]))
    assert command(tmp_path, "project", "--once").returncode == 0
    doctor = json.loads(command(tmp_path, "doctor", "--output", "json").stdout)
    assert {one["what"]: one["said"] for one in doctor["findings"]}["views"] == "up with the log"


def test_a_measure_and_its_cases(place):
    asked = ("--as-at", "2019-10-22", "--from", "2019-05-01", "--to", "2019-07-31")
    done = command(place, "measures", "assessment_in_time", *asked, "--output", "json")
    (measure,) = json.loads(done.stdout)["measures"]
    assert (measure["numerator"], measure["denominator"]) == (0, 1)
    assert (measure["recorded"]["numerator"], measure["recorded"]["denominator"]) == (1, 1)
    assert measure["caution"]
    done = command(place, "measures", "assessment_in_time", *asked, "--cases", "--output", "csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout.decode()))
    assert (row["child"], row["case"], row["counts"], row["counts by the records"]) == (
        "C1", "assessment:R-1", "no", "yes",
    )  # fmt: skip


def test_a_measure_is_restated_and_every_child_is_held_by_somebody_or_nobody(place):
    asked = ("--published-at", "2019-10-22", "--from", "2019-05-01", "--to", "2019-07-31")
    done = command(place, "restatement", "assessment_in_time", *asked, "--output", "json")
    (change,) = json.loads(done.stdout)["changes"]
    assert (change["child"], change["then"]) == ("C1", None)
    done = command(place, "caseloads", "--as-at", "2019-10-22", "--output", "json")
    assert json.loads(done.stdout)["caseloads"] == []
    done = command(
        place, "caseloads", "--worker", "W-9", "--cases", "--as-at", "2019-10-22", "--output", "json"
    )
    assert json.loads(done.stdout)["cases"] == []


def test_a_measure_or_a_period_that_is_none_is_a_usage_error(place):
    for arguments in (
        ("measures", "nonsense"),
        ("measures", "--cases"),
        ("measures", "--from", "soon"),
        ("measures", "--by", "colour"),
        ("restatement", "assessment_in_time", "--published-at", "soon"),
        ("caseloads", "--by", "child"),
        ("caseloads", "--cases"),
    ):
        done = command(place, *arguments)
        assert (done.returncode, done.stdout) == (USAGE, b""), arguments


def test_the_timescales_in_force_on_a_day_are_listed(tmp_path):
    done = command(tmp_path, "timescales", "--as-at", "2019-10-22", "--output", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (assessment,) = [one for one in found["timescales"] if one["id"] == "assessment"]
    assert assessment["limit"] == {"value": 45, "unit": "working_days"}
    assert "continuation_window_days" in [one["name"] for one in found["parameters"]]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            '[[timescale]]\nid = "minutes"\nlimit = 5\nunit = "weeks"\nfrom = 2019-01-01',
            0, "is good: it sets minutes.",
        ),
        (
            '[[timescale]]\nid = "minutes"\npart = "conference"\nlimit = 5\nunit = "weeks"\n'
            'from = 2010-01-01\n[[parameter]]\nname = "short_gap_days"\nvalue = 5\nfrom = 2019-01-01',
            0, "is good: it sets minutes (conference), short_gap_days.",
        ),
        ("", 0, "is good: it changes nothing."),
        (
            '[[timescale]]\nid = "minuets"\nlimit = 5\nunit = "weeks"\nfrom = 2019-01-01',
            1, ":2: id is not a timescale; did you mean minutes?\n",
        ),
        (None, USAGE, "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_of_local_policy_is_checked(tmp_path, text, code, said):
    file = tmp_path / "own.toml"
    if text is not None:
        file.write_text(text)
    done = command(tmp_path, "timescales", "check", str(file))
    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr.decode()


def test_no_command_starts_with_a_file_of_local_policy_that_has_mistakes(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[[timescale]]\nid = "assessment"\nlimit = 90\nunit = "weeks"\nfrom = 2019-01-01')
    done = command(tmp_path, "timescales", timescales=str(file))
    assert done.returncode == USAGE
    assert b"statutory guidance" in done.stderr
