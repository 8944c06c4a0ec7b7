"""An event that comes in is checked the same whichever way the check takes."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import ASKED, EVENT_TYPES
from domain.field import Invalid
from domain.moment import london_day
from services import intake, strict_json
from services.intake import incoming
from services.strict_json import Improper
from tests.reported import event, referral

NOW = datetime(2019, 10, 22, 22, 59, tzinfo=UTC)
"""A minute to midnight in London, in summer time."""

words = (
    st.none()
    | st.text(max_size=5)
    | st.integers()
    | st.sampled_from(
        [
            "1.0",
            "C1",
            "worker:SW-1",
            "worker:",
            "authority",
            "casetimeline.WorkerLeft",
            "casetimeline.FactCorrected",
        ]
    )
)
changes = st.dictionaries(
    st.sampled_from(
        [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "recordedtime",
            "data",
            "dataschema",
            "ext",
            "Ext",
        ]
    ),
    words
    | st.sampled_from(["2019-03-05", "2019-03-05T10:00:00Z", "2019-10-22T23:30:00Z", "1899-01-01T00:00:00Z"]),
    max_size=3,
)
fields = st.dictionaries(
    st.sampled_from(["occurred_on", "referral_id", "note", "batch_id", "other", "primary_need"]),
    words | st.sampled_from(["2019-03-05", "2019-10-23", "2019-10-22T22:30:00Z", "1899-12-31", "2019-02-29"]),
    max_size=4,
)


@given(changes, fields)
def test_the_short_way_takes_nothing_that_the_long_one_refuses(changed, given_fields):
    fact = referral() | {"id": "x"} | changed
    if isinstance(fact["data"], dict):
        fact["data"] = fact["data"] | given_fields
    today = london_day(NOW)
    plain = intake._as_plain(fact)
    short = plain and intake._plain(plain, today, False)
    try:
        whole = intake._checked_whole(fact, today, False)
    except Invalid:
        whole = None
    assert short is None or short == whole


@given(changes, fields, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_an_event_is_the_same_however_it_was_read(changed, given_fields, separators):
    fact = referral() | {"id": "x"} | changed
    if isinstance(fact["data"], dict):
        fact["data"] = fact["data"] | given_fields
    raw = json.dumps(fact, separators=separators).encode()
    try:
        wanted = strict_json.read(raw)
    except Improper:
        assert intake.read_plain(raw) is None
    else:
        assert intake.whole(intake.read(raw)) == wanted


def test_an_event_read_as_plain_has_no_key_twice():
    raw = json.dumps(referral(note="a")).replace('"note"', '"note": "b", "note"').encode()
    assert intake.read_plain(raw) is None


@pytest.mark.parametrize(
    ("occurred_on", "is_taken"),
    [
        ("2019-10-22", True),
        ("2019-10-23", False),
        ("2019-10-22T22:58:00Z", True),
        ("2019-10-23T00:30:00+02:00", True),
        ("2019-10-22T23:00:00Z", False),
        ("1900-01-01", True),
        ("1899-12-31", False),
        ("2019-03-31T01:30:00Z", True),
    ],
)
def test_a_day_is_from_1900_to_the_day_of_receipt_in_london(occurred_on, is_taken):
    if is_taken:
        assert incoming(referral(occurred_on), NOW).data["occurred_on"] == occurred_on
    else:
        with pytest.raises(Invalid):
            incoming(referral(occurred_on), NOW)


def test_time_stands_for_the_day_only_where_that_is_absent():
    fact = referral("2019-03-05", time="2019-03-04T10:00:00Z")
    assert incoming(fact, NOW).data["occurred_on"] == "2019-03-05"
    fact["data"]["occurred_on"] = None
    assert incoming(fact, NOW).data["occurred_on"] == "2019-03-04T10:00:00Z"


def test_a_time_in_the_future_may_not_stand_for_the_day():
    fact = referral(time="2019-10-23T10:00:00Z")
    del fact["data"]["occurred_on"]
    with pytest.raises(Invalid) as error:
        incoming(fact, NOW)
    assert [p.pointer for p in error.value.problems] == ["/time"]


def test_nulls_are_absent():
    fact = referral(worker_id=None, note=None) | {"time": None, "ext": None}
    taken = incoming(fact, NOW)
    assert set(taken.data) == {"occurred_on", "referral_id"}
    assert (taken.time, dict(taken.extensions)) == (None, {})


@pytest.mark.parametrize("name", sorted(ASKED))
def test_what_is_asked_is_never_reported(name):
    with pytest.raises(Invalid, match="POST /rulings"):
        incoming(event(name, "2019-03-05"), NOW)


@pytest.mark.parametrize("name", [name for name in EVENT_TYPES if name not in ASKED])
def test_every_type_says_what_is_missing(name):
    with pytest.raises(Invalid) as error:
        incoming({**event(name, "2019-03-05"), "data": {"surely_not": 1}}, NOW)
    pointers = [p.pointer for p in error.value.problems]
    assert "/data/surely_not" in pointers
    assert "/data/occurred_on" in pointers


def test_a_fact_of_history_is_marked():
    assert incoming(referral(), NOW, historic=True).historic
    assert not incoming(referral(), NOW).historic
