"""Facts as bytes and back; what is personal is sealed, and nothing foreign is read."""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import FrozenInstanceError, dataclass, replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import EVENT_TYPES, FIELDS, PREFIX, personal_fields, read
from domain.history import Recorded
from domain.moment import read_instant
from infra.codec import Codec
from infra.errors import Tampered, Unreadable
from infra.incoming import Incoming
from infra.keys import Erased, KeyStore, open_embedded
from infra.schemas import registry
from tests.infra.reported import facts, json_values, stream_of, values

RECORDED_AT = datetime(2019, 3, 6, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class InLog:
    """A record of the log."""

    originator_id: str
    originator_version: int
    topic: str
    state: bytes
    partition: int = 0
    offset: int = 41
    recorded_at: datetime = RECORDED_AT


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyStore]:
    store = open_embedded(tmp_path_factory.mktemp("keys"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def codec(keys: KeyStore) -> Codec:
    return Codec(keys)


def in_log(codec: Codec, fact: Incoming) -> InLog:
    return InLog(fact.stream, 3, PREFIX + fact.type, codec.encode(fact))


def as_json(value: Any) -> str:
    """Tells 1 from 1.0 and from true."""
    return json.dumps(value, sort_keys=True)


def closing(**data: Any) -> Incoming:
    data = {"occurred_on": "2019-04-17", "assessment_id": "A-1", **data}
    return Incoming(stream="C1001", source="https://cms.example", id="7", type="AssessmentClosed", data=data)


@given(fact=facts())
def test_what_is_read_back_is_what_was_reported(codec: Codec, fact: Incoming):
    again = codec.as_reported(in_log(codec, fact))
    assert again == fact
    assert as_json([again.data, again.extensions]) == as_json([fact.data, fact.extensions])


@given(fact=facts())
def test_a_record_is_read_as_its_fact_with_its_place(codec: Codec, fact: Incoming):
    told = read(fact.type, fact.data)
    assert codec.decode(in_log(codec, fact)) == Recorded(
        stream=fact.stream,
        version=3,
        source=fact.source,
        id=fact.id,
        type=fact.type,
        occurred_on=told.occurred_on,
        entered_at=None if fact.recordedtime is None else read_instant(fact.recordedtime),
        recorded_at=RECORDED_AT,
        partition=0,
        offset=41,
        data=fact.data,
        fact=told,
        extensions=fact.extensions,
        time=fact.time,
        historic=fact.historic,
        is_erased=False,
    )


def test_what_is_decoded_cannot_be_changed(codec: Codec):
    recorded = codec.decode(in_log(codec, closing()))
    with pytest.raises(FrozenInstanceError):
        recorded.version = 4  # type: ignore[misc]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_null_is_stored_as_an_absent_field(codec: Codec, name: str):
    example = {field.name: "R-1" for field in FIELDS[name] if field.kind.name == "reference"}
    bare = Incoming(stream=stream_of(name), source="s", id="1", type=name, data=example)
    nulls = bare._replace(data={field.name: example.get(field.name) for field in FIELDS[name]})
    assert codec.as_reported(in_log(codec, nulls)) == bare


def test_facts_of_however_many_shapes_are_written_alike(keys: KeyStore, monkeypatch: pytest.MonkeyPatch):
    reported = closing(worker_id="W-1", team_id="T-1")
    shapes = [reported._replace(data=dict(order)) for order in permutations(reported.data.items())]
    monkeypatch.setattr("infra.fact_writer.MAX_SHAPES", 5)
    codec = Codec(keys)
    assert len({codec.encode(fact) for fact in shapes}) == 1


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"time": "2019-03-06T10:00:00Z"},
        {"recordedtime": "2019-03-06T10:00:00Z"},
        {"time": "2019-03-06T10:00:00Z", "recordedtime": "2019-03-06T11:00:00Z"},
        {"historic": True},
        {"dataschema": "https://example.org/1"},
        {"extensions": {"sequence": "7"}},
        {"extensions": {"note": "of somebody"}},
    ],
)
@pytest.mark.parametrize("data", [{}, {"worker_id": None}, {"worker_id": "W-1"}, {"reason": "of somebody"}])
def test_a_fact_of_a_shape_written_before_is_written_whole(codec: Codec, told, data):
    codec.encode_all([closing(), closing(worker_id="W-2"), closing(reason="of another")])
    reported = closing(**data)._replace(**told)
    without_nulls = {name: value for name, value in reported.data.items() if value is not None}
    for _ in range(2):
        (state,) = codec.encode_all([reported])
        assert isinstance(state, bytes)
        stored = InLog(reported.stream, 3, PREFIX + reported.type, state)
        assert codec.as_reported(stored) == reported._replace(data=without_nulls)
        assert b"somebody" not in state


