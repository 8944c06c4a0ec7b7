"""What is answered about children, and in lists."""

import time
from urllib.parse import quote

import pytest

from tests.api.posting import is_problem
from tests.metrics.samples import samples_in, value
from tests.reported import SOURCE, event, referral, worked_example


def clock(api, child, timescale="assessment", **asked):
    answer = api.get(f"/children/{child}/clocks", params=asked)
    assert answer.status_code == 200, answer.text
    return next(clock for clock in answer.json()["clocks"] if clock["timescale"] == timescale)


def test_the_worked_example_comes_out_to_the_day(api, child):
    api.known(worked_example(child))
    found = clock(api, child, as_at="2019-10-22")
    expected = {
        "id": "assessment:R-1",
        "timescale": "assessment",
        "subject": "R-1",
        "status": "stopped",
        "started_on": "2019-03-05",
        "stopped_on": "2019-07-12",
        "due_on": "2019-05-10",
        "limit": {"value": 45, "unit": "working_days"},
        "elapsed": {"working_days": 89, "calendar_days": 129},
        "recorded": {
            "record": "A-3",
            "from": "2019-07-01",
            "to": "2019-07-12",
            "working_days": 9,
            "calendar_days": 11,
        },
        "hidden": {"working_days": 80, "calendar_days": 118},
        "over_by": {"working_days": 44, "calendar_days": 63},
    }
    assert {key: found[key] for key in expected} == expected
    assert [(span["working_days"], span["shown"]) for span in found["spans"]] == [
        (1, False), (30, False), (6, False), (36, False), (7, False), (9, True),
    ]  # fmt: skip
    assert "RESTARTED_ON_OPEN_REFERRAL" in [flag["code"] for flag in found["flags"]]


def test_spans_lie_end_to_end_and_add_up(api, child):
    api.known(worked_example(child))
    for as_at in ("2019-03-05", "2019-04-20", "2019-05-20", "2019-07-11", "2019-10-22"):
        found = clock(api, child, as_at=as_at)
        spans = found["spans"]
        assert [span["from"] for span in spans[1:]] == [span["to"] for span in spans[:-1]]
        for unit in ("working_days", "calendar_days"):
            assert sum(span[unit] for span in spans) == found["elapsed"][unit]


def test_a_past_day_is_answered_with_what_was_known_then(api, child):
    api.known(
        [
            fact | {"recordedtime": f"{fact['data']['occurred_on']}T12:00:00Z"}
            for fact in worked_example(child)
        ]
    )
    asked = {"as_at": "2019-05-20", "known_at": "2019-05-20", "basis": "entered"}
    answer = api.get(f"/children/{child}/timeline", params=asked).json()
    assert [entry["type"].rpartition(".")[2] for entry in answer["entries"]] == [
        "ReferralReceived", "AssessmentStarted", "AssessmentClosed", "AssessmentStarted",
    ]  # fmt: skip
    assert (answer["as_at"], answer["known_at"], answer["basis"]) == tuple(asked.values())


def test_what_was_learnt_later_is_left_out(api, child):
    api.known(worked_example(child))
    answer = api.get(f"/children/{child}/timeline", params={"known_at": "2019-10-22"})
    assert answer.status_code == 200
    assert answer.json()["entries"] == []


def test_a_reference_is_percent_decoded(api):
    api.known([referral(subject="a:b.c_d-1")])
    assert api.get(f"/children/{quote('a:b.c_d-1', safe='')}/clocks").json()["child"] == "a:b.c_d-1"


def test_both_answers_carry_the_version_of_the_history(api, child):
    api.known(worked_example(child))
    timeline, clocks = (api.get(f"/children/{child}/{what}") for what in ("timeline", "clocks"))
    assert timeline.headers["etag"] == clocks.headers["etag"]
    api.known([referral(subject=child, note="again")])
    assert api.get(f"/children/{child}/clocks").headers["etag"] != clocks.headers["etag"]


