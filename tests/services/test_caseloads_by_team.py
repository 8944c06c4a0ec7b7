"""The caseload of a team is what its workers hold, and how much of a week they and it work."""

from datetime import UTC, date, datetime

import pytest

from domain.question import Question
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)

FACTS = [
    event("w1", "WorkerJoined", "2019-05-01", subject="worker:W-1", team_id="T-1", full_time_equivalent=0.5,
          newly_qualified_until="2020-04-30"),
    event("w2", "WorkerJoined", "2019-05-01", subject="worker:W-2", team_id="T-1", full_time_equivalent=0.8),
    event("w3", "WorkerJoined", "2019-05-01", subject="worker:W-3", team_id="T-2"),
    *(
        event(f"a{child}", "WorkerAllocated", "2019-06-03", subject=child, worker_id=worker, team_id=team)
        for worker, team, children in (
            ("W-1", "T-1", ("C1", "C2")), ("W-2", "T-1", ("C3",)), ("W-3", "T-2", ("C4", "C5", "C6", "C7")),
        )
        for child in children
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def measures(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("teams"), TODAY.isoformat()) as service:
        put(service, FACTS)
        service.projector.catch_up()
        yield Measures(service)


@pytest.fixture(params=[None, datetime(2100, 1, 1, tzinfo=UTC)], ids=["from the views", "from the log"])
def question(request):
    return Asked(Question(TODAY, request.param), None)


def by_team(measures, question, most=None, **only):
    asked = wanted(question, {"from": "2019-10-01", **only})
    return {load["team_id"]: load for load in measures.caseloads(asked, "team", most).items}


def held(measures, question, worker):
    found = measures.caseload_cases(wanted(question, {}), worker).items
    return [(one["child"], one["allocated_on"], one["team_id"]) for one in found]


def test_the_children_that_a_worker_holds_are_behind_its_number(measures, question):
    assert held(measures, question, "W-1") == [("C1", "2019-06-03", "T-1"), ("C2", "2019-06-03", "T-1")]
    loads = measures.caseloads(wanted(question, {"from": "2019-10-01"}), "worker").items
    for load in loads:
        assert len(held(measures, question, load["worker_id"])) == load["children"]
    assert held(measures, question, "W-9") == []


def test_a_team_holds_what_its_workers_hold_for_what_they_work_together(measures, question):
    found = by_team(measures, question)
    assert set(found) == {"T-1", "T-2"}
    assert found["T-1"] == {
        "on": "2019-10-22", "team_id": "T-1", "workers": 2, "newly_qualified": 1, "children": 3,
        "full_time_equivalent": 1.3, "per_full_time_equivalent": 2.3, "over": 0,
    }  # fmt: skip
    assert found["T-2"] == {
        "on": "2019-10-22", "team_id": "T-2", "workers": 1, "newly_qualified": 0, "children": 4,
        "full_time_equivalent": 1.0, "per_full_time_equivalent": 4.0, "over": 0,
    }  # fmt: skip


def test_a_team_tells_how_many_of_its_workers_are_over(measures, question):
    # Three for a full week: 1.35 for the half of one who is newly qualified, 2.4 for four days, three.
    found = by_team(measures, question, 3)
    assert {team: load["over"] for team, load in found.items()} == {"T-1": 1, "T-2": 1}


def test_the_caseload_of_one_team_leaves_out_the_others(measures, question):
    assert set(by_team(measures, question, team_id="T-2")) == {"T-2"}


def test_a_worker_is_told_with_what_each_full_time_worker_would_hold(measures, question):
    asked = wanted(question, {"from": "2019-10-01"})
    loads = {load["worker_id"]: load for load in measures.caseloads(asked, "worker", None).items}
    assert loads["W-1"] == {
        "on": "2019-10-22", "worker_id": "W-1", "team_id": "T-1", "children": 2, "full_time_equivalent": 0.5,
        "per_full_time_equivalent": 4.0, "newly_qualified": True, "most": 8.1, "is_over": False,
    }  # fmt: skip
    assert (loads["W-2"]["newly_qualified"], loads["W-2"]["most"]) == (False, 14.4)
    asked = wanted(question, {"from": "2019-10-01", "worker_id": "W-2"})
    assert [load["worker_id"] for load in measures.caseloads(asked, "worker", None).items] == ["W-2"]