def test_a_default_is_never_filled_in(codec: Codec):
    started = closing()._replace(
        type="AssessmentStarted", data={"occurred_on": "2019-03-06", "assessment_id": "A-1"}
    )
    recorded = codec.decode(in_log(codec, started))
    assert "kind" not in recorded.data
    assert recorded.fact.kind == "child_and_family"  # type: ignore[attr-defined]


def test_many_are_encoded_and_decoded_as_one_by_one(codec: Codec):
    reported = [closing(reason="moved")._replace(stream=f"C{n}", id=str(n)) for n in range(20)]
    states = codec.encode_all(reported)
    stored = [
        InLog(f.stream, 1, PREFIX + f.type, state)
        for f, state in zip(reported, states, strict=True)
        if not isinstance(state, Erased)
    ]
    assert [codec.as_reported(one) for one in stored] == reported
    assert codec.decode_all(stored) == [codec.decode(one) for one in stored]


def test_an_unreadable_record_does_not_hide_the_others(codec: Codec):
    good = in_log(codec, closing())
    first, second, third = codec.decode_all([good, replace(good, topic="casetimeline.Nothing"), good])
    assert isinstance(second, Unreadable)
    assert first == third == codec.decode(good)


# What is personal


MARK = "Ysolde7Quenneville"


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name in EVENT_TYPES for field in sorted(personal_fields(name))]
)
def test_a_personal_field_is_nowhere_in_what_is_stored(codec: Codec, name: str, field: str):
    secret = "1999-12-31" if "date" in field or field.endswith("_on") else MARK
    state = codec.encode(
        Incoming(
            stream=stream_of(name),
            source="s",
            id="1",
            type=name,
            data={"occurred_on": "2019-03-06", field: secret},
        )
    )
    assert secret.encode() not in state


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("FactCorrected", {"corrects": {"source": "s", "id": "1"}, "changes": {"family_name": MARK}}),
        ("FactCorrected", {"corrects": {"source": "s", "id": "1"}, "changes": {"reason": {"in": [MARK]}}}),
        ("FactCorrected", {"corrects": {"source": "s", "id": "1"}, "changes": {"no_field_of_ours": MARK}}),
        ("RecordChanged", {"record_kind": "visit", "record_id": "V-1", "field": "note", "was": MARK}),
        ("RecordChanged", {"record_kind": "visit", "record_id": "V-1", "field": "given_name", "now": MARK}),
    ],
)
def test_a_correction_of_something_personal_is_personal(codec: Codec, name: str, data: dict[str, Any]):
    state = codec.encode(
        Incoming(stream="C1001", source="s", id="1", type=name, data={"occurred_on": "2019-03-06", **data})
    )
    assert MARK.encode() not in state


def test_an_extension_that_we_do_not_know_is_personal(codec: Codec):
    fact = closing()._replace(extensions={"childname": MARK, "sequence": "7", "nested": {"a": [MARK]}})
    stored = in_log(codec, fact)
    assert MARK.encode() not in stored.state
    assert codec.decode(stored).extensions == fact.extensions