def test_what_has_not_changed_is_not_sent_again(api, child):
    api.known([referral(subject=child)])
    address = f"/children/{child}/clocks?as_at=2019-10-22"
    etag = api.get(address).headers["etag"]
    again = api.get(address, headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    api.known([event("ReferralClosed", "2019-03-07", child, referral_id="R-1", reason="RC1")])
    assert api.get(address, headers={"if-none-match": etag}).status_code == 200


def test_an_answer_that_another_child_can_change_is_always_sent(api, child):
    api.known([referral(subject=child, batch_id=f"batch-{child}")])
    address = f"/children/{child}/clocks?as_at=2019-10-22"
    etag = api.get(address).headers["etag"]
    assert api.get(address, headers={"if-none-match": etag}).status_code == 200


def test_a_batch_is_counted_over_the_children_that_it_touched(api, child):
    api.known([referral(subject=f"{child}.{n}", batch_id=f"bulk-{child}") for n in range(3)])
    flags = clock(api, f"{child}.0")["flags"]
    assert [flag["value"] for flag in flags if flag["code"] == "BULK_RECORDED"] == [3]


def test_five_completions_by_one_manager_within_ten_minutes_are_flagged(api, child):
    for n in range(5):
        one = f"{child}.{n}"
        done = f"2019-03-20T10:0{n}:00Z"
        api.known([
            referral(subject=one),
            event("AssessmentStarted", "2019-03-06", one, assessment_id="A", referral_id="R-1"),
            event("AssessmentCompleted", done, one, assessment_id="A", authorised_by=f"M-{child}"),
        ])  # fmt: skip
    assert "BULK_COMPLETION" in [flag["code"] for flag in clock(api, f"{child}.2")["flags"]]


def test_merged_references_are_read_as_one_whichever_is_asked_for(api, child):
    other = f"{child}.dup"
    api.known([
        referral("2019-03-05", child),
        referral("2019-03-01", other, referral_id="R-0"),
        event("ChildMerged", "2019-04-01", other, into=child),
    ])  # fmt: skip
    for asked in (child, other):
        answer = api.get(f"/children/{asked}/clocks", params={"as_at": "2019-05-01"}).json()
        assert (answer["child"], answer["merged"]) == (child, [other])
        assert [c["id"] for c in answer["clocks"] if c["timescale"] == "assessment"] == ["assessment:R-0"]


def wait_for_views(api):
    # What keeps them up gives way to all else on a busy machine.
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if all(one["lag"] == 0 for one in api.get("/projections").json()["projections"]):
            return
        time.sleep(0.05)
    raise AssertionError("the views did not come up with the log")


def test_lists_of_clocks_follow_and_say_how_far_they_are(api, child):
    api.known([referral("2010-03-05", f"{child}.{n}") for n in range(3)])
    wait_for_views(api)
    answer = api.get("/clocks", params={"timescale": "assessment", "over": "true", "limit": 1000}).json()
    assert answer["lag"] == 0
    listed = [one for one in answer["clocks"] if one["child"].startswith(f"{child}.")]
    assert len(listed) == 3
    overs = [one["over_by"]["working_days"] for one in answer["clocks"]]
    assert overs == sorted(overs, reverse=True)


def test_a_list_answers_of_a_past_day_from_the_log(api, child):
    api.known([referral("2015-06-01", child)])
    asked = {"timescale": "assessment", "as_at": "2015-06-03", "limit": 1000}
    clocks = api.get("/clocks", params=asked).json()["clocks"]
    assert [c["elapsed"]["working_days"] for c in clocks if c["child"] == child] == [2]


@pytest.mark.parametrize(
    "path",
    ["/clocks?timescale=referral_decision&", "/events?source=urn:paged&", "/timescales?", "/projections?"],
)
def test_pages_follow_each_other_without_gap_or_overlap(api, child, path):
    api.known([referral("2011-03-05", f"{child}.{n}", source="urn:paged") for n in range(5)])
    wait_for_views(api)
    name = path.strip("/").partition("?")[0]
    whole = api.get(f"{path}limit=1000").json()[name]
    found, cursor = [], ""
    for _ in range(len(whole) + 2):
        page = api.get(f"{path}limit=3{cursor}").json()
        found += page[name]
        assert len(page[name]) <= 3
        if page["next"] is None:
            break
        cursor = f"&cursor={quote(page['next'])}"
    assert found == whole


def test_the_log_can_be_filtered(api, child):
    api.known([
        referral(subject=child, source="urn:a"),
        event("ReferralClosed", "2019-03-07", child, referral_id="R-1", reason="RC1", source="urn:b"),
        event("WorkerJoined", "2019-03-07", f"worker:{child}"),
    ])  # fmt: skip

    def ids(**asked):
        return [one["type"].rpartition(".")[2] for one in api.get("/events", params=asked).json()["events"]]

    assert ids(child=child) == ["ReferralReceived", "ReferralClosed"]
    assert ids(child=child, source="urn:b") == ["ReferralClosed"]
    assert ids(child=child, type="casetimeline.ReferralReceived") == ["ReferralReceived"]
    assert ids(child=f"worker:{child}") == ["WorkerJoined"]
    assert ids(child=child, recorded_to="2020-01-01") == []
    assert ids(child=child, recorded_from="2020-01-01", limit=1) == ["ReferralReceived"]
    assert ids(child=child, recorded_from="2099-01-01") == []


def test_the_timescales_in_force_on_a_day_are_told_with_their_source(api):
    found = api.get("/timescales", params={"as_at": "2019-10-22"}).json()["timescales"]
    (assessment,) = [one for one in found if one["id"] == "assessment"]
    assert assessment["limit"] == {"value": 45, "unit": "working_days"}
    assert {"starts", "stops", "kind", "source", "edition"} <= set(assessment)


def test_workers_and_the_authority_have_clocks_like_a_child(api, child):
    api.known([event("WorkerJoined", "2019-03-07", f"worker:{child}")])
    found = api.get(f"/workers/{child}/clocks", params={"as_at": "2019-04-08"}).json()
    ((clock,), name) = (found["clocks"], found["child"])
    assert (name, clock["id"], clock["due_on"]) == (f"worker:{child}", f"supervision:{child}", "2019-04-07")
    assert [flag["code"] for flag in clock["flags"]][-1] == "OPEN_PAST_LIMIT"
    assert is_problem(api.client.get("/workers/nobody/clocks"), 404, "child-unknown")
    priority = {"action_id": child, "origin": "inspection", "due_on": "2019-05-01"}
    api.known([event("ActionSet", "2019-03-07", "authority", **priority)])
    told = api.get("/authority/clocks").json()["clocks"]
    assert f"action:{child}" in [one["id"] for one in told]


def test_a_ruling_is_recorded_by_whoever_saw_the_history(api, child):
    api.known([referral(subject=child), *corrected(child)])
    clocks = api.get(f"/children/{child}/clocks")
    ruling = ruling_on(child)
    assert is_problem(api.client.post("/rulings", json=ruling), 428, "precondition-required")
    assert is_problem(api.client.post("/rulings", json=ruling, headers={"if-match": '"0"'}), 409, "stale")
    answer = api.client.post("/rulings", json=ruling, headers={"if-match": clocks.headers["etag"]})
    assert answer.status_code == 201, answer.text
    after = api.get(f"/children/{child}/clocks").json()
    assert after["rulings"][0]["ruled_by"] == "TM-7"
    assert after["clocks"] != after["without_rulings"]
    stale = api.client.post("/rulings", json=ruling, headers={"if-match": clocks.headers["etag"]})
    assert is_problem(stale, 409, "stale")


def corrected(child):
    """A referral's date moved later: held, until somebody accepts it."""
    first = referral("2019-03-05", child, id=f"{child}-first", referral_id="R-2")
    corrects = {"source": SOURCE, "id": first["id"]}
    correction = event(
        "FactCorrected", "2019-03-20", child, corrects=corrects, changes={"occurred_on": "2019-03-18"}
    )
    return [event("ReferralClosed", "2019-03-05", child, referral_id="R-1", reason="RC1"), first, correction]


def ruling_on(child, **changed):
    clock = {"child": child, "clock": "assessment:R-1", "ruling": "void"}
    return clock | {"reason": "Entered for another child.", "ruled_by": "TM-7"} | changed


def test_a_ruling_that_does_not_hold_is_refused_with_a_stable_code(api, child):
    api.known([referral(subject=child)])
    etag = api.get(f"/children/{child}/clocks").headers["etag"]
    answer = api.client.post(
        "/rulings", json=ruling_on(child, clock="assessment:R-9"), headers={"if-match": etag}
    )
    assert is_problem(answer, 409, "ruling-refused")
    assert answer.json()["code"] == "no-such-clock"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"reason": " "}, "/reason"),
        ({"ruled_by": None}, "/ruled_by"),
        ({"ruling": "ignore"}, "/ruling"),
        ({"because": "x"}, "/because"),
        ({"facts": "all"}, "/facts"),
    ],
)
def test_a_ruling_needs_a_reason_and_a_named_person(api, child, changed, pointer):
    ruling = {key: value for key, value in ruling_on(child, **changed).items() if value is not None}
    answer = api.client.post("/rulings", json=ruling, headers={"if-match": '"1"'})
    assert is_problem(answer, 422, "invalid-ruling")
    assert answer.json()["pointer"] == [pointer]


