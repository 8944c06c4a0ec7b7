"""How far the projections are, again and again, and what is set aside, over HTTP."""

import json
import threading

import httpx
import pytest

from infra.log.commit import LogDamaged
from infra.views.engine import Overtaken
from projections.clock_rows import clock_rows
from services.metrics.standing import of_lag, of_views
from services.rebuild import Stopped
from tests.asking import Client
from tests.authority_of_facts import event, put, service_in
from tests.failing import SECRET, failing
from tests.metrics.samples import samples_of, value


@pytest.fixture
def client(tmp_path):
    """A service of this test's own in this process, where a fold can be made to fail."""
    with service_in(tmp_path, "2019-10-22") as parts:
        yield Client(parts)


def referral(child):
    return event(child, "ReferralReceived", "2019-03-05", subject=child, referral_id="R-1")


def set_aside(client, *children):
    put(client.parts, map(referral, children))
    with failing(clock_rows, children):
        client.parts.projector.catch_up()


def test_what_is_set_aside_is_listed_page_by_page_and_nothing_of_the_facts_is_in_it(client):
    set_aside(client, "C1", "C2", "C3")
    first = client.get("/set-aside?limit=2")
    assert first.status_code == 200
    assert SECRET not in first.text
    rest = client.get("/set-aside", params={"limit": 2, "cursor": first.json()["next"]}).json()
    subjects = [one["subject"] for one in first.json()["set_aside"] + rest["set_aside"]]
    assert (sorted(subjects), rest["next"]) == (["C1", "C2", "C3"], None)
    assert client.get("/set-aside?projection=children").json()["set_aside"] == []


def test_one_is_shown_tried_again_and_gone(client):
    set_aside(client, "C1")
    (one,) = client.get("/set-aside/C1").json()["set_aside"]
    assert (one["projection"], one["error"], one["events"]) == ("clocks", "ValueError", 1)
    with failing(clock_rows, ["C1"]):
        (tried,) = client.post("/set-aside/C1/retry").json()["tried"]
        assert (tried["applied"], tried["error"]) == (False, "ValueError")
    (tried,) = client.post("/set-aside/C1/retry?projection=clocks").json()["tried"]
    assert tried["applied"]
    assert client.get("/set-aside/C1").status_code == 404


def test_all_are_tried_again_at_once(client):
    set_aside(client, "C1", "C2")
    assert client.post("/set-aside?projection=children").json() == {"tried": []}
    tried = client.post("/set-aside").json()["tried"]
    assert {(one["subject"], one["applied"]) for one in tried} == {("C1", True), ("C2", True)}
    assert client.get("/set-aside").json()["set_aside"] == []


def test_who_was_overtaken_is_told_to_ask_again(client, monkeypatch):
    def overtaken(stream, projection):
        raise Overtaken

    monkeypatch.setattr(client.parts.set_asides, "retry", overtaken)
    assert client.post("/set-aside/C1/retry").status_code == 503


def test_what_is_let_go_is_listed_only_when_asked_for(client):
    set_aside(client, "C1")
    assert client.post("/set-aside/C1/drop").json() == {"dropped": 1}
    assert client.get("/set-aside").json()["set_aside"] == []
    (one,) = client.get("/set-aside?dropped=true").json()["set_aside"]
    assert one["dropped"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/set-aside/C404"), ("POST", "/set-aside/C404/retry"), ("POST", "/set-aside/C404/drop")],
)
def test_what_is_not_set_aside_is_a_404_that_says_what_to_do(client, method, path):
    answer = client.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "GET /set-aside" in answer.json()["detail"]


def test_a_projection_that_there_is_not_is_a_422(client):
    assert client.get("/set-aside?projection=clock").status_code == 422


def test_what_was_read_is_what_was_applied_and_what_is_set_aside_as_metrics_tell(client):
    set_aside(client, "C1", "C2")
    put(client.parts, [referral("C3")])
    client.parts.projector.catch_up()
    assert counted(client.parts) == {"read": 3, "applied": 1, "set_aside": 2}
    told = samples_of(of_views(client.parts.views))
    assert value(told, "casetimeline_set_aside", what="children") == 2
    client.parts.set_asides.retry("C1")
    assert counted(client.parts) == {"read": 3, "applied": 2, "set_aside": 1}
    client.parts.rebuild.run(["clocks"], lambda step: None)
    assert counted(client.parts) == {"read": 3, "applied": 3, "set_aside": 0}


