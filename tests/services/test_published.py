"""What is published is read as over HTTP, whatever form it has; what cannot be read says why."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import ASKED, FIELDS, PREFIX
from infra.incoming import Incoming
from infra.published_avro import PublishedAvro
from services.api import problems
from services.intake import incoming
from services.published import Published
from services.record import differences
from tests.infra.reported import facts
from tests.published import Message, avro, binary, structured
from tests.reported import event, referral

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PUBLISHED = Published(PublishedAvro())
REPORTED = st.sampled_from(sorted(set(FIELDS) - ASKED))


def read(message: Message):
    return PUBLISHED.read(*message, NOW)


def kind(message: Message) -> str:
    problem = read(message)
    assert isinstance(problem, dict)
    return problem["type"].removeprefix(problems.URN)


def simple(fact):
    return structured(fact, None)


def plain(fact):
    return structured(fact, "application/json")


def shouted(fact):
    return structured(fact, "Application/CloudEvents+JSON; charset=utf-8")


@pytest.mark.parametrize("form", [structured, simple, plain, shouted, binary, avro])
def test_a_fact_is_the_same_in_every_form(form):
    fact = event(
        "ChildRegistered", "2019-03-05", given_name="Åsa", note="x", recordedtime="2019-03-06T09:00:00Z"
    ) | {"worker": "W-1", "sequence": "12"}
    assert read(form(fact)) == incoming(fact, NOW)


@given(facts(REPORTED))
def test_avro_tells_what_json_tells_of_a_fact_of_every_type(fact):
    told = {
        "specversion": "1.0",
        "source": fact.source,
        "id": fact.id,
        "type": PREFIX + fact.type,
        "subject": fact.stream,
        "time": fact.time,
        "recordedtime": fact.recordedtime,
        "dataschema": fact.dataschema,
        **fact.extensions,
        "data": fact.data,
    }
    by_json, by_avro = read(structured(told)), read(avro(told))
    assert type(by_json) is type(by_avro)
    if isinstance(by_json, Incoming):
        assert differences(by_json, by_avro) == []


def test_the_subject_of_avro_is_its_header_and_else_its_key():
    message = avro(referral(subject="C7"))
    assert read(message).stream == "C7"
    assert read(message._replace(headers=[("ce_subject", b"C8")])).stream == "C8"
    assert kind(message._replace(key=None)) == "invalid-event"


def test_a_header_without_a_value_tells_nothing():
    fact = referral()
    for form in (simple, avro):
        message = form(fact)
        headers: list[tuple[str, bytes | None]] = [("content-type", None), ("other", None)]
        if form is avro:
            headers.append(("ce_subject", None))
        assert read(message._replace(headers=headers)) == read(message)


def test_avro_is_told_by_its_first_byte_whatever_its_headers_say():
    message = avro(referral())
    assert isinstance(read(message._replace(headers=[])), Incoming)
    assert kind(structured(referral(), "application/avro")) == "not-avro"


REFUSED = [
    (Message(None, [], b""), "not-json"),
    (Message(None, [], b"{"), "not-json"),
    (Message(None, [], b"\xff\xfe"), "not-json"),
    (Message(None, [], b"[" * 100_000), "not-json"),
    (Message(None, [], b"[]"), "invalid-event"),
    (Message(None, [], b'{"a":1,"a":2}'), "invalid-event"),
    (structured(referral(colour="red")), "invalid-event"),
    (structured(referral() | {"type": "casetimeline.Unknown"}), "invalid-event"),
    (structured(referral("2030-01-01")), "invalid-event"),
    (Message(None, [("ce_id", b"\xff"), ("content-type", b"application/json")], b"{}"), "invalid-event"),
    (Message(None, [("ce_id", b"1"), ("ce_id", b"1")], b"{}"), "invalid-event"),
    (Message(None, [("ce_id", b"1"), ("ce_data", b"1")], b"{}"), "invalid-event"),
    (Message(None, [("ce_id", None)], b"{}"), "invalid-event"),
    (Message(None, [("content-type", None)], b"{"), "not-json"),
    (Message(None, [("content-type", b"text/plain")], b"x"), "unsupported-media-type"),
    (Message(None, [], b"{}" + b" " * 262_144), "event-too-large"),
    (Message(None, [], b"\0"), "not-avro"),
    (Message(None, [], b"\0\0\0\xff\xffx"), "not-avro"),
    (Message(None, [], avro(referral()).value[:-1]), "not-avro"),
    (Message(None, [], avro(referral()).value + b"x"), "not-avro"),
    (avro(referral(), historic=True), "not-avro"),
    (Message(b"\xff", [], avro(referral()).value), "invalid-event"),
]


@pytest.mark.parametrize(("message", "expected"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_read_says_why(message, expected):
    assert kind(message) == expected


def test_json_inside_avro_is_held_to_the_same_rules():
    fact = event("FactCorrected", "2019-03-05", corrects={"source": "s", "id": "1"}, changes={"kind": "x"})
    good = avro(fact)
    assert read(good) == incoming(fact, NOW)
    twice = good.value.replace(b'{"kind": "x"}', b'{"kind":1,"kind":2}'[:13])
    assert kind(good._replace(value=twice)) in ("not-json", "invalid-event")


@given(st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=9)), max_size=3))
def test_whatever_a_record_holds_it_is_read_or_refused(value, headers):
    for message in (
        Message(value[:4], headers, value),
        Message(None, headers, b"\0\0\0\0" + value),
        Message(None, [("ce_id", value), *headers], value),
    ):
        assert isinstance(read(message), (Incoming, dict))
