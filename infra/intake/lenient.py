"""Reading records that have a header whose name is no UTF-8: Kafka takes them, and its client stops there."""

from collections.abc import Iterator
from typing import Any

from kafka.consumer.fetcher import Fetcher
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.util import decode_varint

_UNKNOWN = ord("?")


class LenientRecords(Fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of a partition; names that are no UTF-8 have ? for each byte that is not ASCII."""

    def _unpack_records(self, tp: Any, records: Any, *how: Any) -> Iterator[Any]:
        unpacked: Iterator[Any] = super()._unpack_records(tp, _Batches(records), *how)
        return unpacked


class _Batches:
    def __init__(self, records: Any) -> None:
        self._records = records

    def next_batch(self) -> Any:
        batch = self._records.next_batch()
        return _Batch(batch._buffer) if isinstance(batch, DefaultRecordBatch) else batch


class _Batch(DefaultRecordBatch):  # type: ignore[misc]
    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            self._rename()
            return super()._read_msg()

    def _rename(self) -> None:
        """Make the names of the next record's headers such that they can be read."""
        buffer = self._buffer
        at = self._pos
        # Its length, attributes, time and offset.
        for _ in range(4):
            _, at = decode_varint(buffer, at)
        # Its key and value.
        for _ in range(2):
            length, at = decode_varint(buffer, at)
            at += max(length, 0)
        count, at = decode_varint(buffer, at)
        for _ in range(count):
            length, at = decode_varint(buffer, at)
            try:
                buffer[at : at + length].decode()
            except UnicodeDecodeError:
                name = buffer[at : at + length]
                buffer[at : at + length] = bytes(byte if byte < 128 else _UNKNOWN for byte in name)
            at += length
            length, at = decode_varint(buffer, at)
            at += max(length, 0)