@given(value=values(next(f for f in FIELDS["AssessmentClosed"] if f.name == "reason")))
def test_the_same_words_never_look_the_same_twice(codec: Codec, value: str):
    assert codec.encode(closing(reason=value)) != codec.encode(closing(reason=value))


def test_what_is_not_personal_needs_no_key(codec: Codec, keys: KeyStore):
    codec.encode(closing()._replace(stream="C-unkept"))
    assert keys.held_for(["C-unkept"]) == {}


def test_a_destroyed_key_leaves_the_fact_bereft_of_what_was_personal(codec: Codec, keys: KeyStore):
    fact = closing(reason="moved away", worker_id="W-1")._replace(stream="C-erased")
    stored = in_log(codec, fact)
    keys.destroy("C-erased")
    recorded = codec.decode(stored)
    assert recorded.is_erased
    assert recorded.data == {"occurred_on": "2019-04-17", "assessment_id": "A-1", "worker_id": "W-1"}
    assert recorded.fact.reason is None  # type: ignore[attr-defined]
    with pytest.raises(Erased):
        codec.as_reported(stored)


def test_a_required_field_that_was_erased_is_none(codec: Codec, keys: KeyStore):
    data = {"occurred_on": "2019-04-17", "decision_id": "D-1", "kind": "legal", "outcome": "issue"}
    stored = in_log(codec, closing()._replace(type="DecisionMade", stream="C-erased-too", data=data))
    keys.destroy("C-erased-too")
    assert codec.decode(stored).fact.outcome is None  # type: ignore[attr-defined]


def test_nothing_personal_is_kept_after_an_erasure_and_the_rest_still_is(codec: Codec, keys: KeyStore):
    keys.destroy("C-gone")
    personal, plain = closing(reason="x")._replace(stream="C-gone"), closing()._replace(stream="C-gone")
    with pytest.raises(Erased):
        codec.encode(personal)
    first, second, third = codec.encode_all([plain, personal, closing(reason="y")._replace(stream="C-kept")])
    assert isinstance(second, Erased)
    assert first == codec.encode(plain)
    assert isinstance(third, bytes)


# Tampering


