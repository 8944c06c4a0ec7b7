"""What is answered about measures."""

import json

from tests.api.posting import is_problem
from tests.reported import event, worked_example

ASKED = {"as_at": "2019-10-22", "from": "2019-05-01", "to": "2019-07-31"}


def in_time(api, **asked):
    answer = api.get("/measures/assessment_in_time", params=ASKED | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cases(api, **asked):
    answer = api.get("/measures/assessment_in_time/cases", params=ASKED | {"limit": 1000} | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["cases"]


def test_a_need_restarted_till_it_looked_in_time_counts_as_late(api, child):
    before = in_time(api)
    api.known(worked_example(child))
    after = in_time(api)
    assert after["denominator"] - before["denominator"] == 1
    assert after["numerator"] == before["numerator"]
    assert after["recorded"]["numerator"] - before["recorded"]["numerator"] == 1
    (case,) = (case for case in cases(api) if case["child"] == child)
    assert (case["since"], case["day"], case["until"]) == ("2019-03-05", "2019-05-10", "2019-07-12")
    assert (case["in_numerator"], case["recorded"]["in_numerator"]) == (False, True)


def test_what_was_not_known_then_does_not_count(api, child):
    api.known(worked_example(child))
    assert in_time(api, known_at="2019-10-22")["denominator"] == 0


def test_every_reply_repeats_what_was_asked(api):
    reply = in_time(api, team_id="T-9", by="team")
    asked = {name: reply[name] for name in ("as_at", "from", "to", "team_id", "by", "basis", "known_at")}
    assert asked == {**ASKED, "team_id": "T-9", "by": "team", "basis": "recorded", "known_at": None}


def test_measures_come_page_by_page_each_with_definition_and_source(api):
    names, cursor = [], None
    while True:
        page = api.get(
            "/measures", params=ASKED | {"limit": 40} | ({"cursor": cursor} if cursor else {})
        ).json()
        assert all(one["definition"] and one["source"] and one["counts"] for one in page["measures"])
        names += [one["name"] for one in page["measures"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(names) == len(set(names)) > 60
    assert {"assessment_in_time", "assessments_by_duration", "re_referrals", "visits_not_seen"} <= set(names)


def test_progress_is_told_as_it_goes_and_the_reply_is_the_same(api, child):
    api.known(worked_example(child))
    answer = api.client.get(
        "/measures/assessment_in_time", params=ASKED, headers={"Accept": "text/event-stream"}
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        dict(line.split(": ", 1) for line in event.splitlines()) for event in answer.text.split("\n\n")[:-1]
    ]
    assert {event["event"] for event in events[:-1]} == {"progress"}
    last = json.loads(events[-2]["data"])
    assert last["done"] == last["of"] > 0
    assert events[-1]["event"] == "reply"
    assert json.loads(events[-1]["data"]) == in_time(api)


def test_a_measure_is_restated_with_the_facts_learnt_since(api, child):
    api.known(worked_example(child))
    asked = {"published_at": "2019-10-22", "from": "2019-05-01", "to": "2019-07-31", "limit": 1000}
    reply = api.get("/measures/assessment_in_time/restatement", params=asked).json()
    assert (reply["as_at"], reply["then"]["denominator"]) == ("2019-10-22", 0)
    (change,) = (change for change in reply["changes"] if change["child"] == child)
    assert (change["then"], change["now"]["in_numerator"]) == (None, False)
    assert change["facts"][0]["type"] == "ReferralReceived"
    assert reply["changed"] >= len(reply["changes"]) >= 1


def test_caseloads_are_told_for_the_end_of_each_month(api, child):
    api.known(
        [event("WorkerAllocated", "2019-03-05", child, worker_id=f"W-{child}", team_id="T-1", role="worker")]
    )
    asked = {"as_at": "2019-05-14", "from": "2019-03-01", "worker_id": f"W-{child}", "threshold": 1}
    loads = api.get("/caseloads", params=asked).json()["caseloads"]
    assert [(one["on"], one["children"], one["is_over"]) for one in loads] == [
        ("2019-03-31", 1, False), ("2019-04-30", 1, False), ("2019-05-14", 1, False),
    ]  # fmt: skip
    held = api.get("/caseloads/cases", params={"worker_id": f"W-{child}", "as_at": "2019-05-14"}).json()
    assert (held["as_at"], held["worker_id"], held["next"]) == ("2019-05-14", f"W-{child}", None)
    assert held["cases"] == [
        {"child": child, "allocated_on": "2019-03-05", "team_id": "T-1", "is_open": False},
    ]
    by_team = api.get("/caseloads", params={"as_at": "2019-05-14", "by": "team"}).json()["caseloads"]
    assert all(one["workers"] >= 1 for one in by_team)


def test_what_cannot_be_asked_is_refused_by_name(api):
    for path, asked in (
        ("/measures", {"from": "2019-10-02", "to": "2019-10-01", "as_at": "2019-10-22"}),
        ("/measures", {"to": "2019-10-23", "as_at": "2019-10-22"}),
        ("/measures", {"to": "0001-01-01"}),
        ("/caseloads", {"from": "1899-12-31"}),
        ("/measures/assessment_in_time", {"by": "colour"}),
        ("/measures/visits_not_seen/cases", {"by_dates": "recorded"}),
        ("/measures/worker_changes/cases", {"of": "numerator"}),
        ("/measures/visits_not_seen/cases", {"band": "1-10"}),
        ("/measures/visits_not_seen/cases", {"cursor": "nonsense", "as_at": "2019-10-22"}),
        ("/measures/visits_not_seen/restatement", {"published_at": "soon"}),
        ("/caseloads", {"threshold": "many"}),
        ("/caseloads/cases", {"worker_id": ""}),
    ):
        answer = api.get(path, params=asked)
        assert is_problem(answer, 422, "invalid-question")
        assert answer.json()["pointer"][0] in asked


def test_a_measure_that_does_not_exist_is_not_found(api):
    for path in ("/measures/nonsense", "/measures/nonsense/cases"):
        assert is_problem(api.get(path), 404, "not-found")
