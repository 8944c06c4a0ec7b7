"""What is told of the service itself."""

import json
import threading
import time
from itertools import count
from types import SimpleNamespace

import pytest

from infra.runs import IMPORT, VERIFICATION, Run
from services.cli.main import main
from services.metrics.counting import OUTCOMES
from services.metrics.standing import of_conflicts, of_lag, of_log, of_room, of_runs
from services.rebuild import Stopped
from tests.authority_of_facts import event, put, service_in
from tests.metrics.samples import samples_of, value


def referral(number):
    return event(str(number), "ReferralReceived", "2019-10-01", subject=f"C{number}", referral_id="R-1")


def test_lag_is_told_in_events_and_in_the_age_of_the_first_not_read(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(1), referral(2)])
        time.sleep(0.01)
        told = lag_of(service)
        labels = {"projection": "clocks", "partition": "0"}
        assert value(told, "casetimeline_projection_lag_events", **labels) == 2
        assert value(told, "casetimeline_projection_lag_seconds", **labels) > 0
        service.projector.catch_up()
        told = lag_of(service)
        assert value(told, "casetimeline_projection_lag_events", **labels) == 0
        assert value(told, "casetimeline_projection_lag_seconds", **labels) == 0


def test_a_rebuild_tells_how_far_it_is_of_how_much_and_how_long_it_takes_yet(tmp_path, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 2)
    tenths = count()
    clock = SimpleNamespace(monotonic=lambda: next(tenths) / 10)
    monkeypatch.setattr("services.rebuild.time", clock)
    stop = threading.Event()
    with service_in(tmp_path) as service:
        put(service, [referral(number) for number in range(10)])
        service.projector.catch_up()
        assert not [name for name, _ in lag_of(service) if "rebuild" in name]
        with pytest.raises(Stopped):
            service.rebuild.run(["clocks"], lambda step: stop.set() if step.children else None, stop)
        told = lag_of(service)
        read = value(told, "casetimeline_rebuild_events", projection="clocks", part="read")
        assert 0 < read < 10
        assert value(told, "casetimeline_rebuild_events", projection="clocks", part="all") == 10
        assert value(told, "casetimeline_rebuild_left_seconds", projection="clocks") > 0
        service.rebuild.run(["clocks"], lambda step: None)
        assert not [name for name, _ in lag_of(service) if "rebuild" in name]


def lag_of(service):
    return samples_of(of_lag(service.log, service.views, service.now))


def test_conflicts_are_counted(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(1), referral(1) | {"subject": "C2"}])
        told = samples_of(of_conflicts(service.conflicts))
    assert value(told, "casetimeline_conflicts") == 1


def test_events_in_the_log_are_told_by_partition(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(1)])
        told = samples_of(of_log(service.log))
        assert value(told, "casetimeline_log_events", partition="0") == 1


def test_appends_are_counted_with_how_many_events_they_had(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(number) for number in range(20)])
        told = samples_of(service.appends.collect())
    assert value(told, "casetimeline_log_pack_events_sum") == 20
    assert value(told, "casetimeline_log_append_duration_seconds_count") >= 1


def test_a_walk_through_the_log_leaves_when_it_was_and_what_it_found(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(1)])
        assert not [name for name, _ in samples_of(of_runs(service.runs)) if "verification" in name]
    with pytest.raises(SystemExit):
        main(["verify", "--data", str(tmp_path), "--output", "json"])
    with service_in(tmp_path) as service:
        told = samples_of(of_runs(service.runs))
        assert value(told, "casetimeline_verification_faults") == 0
        assert abs(value(told, "casetimeline_verification_timestamp_seconds") - time.time()) < 600


def test_imports_are_added_up_by_format(tmp_path):
    with service_in(tmp_path) as service:
        for aside in (2, 3):
            service.runs.add(IMPORT, Run("cin-census", service.now(), {"files": 1, "set_aside": aside}))
        service.runs.add(VERIFICATION, Run("log", service.now(), {"events": 0, "faults": 0}))
        told = samples_of(of_runs(service.runs))
    assert value(told, "casetimeline_import_files_total", format="cin-census") == 2
    assert value(told, "casetimeline_import_lines_set_aside_total", format="cin-census") == 5


def test_what_became_of_the_facts_of_imported_files_is_counted(tmp_path):
    other = {**referral(2), "data": {**referral(2)["data"], "referral_id": "R-2"}}
    lines = [referral(1), referral(2), referral(1), other, {"id": "3"}]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, lines)) + "\nno JSON\n")
    for _ in range(2):
        with pytest.raises(SystemExit):
            main(["import", "events", str(file), "--data", str(tmp_path / "data"), "--output", "json"])
    with service_in(tmp_path / "data") as service:
        service.runs.add(IMPORT, Run("events", service.now(), {"files": 1, "set_aside": 0}))
        told = samples_of(of_runs(service.runs))
    counted = {
        outcome: value(told, "casetimeline_import_events_total", format="events", outcome=outcome)
        for outcome in OUTCOMES
    }
    assert counted == {"recorded": 2, "duplicate": 1 + 3, "conflict": 2, "refused": 4}
    assert value(told, "casetimeline_import_lines_set_aside_total", format="events") == 6


def test_the_room_left_is_told(tmp_path):
    assert value(samples_of(of_room(tmp_path)), "casetimeline_disk_free_bytes") > 0