@given(data=st.data())
def test_a_changed_byte_of_what_is_personal_is_found(codec: Codec, data: st.DataObject):
    stored = in_log(codec, closing(reason="no further work"))
    sealed = len(json.dumps({"data": {"reason": "no further work"}}, separators=(",", ":"))) + 12 + 16
    # The personal part ends where the fields of an administrative closing begin.
    end = stored.state.index(b"\x02\x142019-04-17")
    place = data.draw(st.integers(end - sealed, end - 1))
    state = bytearray(stored.state)
    state[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        codec.decode(replace(stored, state=bytes(state)))


@pytest.mark.parametrize("other", [{"id": "8"}, {"source": "https://cmx.example"}])
def test_what_is_personal_cannot_be_moved_to_another_fact(codec: Codec, other: dict[str, Any]):
    stored = in_log(codec, closing(reason="moved"))
    moved = closing()._replace(**other)
    was, now = (f.source.encode() + b"\x02" + f.id.encode() for f in (closing(), moved))
    with pytest.raises(Tampered):
        codec.decode(replace(stored, state=stored.state.replace(was, now)))


def test_what_is_personal_cannot_be_moved_to_another_type(codec: Codec):
    stored = in_log(codec, closing(reason="moved"))
    ids = {release.name: id for id, release in registry().items()}
    cancelled = PREFIX + "AssessmentCancelled"
    state = b"\x00" + ids[cancelled].to_bytes(4, "big") + stored.state[5:]
    with pytest.raises(Tampered):
        codec.decode(replace(stored, topic=cancelled, state=state))


def test_what_is_personal_cannot_be_moved_to_another_child(codec: Codec):
    stored = in_log(codec, closing(reason="moved"))
    codec.encode(closing(reason="x")._replace(stream="C1002"))
    with pytest.raises(Tampered):
        codec.decode(replace(stored, originator_id="C1002"))


def test_a_key_store_that_lost_the_key_is_not_taken_for_an_erasure(codec: Codec):
    stored = in_log(codec, closing(reason="moved"))
    with pytest.raises(Tampered):
        codec.decode(replace(stored, originator_id="C-without-key"))


# What is not ours


@pytest.mark.parametrize(
    "topic",
    [
        "this:Zen",
        "os:system",
        "builtins:eval",
        "AssessmentClosed",
        "casetimeline.Envelope",
        "casetimeline.",
        "",
    ],
)
def test_a_topic_that_is_not_ours_is_unreadable_and_never_imported(codec: Codec, topic: str):
    with pytest.raises(Unreadable, match="topic"):
        codec.decode(replace(in_log(codec, closing()), topic=topic))
    assert "this" not in sys.modules


@pytest.mark.parametrize("id", [0, 9_999, 2**32 - 1])
def test_a_schema_id_that_was_never_released_is_unreadable(codec: Codec, id: int):
    stored = in_log(codec, closing())
    with pytest.raises(Unreadable, match=f"schema id {id} is not in"):
        codec.decode(replace(stored, state=b"\x00" + id.to_bytes(4, "big") + stored.state[5:]))


def test_a_record_whose_schema_is_of_another_type_is_unreadable(codec: Codec):
    with pytest.raises(Unreadable, match=r"AssessmentClosed, not of casetimeline\.AssessmentCancelled"):
        codec.decode(replace(in_log(codec, closing()), topic="casetimeline.AssessmentCancelled"))


@pytest.mark.parametrize("state", [b"", b"\x00\x00\x00", b"{}", b"\x01\x00\x00\x00\x0a"])
def test_bytes_without_a_schema_id_are_unreadable(codec: Codec, state: bytes):
    with pytest.raises(Unreadable):
        codec.decode(replace(in_log(codec, closing()), state=state))


@given(data=st.data())
def test_a_record_that_was_cut_or_goes_on_is_unreadable(codec: Codec, data: st.DataObject):
    stored = in_log(codec, closing(reason="moved"))
    cut = data.draw(st.integers(0, len(stored.state) - 1))
    for state in (stored.state[:cut], stored.state + b"\x00"):
        with pytest.raises(Unreadable):
            codec.decode(replace(stored, state=state))


@given(data=st.data(), fact=facts())
def test_broken_bytes_are_read_or_refused_and_nothing_else(codec: Codec, data: st.DataObject, fact: Incoming):
    stored = in_log(codec, fact)
    state = bytearray(stored.state)
    for _ in range(data.draw(st.integers(1, 4))):
        state[data.draw(st.integers(0, len(state) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Unreadable, Tampered):
        codec.decode(replace(stored, state=bytes(state)))


@pytest.mark.parametrize(
    "data",
    [
        {"occurred_on": "2019-02-30", "assessment_id": "A-1"},
        {"occurred_on": "yesterday", "assessment_id": "A-1"},
        {"occurred_on": "2019-02-03", "assessment_id": "two\nlines"},
    ],
)
def test_a_record_that_holds_no_fact_is_unreadable(codec: Codec, data: dict[str, Any]):
    with pytest.raises(Unreadable, match="does not hold a fact"):
        codec.decode(in_log(codec, closing()._replace(data=data)))


@given(value=json_values)
def test_an_extension_keeps_its_value(codec: Codec, value: Any):
    fact = closing()._replace(extensions={"sequence": value, "other": value})
    assert as_json(codec.decode(in_log(codec, fact)).extensions) == as_json(fact.extensions)


def test_nothing_personal_is_in_what_goes_wrong(codec: Codec):
    stored = in_log(codec, closing(reason=MARK))
    with pytest.raises(Tampered) as caught:
        codec.decode(replace(stored, originator_id="C-other"))
    assert MARK not in str(caught.value)
    assert "C-other" not in str(caught.value)