def counted(parts):
    """What the metrics tell of the events of the first partition, in the projection of clocks."""
    told = samples_of(of_views(parts.views))
    return {
        part: value(told, f"casetimeline_projection_events_{part}", projection="clocks", partition="0")
        for part in ("read", "applied", "set_aside")
    }


def test_what_was_skipped_shows_in_the_metrics(client, monkeypatch):
    put(client.parts, [referral("C1"), referral("C2")])
    fold = client.parts.projector.fold
    monkeypatch.setattr(
        client.parts.projector,
        "fold",
        lambda streams, *more: fold([one for one in streams if one != "C1"], *more),
    )
    client.parts.projector.catch_up()
    assert counted(client.parts) == {"read": 2, "applied": 1, "set_aside": 0}


def test_how_far_a_rebuild_is_is_told_with_its_rate_and_the_time_left(client, monkeypatch):
    monkeypatch.setattr("services.rebuild.EVENTS_IN_A_SHARE", 10)
    put(client.parts, [referral(f"C{n}") for n in range(60)])
    client.parts.projector.catch_up()
    stop = threading.Event()
    with pytest.raises(Stopped):
        client.parts.rebuild.run(["clocks"], lambda step: stop.set(), stop)
    coming = next_of(client, "clocks")
    assert coming["state"] == "filling"
    assert 0 < coming["read"] < coming["all"] == 60
    assert coming["rate"] > 0
    assert coming["seconds_left"] == round((60 - coming["read"]) / coming["rate"], 1)
    told = samples_of(of_lag(client.parts.log, client.parts.views, client.parts.now))
    for part in ("read", "all"):
        assert value(told, "casetimeline_rebuild_events", projection="clocks", part=part) == coming[part]
    assert value(told, "casetimeline_rebuild_left_seconds", projection="clocks") == coming["seconds_left"]
    client.parts.rebuild.build(["clocks"], lambda step: None)
    put(client.parts, [referral("late")])
    assert (next_of(client, "clocks")["read"], next_of(client, "clocks")["all"]) == (60, 61)


def next_of(client, name):
    told = {one["name"]: one for one in client.get("/projections").json()["projections"]}
    return told[name]["next"]


def test_of_a_damaged_partition_no_age_is_told_but_all_else(client, monkeypatch):
    put(client.parts, [referral("C1")])

    def damaged(partition, after, limit):
        raise LogDamaged(partition, "gone")

    monkeypatch.setattr(client.parts.log, "page", damaged)
    told = {one["name"]: one for one in client.get("/projections").json()["projections"]}
    assert (told["clocks"]["lag"], told["clocks"]["lag_seconds"]) == (1, None)
    metrics = samples_of(of_lag(client.parts.log, client.parts.views, client.parts.now))
    assert not [name for name, _ in metrics if name.endswith("lag_seconds")]
    assert value(metrics, "casetimeline_projection_lag_events", projection="clocks", partition="0") == 1


def test_projections_tell_how_far_they_are_by_partition(client):
    set_aside(client, "C1")
    put(client.parts, [referral("C2")])
    told = {one["name"]: one for one in client.get("/projections").json()["projections"]}
    clocks = told["clocks"]
    assert (clocks["lag"], clocks["set_aside"], clocks["version"]) == (1, 1, clocks["code_version"])
    (partition,) = clocks["partitions"]
    assert (partition["read"], partition["applied"], partition["set_aside"]) == (1, 0, 1)
    assert partition["lag_seconds"] >= 0


def test_whoever_wants_events_is_told_again_every_second(service):
    accept = {"accept": "text/event-stream"}
    with httpx.stream("GET", f"{service.address}/projections", headers=accept, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = []
        for line in answer.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
            if len(told) == 2:
                break
    assert {one["name"] for one in told[1]["projections"]} >= {"clocks", "children"}
