"""Facts come in by every mode of CloudEvents over HTTP, and are answered with receipts."""

import asyncio
import gzip
import json

import httpx
import pytest

from tests.api.posting import BATCH, NDJSON, STRUCTURED, is_problem
from tests.reported import event, referral


def str_of(value):
    return json.dumps(value).encode()


def test_a_fact_is_answered_with_its_place_in_the_log(api, child):
    fact = referral(subject=child)
    answer = api.one(fact)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    receipt = answer.json()
    assert set(receipt) == {"id", "source", "status", "subject", "version", "position", "recorded_at"}
    assert receipt["status"] == "recorded"
    assert (receipt["id"], receipt["source"], receipt["subject"]) == (fact["id"], fact["source"], child)
    assert receipt["version"] == 1
    assert receipt["position"]["partition"] == 0


@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : ")])
def test_a_fact_is_taken_however_its_json_is_written(api, child, separators):
    fact = referral(subject=child, note='He said "yes": he would come.')
    answer = api.raw(json.dumps(fact, separators=separators))
    assert answer.status_code == 201
    assert api.facts_of(child) == [fact["id"]]


def test_the_same_again_is_a_duplicate_with_the_first_receipt(api, child):
    fact = referral(subject=child)
    first, again = api.one(fact), api.one(fact)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"status": "duplicate"}
    assert api.facts_of(child) == [fact["id"]]


def test_a_duplicate_is_told_by_its_values_and_not_by_how_they_are_written(api, child):
    fact = event("VisitFrequencySet", "2019-03-05", child, plan_id="P", every=2, unit="weeks", note="a")
    assert api.one(fact).status_code == 201
    shuffled = dict(reversed(fact.items())) | {"data": dict(reversed(fact["data"].items()))}
    assert api.one(shuffled).status_code == 200
    assert api.one(fact | {"data": fact["data"] | {"worker_id": None}}).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "casetimeline.ReferralClosed"},
        {"subject": "T-other"},
        {"time": "2019-03-05T10:00:00Z"},
        {"recordedtime": "2019-03-05T10:00:00Z"},
        {"sequence": "2"},
        {"data": {"occurred_on": "2019-03-06", "referral_id": "R-1"}},
        {"data": {"occurred_on": "2019-03-05", "referral_id": "R-1", "note": "more"}},
    ],
)
def test_the_same_identity_with_other_content_is_refused_and_listed(api, child, changed):
    fact = referral(subject=child)
    if "type" in changed:
        fact = event("AssessmentReopened", "2019-03-05", child, assessment_id="A")
        changed = {"type": "casetimeline.AssessmentPaused"}
    assert api.one(fact).status_code == 201
    answer = api.one(fact | changed)
    assert is_problem(answer, 409, "conflict")
    assert api.facts_of(child) == [fact["id"]]
    listed = api.get("/conflicts", params={"limit": 1000}).json()["conflicts"]
    assert [one["differs"] for one in listed if one["id"] == fact["id"]] == [answer.json()["pointer"]]


def test_the_list_of_conflicts_tells_nothing_personal(api, child):
    fact = referral(subject=child, note="Something private")
    api.one(fact)
    api.one(fact | {"data": fact["data"] | {"note": "Something else private"}})
    assert "private" not in api.get("/conflicts", params={"limit": 1000}).text


def test_a_batch_is_answered_item_by_item_in_order(api, child):
    first, second = (
        referral(subject=child),
        event("ReferralClosed", "2019-03-07", child, referral_id="R-1", reason="RC1"),
    )
    answer = api.batch([first, second, first])
    assert answer.status_code == 200
    assert [(r["id"], r["status"]) for r in answer.json()["results"]] == [
        (first["id"], "recorded"),
        (second["id"], "recorded"),
        (first["id"], "duplicate"),
    ]


def test_the_good_items_of_a_batch_are_kept_whatever_the_others_are(api, child):
    good = referral(subject=child)
    answer = api.batch([{"type": "casetimeline.Nothing"}, good, 7])
    assert answer.status_code == 207
    assert [r["status"] for r in answer.json()["results"]] == ["refused", "recorded", "refused"]
    assert api.facts_of(child) == [good["id"]]


def test_a_batch_of_which_all_is_refused_is_a_422(api):
    answer = api.batch([{}, []])
    assert answer.status_code == 422
    assert [r["problem"]["status"] for r in answer.json()["results"]] == [422, 422]


def test_a_conflict_within_a_batch_refuses_the_second(api, child):
    fact = referral(subject=child)
    other = fact | {"data": fact["data"] | {"occurred_on": "2019-03-06"}}
    answer = api.batch([fact, other])
    assert answer.status_code == 207
    assert answer.json()["results"][1]["problem"]["type"].endswith(":conflict")


