"""What commands left behind for those who watch."""

from datetime import UTC, datetime

from infra.runs import IMPORT, VERIFICATION, Run, Runs

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_what_was_left_behind_is_there_after_a_restart(tmp_path):
    runs = Runs(tmp_path / "runs.sqlite3")
    run = Run("log", AT, {"events": 7, "faults": 0})
    runs.add(VERIFICATION, run)
    runs.close()
    again = Runs(tmp_path / "runs.sqlite3")
    assert again.all_of(VERIFICATION) == [run]
    again.close()


def test_runs_of_a_kind_are_listed_oldest_first_and_without_the_others(tmp_path):
    runs = Runs(tmp_path / "runs.sqlite3")
    first, second = (
        Run("events", AT, {"files": 1, "set_aside": 0}),
        Run("events", AT, {"files": 2, "set_aside": 3}),
    )
    runs.add(IMPORT, first)
    runs.add(VERIFICATION, Run("log", AT, {"events": 1, "faults": 0}))
    runs.add(IMPORT, second)
    assert runs.all_of(IMPORT) == [first, second]
    runs.close()
