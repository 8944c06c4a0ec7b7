"""Facts read column by column, beside the codec and fastavro, which read them one by one."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.assessment import AssessmentStarted
from domain.catalogue import EVENT_TYPES, PREFIX, personal_fields, recall
from domain.history import Recorded
from infra.codec import Codec
from infra.columnar import BEARING, ColumnarCodec
from infra.errors import Unreadable
from infra.incoming import Incoming
from infra.keys import KeyStore, open_embedded
from infra.log.rows import Rows
from infra.schemas import FOLDER, fingerprint, registry, released
from tests.infra.reported import facts
from tests.infra.test_codec import InLog, in_log
from tests.schemas import golden

CLOSED = {"occurred_on": "2019-03-05", "assessment_id": "A-1"}
VISIT = {
    "occurred_on": "2019-03-05",
    "worker_id": "W1",
    "visit_id": "V1",
    "purpose": "assessment",
    "seen": True,
}
MEETING = {"occurred_on": "2019-03-05", "meeting_id": "M1", "kind": "core_group", "agencies_invited": 4}
JSON_TEXT = ("changes", "was", "now")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyStore]:
    store = open_embedded(tmp_path_factory.mktemp("keys"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def codec(keys: KeyStore) -> Codec:
    return Codec(keys)


@pytest.fixture(scope="module")
def columnar(codec: Codec) -> ColumnarCodec:
    return ColumnarCodec(codec)


def golden_records():
    for path in sorted(golden.FOLDER.glob("*.[0-9]*.json")):
        for record in json.loads(path.read_text("utf-8")):
            name = record["reported"]["type"]
            state = bytes.fromhex(record["state"])
            yield InLog(record["reported"]["stream"], 3, PREFIX + name, state)


def bereft(fact):
    """A fact without what is sealed in a rebuild."""
    if fact.type in BEARING:
        return fact
    attributes = {field.name for field in fields(fact.fact)} & personal_fields(fact.type)
    return replace(fact, fact=replace(fact.fact, **dict.fromkeys(attributes)), is_erased=False)


def told_alike(columns, one_by_one):
    assert len(columns) == len(one_by_one)
    for found, expected in zip(columns, one_by_one, strict=True):
        if isinstance(expected, Unreadable):
            assert isinstance(found, Unreadable) and str(found) == str(expected)
            continue
        assert isinstance(found, Recorded), found
        # Read whole already or not, a fact says the same.
        wanted = bereft(expected)
        for field in fields(Recorded):
            was, now = getattr(wanted, field.name), getattr(found, field.name)
            assert now == was or (field.name == "fact" and now == expected.fact), field.name
            assert field.name in ("data", "extensions") or type(now) is type(was)


def read_whole(found):
    return [dict(fact.data) for fact in found if isinstance(fact, Recorded)]


def test_golden_records_are_read_as_the_codec_reads_them(tmp_path):
    with closing(golden.open_keys(tmp_path)) as keys:
        records = list(golden_records())
        told_alike(ColumnarCodec(Codec(keys)).decode_all(records), Codec(keys).decode_all(records))


def told_as_fastavro_does(columns, records):
    for one, record in zip(columns, records, strict=True):
        release = registry()[int.from_bytes(record.state[1:5], "big")]
        data: Any = fastavro.schemaless_reader(BytesIO(record.state[5:]), released(release), None)
        envelope = data.pop("envelope")
        told = {name: value for name, value in data.items() if value is not None}
        told |= {name: json.loads(told[name]) for name in JSON_TEXT if name in told}
        assert isinstance(one, Recorded)
        assert (one.source, one.id, one.time, one.historic) == (
            envelope["source"], envelope["id"], envelope["time"], envelope["historic"],
        )  # fmt: skip
        if one.type not in BEARING:
            assert one.fact == recall(one.type, told)


def test_golden_records_are_read_as_fastavro_reads_them(tmp_path):
    with closing(golden.open_keys(tmp_path)) as keys:
        records = list(golden_records())
        told_as_fastavro_does(ColumnarCodec(Codec(keys)).decode_all(records), records)


@settings(max_examples=20, deadline=None)
@given(reported=st.lists(facts(), min_size=1, max_size=12))
def test_any_facts_are_read_as_fastavro_reads_them(codec, columnar, reported):
    records = [in_log(codec, fact) for fact in reported]
    told_as_fastavro_does(columnar.decode_all(records), records)


@settings(max_examples=20, deadline=None)
@given(reported=st.lists(facts(), min_size=1, max_size=12))
def test_any_facts_are_read_as_the_codec_reads_them(codec, columnar, reported):
    records = [in_log(codec, fact) for fact in reported]
    told_alike(columnar.decode_all(records), codec.decode_all(records))


@settings(max_examples=20, deadline=None)
@given(reported=st.lists(facts(), min_size=1, max_size=12))
def test_the_outline_of_a_fact_is_what_the_codec_reads_of_it(codec, columnar, reported):
    records = [in_log(codec, fact) for fact in reported]
    rows = Rows(
        [one.originator_id for one in records],
        [one.originator_version for one in records],
        [one.topic for one in records],
        [one.state for one in records],
        [one.partition for one in records],
        [one.offset for one in records],
        [one.recorded_at for one in records],
    )
    for outline, fact in zip(columnar.outlines(rows), codec.decode_all(records), strict=True):
        assert isinstance(fact, Recorded)
        told = (fact.occurred_on, fact.entered_at, fact.entered_on, fact.source, fact.historic)
        assert outline == told


@settings(max_examples=60, deadline=None)
@given(reported=facts(), data=st.data())
def test_a_record_that_was_changed_is_read_or_refused_as_the_codec_does(codec, columnar, reported, data):
    record = in_log(codec, reported)
    state = bytearray(record.state)
    kind = data.draw(st.sampled_from(["change", "cut", "add"]))
    if kind == "change":
        state[data.draw(st.integers(0, len(state) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "cut":
        del state[data.draw(st.integers(0, len(state) - 1)) :]
    else:
        state += data.draw(st.binary(min_size=1, max_size=3))
    changed = replace(record, state=bytes(state))
    try:
        expected = codec.decode_all([record, changed, record])
    except Exception as error:
        with pytest.raises(type(error)):
            read_whole(columnar.decode_all([record, changed, record]))
        return
    told_alike(columnar.decode_all([record, changed, record]), expected)


RICH = [
    Incoming("C1", "urn:s", "1", "VisitMade", VISIT, recordedtime="2019-03-05T14:30:00Z"),
    Incoming("C1", "urn:s", "2", "VisitMade", VISIT | {"note": "is sealed"}, extensions={"traceparent": "é"}),
    Incoming("C1", "urn:s", "3", "MeetingHeld", MEETING | {"agencies_attended": ["police", "school"]}),
]


@pytest.mark.parametrize("fact", RICH)
@pytest.mark.parametrize("bit", range(8))
def test_a_record_changed_in_any_bit_is_read_or_refused_as_the_codec_does(codec, columnar, fact, bit):
    record = in_log(codec, fact)
    for place, byte in enumerate(record.state):
        state = record.state[:place] + bytes([byte ^ 1 << bit]) + record.state[place + 1 :]
        changed = [replace(record, state=state), record]
        try:
            expected = codec.decode_all(changed)
        except Exception as error:
            with pytest.raises(type(error)):
                read_whole(columnar.decode_all(changed))
        else:
            told_alike(columnar.decode_all(changed), expected)


def test_very_many_facts_are_read_as_the_codec_reads_them(codec, columnar):
    facts = []
    for n in range(700):
        visit: dict[str, Any] = {
            "occurred_on": f"2019-03-{1 + n % 31:02}",
            "worker_id": f"W{n % 7}",
            "visit_id": f"V{n}",
        }
        visit |= {"purpose": "assessment" if n % 3 else "section_47", "seen": bool(n % 2)}
        visit |= {"batch_id": f"B{n}"} if n % 5 == 0 else {}
        entered = f"2019-07-{1 + n % 31:02}T{n % 24:02}:30:00Z"
        facts.append(Incoming("C1", f"urn:s{n % 2}", str(n), "VisitMade", visit, recordedtime=entered))
    records = [in_log(codec, fact) for fact in facts]
    told_alike(columnar.decode_all(records), codec.decode_all(records))


@pytest.mark.parametrize("worker", ["two\nlines", "\u2028", " ", ""])
def test_one_value_that_is_none_of_its_field_leaves_the_others_readable(codec, columnar, worker):
    good = in_log(codec, Incoming("C1", "urn:s", "1", "VisitMade", VISIT | {"worker_id": "W1"}))
    text = worker.encode()
    bad = replace(good, state=good.state.replace(b"\4W1", bytes([2 * len(text)]) + text))
    for records in ([good, bad], [bad] * 700 + [good] * 700):
        expected = codec.decode_all(records)
        assert {type(one) for one in expected} == {Recorded, Unreadable}
        told_alike(columnar.decode_all(records), expected)


def test_one_record_that_cannot_be_read_leaves_the_others_readable(codec, columnar):
    good = in_log(codec, Incoming("C1001", "urn:s", "1", "AssessmentClosed", CLOSED))
    bad = [
        replace(good, state=b""),
        replace(good, topic="casetimeline.Nothing"),
        replace(good, state=good.state + b"x"),
    ]
    found = columnar.decode_all([good, *bad, good])
    assert [type(one) for one in found] == [Recorded, Unreadable, Unreadable, Unreadable, Recorded]


def test_an_older_release_is_read_as_the_same_fact(keys, tmp_path):
    folder = tmp_path / "schemas"
    shutil.copytree(FOLDER, folder)
    rows = json.loads((folder / "registry.json").read_text("utf-8"))
    row = next(row for row in rows.values() if row["name"] == "casetimeline.AssessmentStarted")
    schema = json.loads((folder / row["file"]).read_text("utf-8"))
    kept = [field for field in schema["fields"] if field["name"] not in ("kind", "team_id")]
    older = schema | {"fields": kept}
    (folder / "released/older.avsc").write_text(json.dumps(older), "utf-8")
    rows["900"] = row | {"file": "released/older.avsc", "fingerprint": fingerprint(older)}
    (folder / "registry.json").write_text(json.dumps(rows), "utf-8")
    envelope = {"source": "urn:s", "id": "1", "extensions": {}, "historic": False}
    out = BytesIO()
    fastavro.schemaless_writer(
        out, older, {"envelope": envelope, "occurred_on": "2019-03-05", "assessment_id": "A-1"}
    )
    state = b"\0" + (900).to_bytes(4, "big") + out.getvalue()
    record = InLog("C1001", 1, PREFIX + "AssessmentStarted", state)
    codec = Codec(keys, folder)
    (found,) = ColumnarCodec(codec, folder).decode_all([record])
    told_alike([found], codec.decode_all([record]))
    assert isinstance(found, Recorded)
    assert found.fact == recall("AssessmentStarted", {"occurred_on": "2019-03-05", "assessment_id": "A-1"})
    assert isinstance(found.fact, AssessmentStarted) and found.fact.kind == "child_and_family"


def test_facts_are_read_in_columns_and_not_one_by_one(codec, columnar, monkeypatch):
    records = [record for record in golden_records() if record.topic.removeprefix(PREFIX) not in BEARING]
    monkeypatch.setattr(Codec, "decode", None)
    found = columnar.decode_all(records)
    assert {type(one.fact) for one in found} == {
        cls for name, cls in EVENT_TYPES.items() if name not in BEARING
    }