def test_an_empty_batch_has_nothing_to_refuse(api):
    answer = api.batch([])
    assert (answer.status_code, answer.json()) == (200, {"results": []})


def test_a_line_is_an_event_and_a_broken_one_is_refused_alone(api, child):
    good, last = (
        referral(subject=child),
        event("ReferralClosed", "2019-03-07", child, referral_id="R-1", reason="RC1"),
    )
    body = b"\r\n".join([str_of(good), b'{"specversion":', b"", str_of(last)])
    answer = api.raw(body, NDJSON)
    assert answer.status_code == 207
    assert [r["status"] for r in answer.json()["results"]] == ["recorded", "refused", "recorded"]
    assert answer.json()["results"][1]["problem"]["type"].endswith(":not-json")


def test_binary_mode_is_the_same_fact(api, child):
    fact = referral(subject=child, recordedtime="2019-03-05T10:00:00Z")
    assert api.binary(fact).status_code == 201
    assert api.one(fact).status_code == 200


def test_headers_of_binary_mode_are_percent_decoded(api, child):
    fact = referral(subject=child, id="naïve “1”")
    sent = fact | {"id": "na%C3%AFve %E2%80%9C1%E2%80%9D"}
    assert api.binary(sent).json()["id"] == fact["id"]


def test_time_stands_for_the_day_where_that_is_absent(api, child):
    fact = event("ReferralReceived", "", child, referral_id="R-1", time="2019-03-05T23:30:00-02:00")
    del fact["data"]["occurred_on"]
    assert api.one(fact).status_code == 201
    (entry,) = api.get(f"/children/{child}/timeline").json()["entries"]
    assert entry["occurred_on"] == "2019-03-05T23:30:00-02:00"
    assert api.get(f"/children/{child}/clocks").json()["clocks"][0]["started_on"] == "2019-03-06"


def test_extensions_are_kept(api, child):
    api.one(referral(subject=child) | {"traceparent": "00-1-2-03", "attempt": 2})
    (fact,) = api.get("/events", params={"child": child}).json()["events"]
    assert fact["extensions"] == {"traceparent": "00-1-2-03", "attempt": 2}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json; charset=UTF-8",
        'Application/CloudEvents+JSON;charset="utf-8"',
        "application/cloudevents+json ; profile=x",
    ],
)
def test_parameters_of_the_content_type_are_read(api, child, content_type):
    assert api.raw(str_of(referral(subject=child)), content_type).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/cloudevents+xml",
        f"{STRUCTURED}; charset=utf-16",
        "application/json",
    ],
)
def test_another_content_type_is_told_which_are_read(api, child, content_type):
    assert is_problem(api.raw(str_of(referral(subject=child)), content_type), 415, "unsupported-media-type")
    assert api.facts_of(child) == []


def test_a_compressed_body_is_not_unpacked(api, child):
    body = gzip.compress(str_of(referral(subject=child)))
    answer = api.raw(body, STRUCTURED, **{"content-encoding": "gzip"})
    assert is_problem(answer, 415, "unsupported-media-type")


def test_a_fact_that_does_not_follow_is_recorded_with_a_discrepancy(api, child):
    assert api.one(event("AssessmentReopened", "2019-03-05", child, assessment_id="A-9")).status_code == 201
    (entry,) = api.get(f"/children/{child}/timeline").json()["entries"]
    assert entry["discrepancies"]


def test_a_fact_can_be_read_as_soon_as_it_is_answered(api, child):
    for number in range(20):
        fact = event("ContactReceived", "2019-03-05", child, contact_id=f"K-{number}")
        api.one(fact)
        assert api.get(f"/children/{child}/timeline").json()["entries"][-1]["id"] == fact["id"]
        assert api.facts_of(child)[-1] == fact["id"]


def test_several_callers_at_once_are_each_answered_with_their_own(service):
    async def post(client, number):
        fact = event(
            "ContactReceived", "2019-03-05", f"M{number % 7}", contact_id=f"K-{number}", id=f"many-{number}"
        )
        answer = await client.post("/events", json=fact, headers={"content-type": STRUCTURED})
        return answer.status_code, answer.json()["id"], answer.json()["subject"]

    async def all_of_them():
        async with httpx.AsyncClient(base_url=service.address, timeout=30) as client:
            return await asyncio.gather(*(post(client, number) for number in range(150)))

    assert asyncio.run(all_of_them()) == [(201, f"many-{n}", f"M{n % 7}") for n in range(150)]


def test_a_large_batch_is_taken_in(api, child):
    facts = [event("ContactReceived", "2019-03-05", child, contact_id=f"K-{n}") for n in range(1_000)]
    assert len(str_of(facts)) > 256 * 1024 // 2
    answer = api.raw(str_of(facts), BATCH)
    assert answer.status_code == 200
    assert [r["version"] for r in answer.json()["results"]] == list(range(1, 1_001))
