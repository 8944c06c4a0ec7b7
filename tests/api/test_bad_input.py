"""What cannot be a fact is refused with a clear 4xx that names the place, and nothing of it is stored."""

import json

import pytest

from tests.api.posting import BATCH, NDJSON, STRUCTURED, is_problem
from tests.metrics.samples import samples_in, value
from tests.reported import event, referral


def text(child, **changed):
    return json.dumps(referral(subject=child) | changed)


def told(answer):
    """Where each problem of an answer is."""
    return answer.json().get("pointer")


BROKEN: dict[str, str | bytes] = {
    "nothing": "",
    "blank": "  ",
    "cut off": '{"specversion":"1.0"',
    "not JSON": "specversion=1.0",
    "XML": "<event/>",
    "two values": "{} {}",
    "trailing comma": '{"a":1,}',
    "a comment": '{"a":1/*b*/}',
    "NaN": '{"data":{"every":NaN}}',
    "infinite": '{"data":{"every":-Infinity}}',
    "too deep to read": "[" * 100_000 + "]" * 100_000,
    "not UTF-8": b'{"id":"\xff"}',
    "UTF-16": '{"id":"1"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"id":"1"}',
    "control character": '{"id":"\x01"}',
    "leading zero": '{"a":01}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("content_type", [STRUCTURED, BATCH])
def test_what_is_not_json_is_a_400(api, body, content_type):
    assert is_problem(api.raw(body, content_type), 400, "not-json")


LINES = {name: body for name, body in BROKEN.items() if body.strip()}


@pytest.mark.parametrize("body", LINES.values(), ids=LINES.keys())
def test_a_broken_line_is_refused_alone(api, child, body):
    good = text(child).encode()
    raw = body if isinstance(body, bytes) else body.encode()
    answer = api.raw(good + b"\n" + raw, NDJSON)
    assert answer.status_code == 207
    assert answer.json()["results"][1]["problem"]["type"] == "urn:casetimeline:problem:not-json"


DOUBTFUL = {
    "a key twice": (
        '"data":{"occurred_on":"2019-01-01","occurred_on":"2019-01-02","referral_id":"R"}',
        "/data/occurred_on",
    ),
    "an escaped key twice": ('"x1":1,"\\u00781":2', "/x1"),
    "an attribute twice": ('"id":"again"', "/id"),
    "half a surrogate pair": ('"ext":"\\ud800"', "/ext"),
    "half a surrogate pair in a name": ('"\\udc00":"a"', "/\\udc00"),
    "a number too large for a float": ('"ext":1e400', "/ext"),
    "a number too large to be kept": ('"ext":9007199254740993', "/ext"),
    "a number of 5,000 digits": ('"ext":' + "9" * 5_000, "/ext"),
    "too deep": ('"ext":' + "[" * 80 + "]" * 80, None),
}


@pytest.mark.parametrize(("member", "pointer"), DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_json_that_readers_could_take_differently_is_refused_by_place(api, child, member, pointer):
    body = text(child)[:-1] + "," + member + "}"
    if member.startswith('"data"'):
        body = text(child).replace('"data":', '"xdata":', 1)[:-1] + "," + member + "}"
        body = body.replace('"xdata": {"occurred_on": "2019-03-05", "referral_id": "R-1"}, ', "").replace(
            ', "xdata": {"occurred_on": "2019-03-05", "referral_id": "R-1"}', ""
        )
    answer = api.raw(body)
    assert is_problem(answer, 422, "invalid-event")
    assert pointer is None or pointer in told(answer)
    in_batch = api.raw(f"[{body}]", BATCH)
    assert 400 <= in_batch.status_code < 500
    assert api.facts_of(child) == []


WRONG = {
    "no specversion": ({"specversion": None}, "/specversion"),
    "another specversion": ({"specversion": "0.3"}, "/specversion"),
    "specversion as a number": ({"specversion": 1.0}, "/specversion"),
    "no id": ({"id": None}, "/id"),
    "an empty id": ({"id": ""}, "/id"),
    "a blank id": ({"id": " "}, "/id"),
    "a long id": ({"id": "x" * 1_025}, "/id"),
    "an id with a line break": ({"id": "a\nb"}, "/id"),
    "an id with NUL": ({"id": "a\0"}, "/id"),
    "an id that is a number": ({"id": 7}, "/id"),
    "no source": ({"source": None}, "/source"),
    "an empty source": ({"source": ""}, "/source"),
    "no type": ({"type": None}, "/type"),
    "an unknown type": ({"type": "casetimeline.ReferralPondered"}, "/type"),
    "a type without its prefix": ({"type": "ReferralReceived"}, "/type"),
    "a type in other letters": ({"type": "casetimeline.referralreceived"}, "/type"),
    "a type that is asked": ({"type": "casetimeline.ClockRuled"}, "/type"),
    "no subject": ({"subject": None}, "/subject"),
    "an empty subject": ({"subject": ""}, "/subject"),
    "a subject with a slash": ({"subject": "C/1"}, "/subject"),
    "a long subject": ({"subject": "C" * 129}, "/subject"),
    "a subject in other digits": ({"subject": "C１"}, "/subject"),
    "a worker without an id": ({"subject": "worker:"}, "/subject"),
    "a child's fact on a worker": ({"subject": "worker:SW-1"}, "/type"),
    "a child's fact on the authority": ({"subject": "authority"}, "/type"),
    "time without an offset": ({"time": "2019-03-05T10:00:00"}, "/time"),
    "time as a day": ({"time": "2019-03-05"}, "/time"),
    "entered without an offset": ({"recordedtime": "2019-03-05T10:00:00"}, "/recordedtime"),
    "entered in the future": ({"recordedtime": "2099-03-05T10:00:00Z"}, "/recordedtime"),
    "entered before 1900": ({"recordedtime": "1899-03-05T10:00:00Z"}, "/recordedtime"),
    "data in base64": ({"data_base64": "e30="}, "/data_base64"),
    "data as text": ({"data": "{}"}, "/data"),
    "data as a list": ({"data": []}, "/data"),
    "data of another type": ({"datacontenttype": "text/xml"}, "/datacontenttype"),
    "an extension in capitals": ({"workerId": "x"}, "/workerId"),
    "an extension with an underscore": ({"worker_id": "x"}, "/worker_id"),
    "an extension that is an object": ({"ext": {"a": 1}}, "/ext"),
}


@pytest.mark.parametrize(("changed", "pointer"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_attribute_is_named(api, child, changed, pointer):
    event_ = {key: value for key, value in (referral(subject=child) | changed).items() if value is not None}
    answer = api.one(event_)
    assert is_problem(answer, 422, "invalid-event")
    assert told(answer) == [pointer]
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert api.facts_of(child) == []


DAYS = {
    "not a date": "5 March 2019",
    "a day that is not": "2019-02-29",
    "a month that is not": "2019-13-01",
    "before 1900": "1899-12-31",
    "in the future": "2099-01-01",
    "in the future, with a time": "2099-01-01T10:00:00Z",
    "an instant without an offset": "2019-03-05T10:00:00",
    "the hour that does not exist, without an offset": "2019-03-31T01:30:00",
    "an hour that no day has": "2019-03-05T24:30:00Z",
    "a leap second": "2016-12-31T23:59:60Z",
    "a week date": "2019-W10-2",
    "an offset that no place has": "2019-03-05T10:00:00+25:00",
    "year 9999 with an offset": "9999-12-31T23:59:59-12:00",
    "year 1 with an offset": "0001-01-01T00:00:00+12:00",
    "a number": 20190305,
    "empty": "",
    "other digits": "２０１９-03-05",
}


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS.keys())
def test_a_day_that_cannot_be_is_refused(api, child, day):
    answer = api.one(referral(day, child))
    assert is_problem(answer, 422, "invalid-event")
    assert told(answer) == ["/data/occurred_on"]
    assert api.facts_of(child) == []


FIELDS = {
    "an unknown field": ({"refferal_id": "R-1"}, "/data/refferal_id"),
    "a required field that is missing": ({"referral_id": None}, "/data/referral_id"),
    "a reference that is a number": ({"referral_id": 7}, "/data/referral_id"),
    "a reference that is too long": ({"referral_id": "R" * 129}, "/data/referral_id"),
    "a note that is an object": ({"note": {"a": 1}}, "/data/note"),
    "a field with a slash in its name": ({"a/b~c": 1}, "/data/a~1b~0c"),
}


@pytest.mark.parametrize(("fields", "pointer"), FIELDS.values(), ids=FIELDS.keys())
def test_a_wrong_field_is_named(api, child, fields, pointer):
    answer = api.one(referral(subject=child, **fields))
    assert is_problem(answer, 422, "invalid-event")
    assert told(answer) == [pointer]


def test_every_wrong_field_is_named_at_once(api, child):
    answer = api.one(event("VisitMade", "2019-02-30", child, purpose="tea", seen="yes", other=1))
    assert set(told(answer)) == {
        "/data/occurred_on",
        "/data/purpose",
        "/data/seen",
        "/data/other",
        "/data/visit_id",
    }


def test_a_correction_of_a_field_that_no_event_has_is_refused(api, child):
    corrects = {"source": "urn:invented:cases", "id": "x"}
    changes = {"occured_on": "2019-03-04", "occurred_on": "2099-01-01", "seen": "perhaps"}
    answer = api.one(event("FactCorrected", "2019-03-06", child, corrects=corrects, changes=changes))
    assert told(answer) == [f"/data/changes/{name}" for name in changes]


def test_a_correction_of_a_fact_that_is_not_there_is_recorded(api, child):
    corrects = {"source": "urn:invented:cases", "id": "never"}
    fact = event("FactCorrected", "2019-03-06", child, corrects=corrects, changes={"reason": "typed wrongly"})
    assert api.one(fact).status_code == 201


def test_an_event_too_large_is_a_413_and_so_it_is_in_a_batch(api, child):
    fact = referral(subject=child) | {"ext": "x" * 262_144}
    assert is_problem(api.one(fact), 413, "event-too-large")
    results = api.batch([fact, referral(subject=child)]).json()["results"]
    assert [r["status"] for r in results] == ["refused", "recorded"]
    assert results[0]["problem"]["status"] == 413


def test_a_body_too_large_is_a_413_whether_its_length_is_told_or_not(api):
    body = b" " * (8 * 1024 * 1024 + 1)
    assert is_problem(api.raw(body, NDJSON), 413, "body-too-large")
    parts = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    assert is_problem(api.raw(parts, NDJSON), 413, "body-too-large")


def test_too_many_events_are_a_413_and_none_is_recorded(api, child):
    facts = [event("ContactReceived", "2019-03-05", child, contact_id="K") for _ in range(5_001)]
    assert is_problem(api.batch(facts), 413, "too-many-events")
    assert is_problem(api.lines(facts), 413, "too-many-events")
    assert api.facts_of(child) == []


def test_a_batch_that_is_no_list_is_refused(api, child):
    assert is_problem(api.raw(text(child), BATCH), 422, "invalid-event")


def test_a_header_given_twice_is_refused(api, child):
    fact = referral(subject=child)
    headers = [("content-type", "application/json"), ("ce-id", "other")]
    headers += [(f"ce-{name}", value) for name, value in fact.items() if name != "data"]
    answer = api.client.post("/events", content=json.dumps(fact["data"]), headers=headers)
    assert told(answer) == ["/id"]


def test_a_header_that_is_not_utf_8_is_refused(api, child):
    fact = referral(subject=child, id="%ff")
    assert told(api.binary(fact)) == ["/id"]


@pytest.mark.parametrize(
    "address",
    [
        "/clocks?as_att=2019-10-22",
        "/clocks?as_at=22/10/2019",
        "/clocks?as_at=1899-12-31",
        "/clocks?as_at=2199-01-01",
        "/clocks?as_at=2019-10-22&as_at=2019-10-23",
        "/clocks?known_at=yesterday",
        "/clocks?known_at=2019-10-22T10:00:00",
        "/clocks?basis=guessed",
        "/clocks?limit=0",
        "/clocks?limit=1001",
        "/clocks?limit=many",
        "/clocks?over=maybe",
        "/clocks?timescale=tea",
        "/clocks?status=",
        "/clocks?flag=REOPENED",
        "/clocks?sort=colour",
        "/clocks?cursor=made-up",
        "/clocks?cursor=W10",
        "/events?type=casetimeline.Nothing",
        "/events?cursor=-1",
        "/events?child=a/b",
        "/events?recorded_from=tomorrow",
        "/timescales?as_at=2019",
        "/projections?limit=x",
        "/conflicts?cursor=z",
        "/children/C1/clocks?as_at=2019-02-29",
        "/children/C1/timeline?known_at=9999-12-31",
        "/clocks?flag=%ff",
        "/events?source=%00",
    ],
)
def test_a_question_that_cannot_be_answered_says_why(api, address):
    answer = api.get(address)
    assert is_problem(answer, 422, "invalid-question")
    assert answer.json()["errors"][0]["parameter"]


def test_what_is_not_there_is_a_404_and_what_cannot_be_done_a_405(api):
    assert is_problem(api.get("/nothing"), 404, "not-found")
    assert is_problem(api.get("/children/nobody/clocks"), 404, "child-unknown")
    assert is_problem(api.get("/children/worker:SW-1/timeline"), 404, "child-unknown")
    assert is_problem(api.get("/children/a%00b/timeline"), 404, "child-unknown")
    answer = api.client.delete("/events")
    assert is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_no_answer_of_the_api_may_be_framed_kept_or_guessed_at(api):
    for answer in (api.get("/clocks"), api.get("/nothing"), api.one({})):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-request-id"]


def test_a_request_keeps_the_id_that_it_came_with(api):
    assert api.get("/healthz", headers={"x-request-id": "a-1"}).headers["x-request-id"] == "a-1"
    assert api.get("/healthz", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"


def refused(api):
    return value(samples_in(api.get("/metrics").text), "casetimeline_events_total", outcome="refused")


def test_what_is_refused_as_a_whole_is_counted_as_the_events_it_is_known_to_have(api, child):
    fact = referral(subject=child)
    many = [fact] * 5_001
    large = fact | {"ext": "x" * 262_144}
    for ask, events in (
        (lambda: api.one(large), 1),
        (lambda: api.one({}), 1),
        (lambda: api.raw("{", BATCH), 1),
        (lambda: api.raw("{}", BATCH), 1),
        (lambda: api.raw("{}", "text/plain"), 1),
        (lambda: api.lines(many), len(many)),
        (lambda: api.batch([large, {}]), 2),
    ):
        before = refused(api)
        assert ask().status_code in (400, 413, 415, 422)
        assert refused(api) - before == events
