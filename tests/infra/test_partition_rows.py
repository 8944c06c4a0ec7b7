"""A partition read at once holds what the index holds, judged alike."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import StoredEvent, Tracking
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import Unreadable
from infra.kafka_place import KafkaPlace
from infra.log.commit import OWN, Commit, LogDamaged
from infra.log.index_records import Packed, Position
from infra.log.index_rows import EVENT_ROW, Known, Rows
from infra.log.kafka_client import Brokers
from infra.log.kafka_log import KafkaLog
from infra.log.kafka_pack import GENESIS_ID, decode, encode
from infra.log.partition_rows import Judge, read_partition
from infra.log.sqlite_file import instant
from tests.servers.kafka import unique

streams = st.sampled_from(["C1", "C2", "worker:W1"])
events = st.builds(
    StoredEvent, streams, st.integers(1, 4), st.sampled_from(["x:Y", "x:Z"]), st.binary(max_size=9)
)
commits = st.builds(
    Commit,
    id=st.sampled_from([bytes([n]) * 16 for n in range(9)]),
    events=st.lists(events, max_size=3).map(tuple),
    expected_version=st.none() | st.none() | st.just(OWN) | st.integers(0, 3),
    marks=st.just(()),
    tracking=st.none() | st.none() | st.builds(Tracking, st.just("upstream"), st.integers(1, 5)),
)
packs = st.lists(st.tuples(st.lists(commits, max_size=4), st.integers(0, 3)), max_size=8)


def as_indexed(of_partition):
    """The events that the index would hold: stream, version, topic, state, when recorded, and offset."""
    position = Position(3, 1, 0, 0, b"", 0, 0, 0)
    known = Known(defaultdict(dict), defaultdict(dict), defaultdict(dict), defaultdict(dict), {})
    rows = Rows()
    for offset, (of_pack, appended_ms) in enumerate(of_partition, 1):
        packed = Packed(offset, appended_ms, b"", decode(encode(of_pack)))
        position, _ = rows.judge(position, packed, known)
    for at in range(0, len(rows.events), len(EVENT_ROW)):
        _, stream, version, topic, state, stamp, _, _, _, offset = rows.events[at : at + len(EVENT_ROW)]
        yield stream, version, topic, state, instant(stamp), offset


def columns(rows):
    return zip(
        rows.streams, rows.versions, rows.topics, rows.states, rows.recorded_at, rows.offsets, strict=True
    )


@settings(max_examples=60)
@given(packs)
def test_the_same_commits_count_as_in_the_index(of_partition):
    judge = Judge(3)
    for offset, (of_pack, appended_ms) in enumerate(of_partition, 1):
        judge.record(offset, appended_ms, encode(of_pack))
    assert list(columns(judge.rows)) == list(as_indexed(of_partition))


@settings(max_examples=60)
@given(packs, st.data())
def test_a_pack_that_was_changed_counts_as_in_the_index_or_not_at_all(of_partition, data):
    value = bytearray(encode([commit for of_pack, _ in of_partition for commit in of_pack]))
    value[data.draw(st.integers(5, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    judge = Judge(0)
    judge.record(1, 0, bytes(value))
    try:
        expected = [(decode(bytes(value)), 0)]
    except Unreadable:
        assert not judge.rows.streams
        return
    assert list(columns(judge.rows)) == list(as_indexed(expected))


def test_what_is_none_of_ours_counts_for_nothing_and_what_came_later_stops_the_reading():
    judge = Judge(0)
    for value in (None, b"", b"\1\0\0\0\0", b"\0\0\0\0\5x", b"\0" + GENESIS_ID.to_bytes(4, "big")):
        judge.record(1, 0, value)
    assert not judge.rows.streams
    with pytest.raises(LogDamaged):
        judge.record(1, 0, b"\0" + (GENESIS_ID + 1).to_bytes(4, "big"))


def test_a_partition_is_read_as_the_log_reads_it(kafka_broker, tmp_path):
    place = KafkaPlace((kafka_broker.bootstrap,), unique("rows"))
    log = KafkaLog.open(Brokers(place), f"sqlite:///{tmp_path / 'index.sqlite3'}", partitions=2)
    try:
        facts = [StoredEvent(f"C{n % 7}", 0, "x:Y", b"s%d" % n) for n in range(400)]
        for part in range(0, 400, 40):
            log.submit([Commit(b"%d" % n, (facts[n],), None) for n in range(part, part + 40)]).result()
        log.submit([Commit(b"0", (facts[0],), None), Commit(b"new", (facts[1],), 99)]).result()
        heads = log.heads()
        for partition, position in enumerate(log.index.positions()):
            rows = read_partition(log.reader.brokers, partition, position.next_offset, 10.0)
            page = log.page(partition, 0, 1_000)
            assert len(page) == heads[partition]
            expected = [
                (e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at, e.offset)
                for e in page
            ]
            assert list(columns(rows)) == expected
            assert datetime(2020, 1, 1, tzinfo=UTC) < rows.recorded_at[0]
            assert rows.by_stream().keys() == {event.originator_id for event in page}
    finally:
        log.close()
