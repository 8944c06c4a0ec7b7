"""A Kafka consumer that hands over record batches: without an object for every record.

kafka-python keeps the network, sessions, security, the check of every batch's CRC, and what is left out of
account (control batches, aborted transactions). Only the step from a batch to its records is another. It is
a private one: the version is pinned, and the tests hold this to what the client itself reads.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError


class Batch(NamedTuple):
    """The records of a batch, as a column each: offsets, append times in milliseconds, and values."""

    offsets: list[int]
    timestamps: list[int]
    values: list[bytes | None]


class BatchConsumer(KafkaConsumer):  # type: ignore[misc]  # the client ships no types
    """A consumer whose records are batches: each record's value is a `Batch`.

    What takes a number of records, such as ``max_poll_records``, counts batches.
    """

    def __init__(self, *topics: str, **configs: Any) -> None:
        super().__init__(*topics, **configs)
        # None is being fetched yet; the client does not let its fetcher be named otherwise.
        self._fetcher = _BatchFetcher(self._client, self._subscription, metrics=self._metrics, **self.config)


class _BatchFetcher(Fetcher):  # type: ignore[misc]
    class PartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]
        def _unpack_records(self, tp: Any, records: Any, *deserializers: Any) -> Any:
            return super()._unpack_records(tp, _Batches(records, self.fetch_offset), None, None)


class _Batches:
    """Batches of which each has one record, which stands for all."""

    def __init__(self, records: Any, since: int) -> None:
        self._records = records
        self._since = since

    def next_batch(self) -> Any:
        batch = self._records.next_batch()
        if batch is None or batch.magic < 2 or batch.is_control_batch:
            return batch
        return _Batch(batch, self._since)


class _Batch:
    """A batch as the client has it, but for its records."""

    def __init__(self, batch: Any, since: int) -> None:
        self._batch = batch
        self._since = since

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator["_Record"]:
        records = records_of(self._batch, self._since)
        if records.offsets:
            yield _Record(self._batch, records)


class _Record:
    """What the client asks of a record, for a whole batch."""

    key = checksum = None
    headers = ()

    def __init__(self, batch: Any, value: Batch) -> None:
        self.offset = batch.last_offset
        self.timestamp = batch.max_timestamp
        self.timestamp_type = batch.timestamp_type
        self.size_in_bytes = batch.size_in_bytes
        self.value = value

    def validate_crc(self) -> bool:
        # The batch has one, and no record any.
        return True


def records_of(batch: Any, since: int) -> Batch:
    """The records of a batch from an offset on. Raises CorruptRecordError where it is not laid out as such.

    A fetch from the middle of a batch brings the whole batch.
    """
    batch._maybe_uncompress()
    buffer, at = bytes(batch._buffer), batch._pos
    base, first, appended = batch.base_offset, batch.first_timestamp, batch.max_timestamp
    at_append = batch.timestamp_type == batch.LOG_APPEND_TIME
    offsets: list[int] = []
    timestamps: list[int] = []
    values: list[bytes | None] = []
    before = -1
    try:
        for _ in range(batch.records_count):
            length, at = _varint(buffer, at)
            end = at + length
            # One byte of attributes, of which none is in use.
            delay, at = _varint(buffer, at + 1)
            delta, at = _varint(buffer, at)
            key, at = _varint(buffer, at)
            size, at = _varint(buffer, at + max(key, 0))
            if size < 0:
                value = None
            else:
                value = buffer[at : at + size]
                at += size
            # Headers mean nothing here, and are passed over.
            if not at < end <= len(buffer) or (at + 1 == end and buffer[at]):
                raise CorruptRecordError("A record of a batch is not as long as it says.")
            if delta <= before:
                raise CorruptRecordError("The records of a batch do not follow each other.")
            at, before = end, delta
            if base + delta >= since:
                offsets.append(base + delta)
                timestamps.append(appended if at_append else first + delay)
                values.append(value)
    except IndexError:
        raise CorruptRecordError("A batch ends within a record.") from None
    if at != len(buffer):
        raise CorruptRecordError("A batch goes on after its last record.")
    return Batch(offsets, timestamps, values)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    at += 1
    if byte < 0x80:
        return byte >> 1 ^ -(byte & 1), at
    number, shift = byte & 0x7F, 7
    while byte & 0x80:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
    return number >> 1 ^ -(number & 1), at