def test_a_ruling_on_a_child_of_whom_nothing_is_known_is_a_404(api, child):
    answer = api.client.post("/rulings", json=ruling_on(child), headers={"if-match": '"1"'})
    assert is_problem(answer, 404, "child-unknown")


def test_a_ruling_that_is_not_json_is_a_400(api):
    answer = api.client.post("/rulings", content="{", headers={"content-type": "application/json"})
    assert is_problem(answer, 400, "not-json")
    assert is_problem(api.client.post("/rulings", content="{}"), 415, "unsupported-media-type")


def test_metrics_name_no_child(api, child):
    api.known([referral(subject=child)])
    api.get(f"/children/{child}/clocks")
    answer = api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert (
        'casetimeline_http_requests_total{method="GET",route="/children/{child}/clocks",status="200"}'
        in answer.text
    )
    assert 'casetimeline_events_total{outcome="recorded"}' in answer.text
    assert child not in answer.text


def counted(api, name, **labels):
    return value(samples_in(api.get("/metrics").text), name, **labels)


def test_what_became_of_events_is_counted(api, child):
    fact = referral(subject=child)
    other = {**fact, "data": {**fact["data"], "referral_id": "R-OTHER"}}
    for sent, outcome in ((fact, "recorded"), (fact, "duplicate"), (other, "conflict"), ({}, "refused")):
        before = counted(api, "casetimeline_events_total", outcome=outcome)
        api.one(sent)
        assert counted(api, "casetimeline_events_total", outcome=outcome) == before + 1, outcome


