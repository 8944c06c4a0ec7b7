"""Record batches read whole, beside what the client itself reads from the same bytes."""

import struct

import kafka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBase
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from infra.log.batches import _BatchFetcher

PARTITION = TopicPartition("log", 3)
GZIP = 1
ATTRIBUTES, CRC = DefaultRecordBase.ATTRIBUTES_OFFSET, DefaultRecordBase.CRC_OFFSET

blobs = st.none() | st.binary(max_size=300)
headers = st.lists(st.tuples(st.text(max_size=9), blobs), max_size=3)
records = st.tuples(st.integers(0, 2**45), blobs, blobs, headers)
batches = st.lists(
    st.tuples(st.lists(records, min_size=1, max_size=6), st.sampled_from([0, GZIP]), st.integers(0, 0x3F)),
    min_size=1,
    max_size=5,
)


def batch(first_offset, of_batch, compression=0, attributes=0, **producer):
    builder = MemoryRecordsBuilder(2, compression, 1 << 20, **producer)
    for timestamp, key, value, of_record in of_batch:
        assert builder.append(timestamp, key, value, of_record)
    builder.close()
    data = bytearray(builder.buffer())
    # The broker places a batch and sets its bit of append times; it alone makes control batches.
    struct.pack_into(">q", data, 0, first_offset)
    data[ATTRIBUTES + 1] |= attributes
    return resealed(data)


def resealed(data):
    struct.pack_into(">I", data, CRC, calc_crc32c(memoryview(data)[ATTRIBUTES:]))
    return bytes(data)


def topic(of_topic):
    data, offset = b"", 100
    for of_batch, compression, attributes in of_topic:
        # Of the bits, those for append time, transactional and control batches.
        data += batch(offset, of_batch, compression, attributes & 0x18)
        offset += len(of_batch)
    return data, offset


def taken(fetcher, data, since, **options):
    return list(fetcher.PartitionRecords(since, PARTITION, MemoryRecords(data), **options).record_iterator)


def stock(data, since, **options):
    return [(r.offset, r.timestamp, r.value) for r in taken(Fetcher, data, since, **options)]


def whole(data, since, **options):
    columns = [record.value for record in taken(_BatchFetcher, data, since, **options)]
    return [row for batch in columns for row in zip(*batch, strict=True)]


def test_the_client_is_the_one_whose_insides_are_known():
    assert kafka.__version__ == "3.0.12"


@settings(max_examples=80, deadline=None)
@given(batches, st.data())
def test_batches_hold_what_the_client_reads_from_any_offset_on(of_topic, data):
    stored, end = topic(of_topic)
    since = data.draw(st.integers(100, end))
    assert whole(stored, since) == stock(stored, since)


def test_a_batch_is_one_item():
    stored, _ = topic([([(1, None, b"a", []), (2, b"k", b"b", [("h", b"v")])], 0, 0)])
    (record,) = taken(_BatchFetcher, stored, 0)
    assert record.value == ([100, 101], [1, 2], [b"a", b"b"])


def test_control_batches_and_aborted_transactions_are_left_out():
    of_transaction = {"transactional": True, "producer_id": 7, "producer_epoch": 0, "base_sequence": 0}
    abort = struct.pack(">hh", 0, 0)
    data = (
        batch(0, [(1, None, b"kept", [])])
        + batch(1, [(2, None, b"aborted", [])], **of_transaction)
        + batch(2, [(3, abort, b"\0" * 6, [])], attributes=0x20, **of_transaction)
        + batch(3, [(4, None, b"kept too", [])], **of_transaction)
    )
    aborted = [type("Aborted", (), {"first_offset": 1, "producer_id": 7})()]
    for options in (
        {},
        {"isolation_level": IsolationLevel.READ_COMMITTED, "aborted_transactions": aborted},
    ):
        assert whole(data, 0, **options) == stock(data, 0, **options)
    assert [value for _, _, value in whole(data, 0, **options)] == [b"kept", b"kept too"]


@pytest.mark.parametrize("place", range(61, 80, 3))
def test_a_batch_that_was_changed_is_refused(place):
    stored, _ = topic([([(1, None, b"a value of some length", []), (2, None, b"b", [])], 0, 0)])
    changed = bytearray(stored)
    changed[place] ^= 0x40
    with pytest.raises(CorruptRecordError):
        whole(bytes(changed), 0)


@pytest.mark.parametrize("delta", [0, -1, -29])
def test_a_record_that_goes_back_behind_the_one_before_it_is_refused_and_not_left_out(delta):
    stored, _ = topic([([(1, None, b"a", []), (2, b"key", b"b", [])], 0, 0)])
    changed = bytearray(stored)
    # How far it is from the first one lies before its key and the length of that.
    changed[stored.index(b"key") - 2] = -2 * delta - (delta < 0)
    with pytest.raises(CorruptRecordError, match="do not follow"):
        whole(resealed(changed), 0)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_records_that_do_not_fill_their_batch_are_refused_or_read_as_the_client_does(data):
    stored, _ = topic([([(1, None, b"a value of some length", []), (2, b"k", b"b", [("h", b"v")])], 0, 0)])
    changed = bytearray(stored)
    changed[data.draw(st.integers(61, len(stored) - 1))] = data.draw(st.integers(0, 255))
    changed = resealed(changed)
    try:
        found = whole(changed, 0)
    except CorruptRecordError:
        return
    try:
        expected = stock(changed, 0)
    except CorruptRecordError:
        # Of headers nothing is read, so nothing in them can be wrong.
        return
    assert found == expected
