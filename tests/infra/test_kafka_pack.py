"""Packs: what goes in comes out, in plain Avro, and nothing else is taken for one."""

import io
import struct
from pathlib import Path

import avro.io
import avro.schema
import pytest
from eventsourcing.persistence import StoredEvent, Tracking
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Unreadable
from infra.log.commit import OWN, Commit
from infra.log.kafka_pack import (
    GENESIS_ID,
    PACK_ID,
    Genesis,
    columns,
    decode,
    decode_genesis,
    encode,
    encode_genesis,
    schema_id,
)

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = st.sampled_from(["C1", "C2", "worker:W1", "child é", "x" * 128])
VERSIONS = st.integers(-(2**63), 2**63 - 1)


@st.composite
def some_commits(draw) -> Commit:
    expected = draw(st.sampled_from([None, OWN]) | VERSIONS)
    events = draw(
        st.lists(
            st.builds(
                StoredEvent,
                NAMES,
                VERSIONS if expected is OWN else st.just(0),
                st.sampled_from(["casetimeline.VisitMade", "a:B.C"]),
                st.binary(max_size=300),
            ),
            max_size=4,
        )
    )
    marks = draw(st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=2)) if events else []
    tracking = draw(st.none() | st.builds(Tracking, NAMES, VERSIONS))
    return Commit(draw(st.binary(max_size=40)), tuple(events), expected, tuple(marks), tracking)


GOLDEN = [
    Commit(b"a" * 16, (StoredEvent("C1", 0, "casetimeline.VisitMade", b"\0state"),), None),
    Commit(b"b", (StoredEvent("C1", 2, "x:Y", b""), StoredEvent("C2", 1, "x:Y", b"\xff")), OWN),
    Commit(b"c", (StoredEvent("C2", 0, "x:Y", b"s"),), 7, (("batch", "B-1", "2019-03-05"),)),
    Commit(b"d", (), OWN, (), Tracking("upstream", 5)),
    Commit(b"seal", (), None),
]
GOLDEN_BYTES = bytes.fromhex(
    "00000f4241042c6361736574696d656c696e652e56697369744d61646506783a590004044331044332002e6161"
    "61616161616161616161616161616263647365616c0a2002020208000a0204020000000a000402040000020e00"
    "04040200080000020200080002020200080c0002020010007374617465ff7302040a626174636806422d311432"
    "3031392d30332d303500020610757073747265616d0a00"
)


@given(st.lists(some_commits(), max_size=6))
def test_a_pack_decodes_to_the_commits_that_were_encoded(commits):
    assert decode(encode(commits)) == commits


def test_a_pack_of_this_release_is_read_for_ever():
    assert decode(GOLDEN_BYTES) == GOLDEN
    assert encode(GOLDEN) == GOLDEN_BYTES


@pytest.mark.parametrize(
    ("file", "sha256"),
    [
        ("log_pack.avsc", "cf79d6d10304cddd320ee64ef08e15c2975b2f8bdb393541562e26b52eee4b92"),
        ("log_genesis.avsc", "d33c21ca6169b0f52a51f5d24509ffb7cd08c7bf1852b93bd0ba420a12424709"),
    ],
)
def test_the_schemas_of_the_log_stand_as_they_are(file, sha256):
    schema = avro.schema.parse((SCHEMAS / file).read_text())
    assert schema.fingerprint("sha256").hex() == sha256


def test_another_reader_of_avro_reads_a_pack():
    schema = avro.schema.parse((SCHEMAS / "log_pack.avsc").read_text())
    data = io.BytesIO(GOLDEN_BYTES[5:])
    assert avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(data)) == columns(GOLDEN_BYTES)
    assert data.read() == b""


def test_a_commit_of_a_thousand_events_is_one_pack():
    events = tuple(StoredEvent("C1", version, "x:Y", b"state") for version in range(1_000))
    assert decode(encode([Commit(b"a", events)])) == [Commit(b"a", events)]


def test_an_event_of_a_pack_costs_little_beside_its_state():
    commits = [
        Commit(number.to_bytes(16, "big"), (StoredEvent(f"C{number % 50}", 0, "x:Y", b"s" * 150),), None)
        for number in range(500)
    ]
    assert len(encode(commits)) < 500 * (150 + 16 + 9)


def test_a_genesis_comes_out_as_it_went_in():
    genesis = Genesis(b"t" * 16, "blake2b-8", 8, 3, 1)
    value = encode_genesis(genesis)
    assert decode_genesis(value) == genesis
    assert (schema_id(value), schema_id(GOLDEN_BYTES)) == (GENESIS_ID, PACK_ID)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        b"\1" + GOLDEN_BYTES[1:],
        GOLDEN_BYTES[:5],
        GOLDEN_BYTES + b"\0",
        struct.pack(">bI", 0, 7) + GOLDEN_BYTES[5:],
        encode_genesis(Genesis(b"t" * 16, "blake2b-8", 8, 3, 1)),
    ],
)
def test_what_is_no_pack_is_unreadable(value):
    with pytest.raises(Unreadable):
        decode(value)


@pytest.mark.parametrize("length", range(len(GOLDEN_BYTES)))
def test_a_pack_that_was_cut_short_is_unreadable(length):
    with pytest.raises(Unreadable):
        decode(GOLDEN_BYTES[:length])


@given(st.data())
def test_a_pack_with_a_wrong_byte_is_unreadable_or_another_pack_and_never_a_crash(data):
    value = bytearray(GOLDEN_BYTES)
    value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    try:
        commits = decode(bytes(value))
    except Unreadable:
        return
    assert decode(encode(commits)) == commits