def test_requests_are_counted_by_the_template_of_their_address_and_by_how_they_ended(api, child):
    route = "/children/{child}/clocks"
    ended = {"method": "GET", "route": route, "status": "404"}
    requests = counted(api, "casetimeline_http_requests_total", **ended)
    durations = counted(api, "casetimeline_http_request_duration_seconds_count", route=route)
    for _ in range(3):
        assert api.get(f"/children/{child}/clocks").status_code == 404
    assert counted(api, "casetimeline_http_requests_total", **ended) == requests + 3
    assert counted(api, "casetimeline_http_request_duration_seconds_count", route=route) == durations + 3


def test_pages_are_counted_by_their_template_and_what_is_nowhere_as_other(api, child):
    for path, route in (
        (f"/children/{child}/page", "/children/{child}/page"),
        ("/late", "/late"),
        (f"/nowhere/{child}", "other"),
    ):
        before = counted(api, "casetimeline_http_request_duration_seconds_count", route=route)
        api.get(path)
        assert counted(api, "casetimeline_http_request_duration_seconds_count", route=route) == before + 1, (
            path
        )


def test_the_build_is_told(api):
    (version,) = [
        dict(of)["version"]
        for name, of in samples_in(api.get("/metrics").text)
        if name == "casetimeline_build_info"
    ]
    assert version


def test_head_and_options_are_answered(api):
    assert api.client.head("/clocks").status_code == 200
    answer = api.client.options("/children/C1/clocks")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_the_description_can_be_read_offline(api):
    answer = api.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "http:" not in answer.text
    assert "https:" not in answer.text.replace("https://cases.example.gov.uk", "")


def test_a_browser_gets_a_page_for_what_is_not_there(api):
    answer = api.get("/nothing", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
