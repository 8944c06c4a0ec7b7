"""How far the projections are, again and again, and what is set aside, over HTTP."""

import json

import httpx
import pytest

from projections.clock_rows import clock_rows
from services.metrics.standing import of_views
from tests.asking import Client
from tests.authority_of_facts import event, put, service_in
from tests.failing import SECRET, failing
from tests.metrics.samples import samples_of, value


@pytest.fixture
def client(tmp_path):
    """A service of this test's own in this process, where a fold can be made to fail."""
    with service_in(tmp_path, "2019-10-22") as parts:
        yield Client(parts)


def set_aside(client, *children):
    referrals = [
        event(child, "ReferralReceived", "2019-03-05", subject=child, referral_id="R-1") for child in children
    ]
    put(client.parts, referrals)
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
    parts = client.parts
    told = samples_of(of_views(parts.views))
    counted = {
        part: value(told, f"casetimeline_projection_events_{part}", projection="clocks", partition="0")
        for part in ("read", "applied", "set_aside")
    }
    assert counted == {"read": 2, "applied": 0, "set_aside": 2}
    assert value(told, "casetimeline_set_aside", what="children") == 2


def test_projections_tell_how_far_they_are_by_partition(client):
    set_aside(client, "C1")
    put(client.parts, [event("late", "ReferralReceived", "2019-03-05", subject="C2", referral_id="R-1")])
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
