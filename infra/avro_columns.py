"""Avro records of one schema, many at a time, as a list of values for each field."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyruhvro import deserialize_array

Columns = Mapping[str, list[Any]]


class Misshapen(ValueError):
    """Among some records is one that is not of the schema, or not laid out as our writer does."""


class AvroColumns:
    """Reads records of some fields. Bytes have no place among them."""

    def __init__(self, fields: Sequence[dict[str, Any]]) -> None:
        self._fields = list(fields)
        self._schema = json.dumps({"type": "record", "name": "Read", "fields": self._fields})

    def read(self, records: list[bytes]) -> Columns:
        """A column for each field of records that hold nothing else.

        Raises Misshapen where one does not, or takes more bytes than our writer would: the decoder passes
        over what follows the fields, and the sum of bytes tells.
        """
        batch = self._decoded(records)
        columns: dict[str, list[Any]] = {}
        size = 0
        for field, column in zip(self._fields, batch.columns, strict=True):
            name, type_ = field["name"], field["type"]
            if column.null_count == len(column):
                columns[name] = [None] * len(column)
                size += len(column)
                continue
            columns[name] = column.to_pylist()
            if type_ in ("string", _NULL_OR_TEXT):
                size += _size_of_column(column, is_nullable=type_ != "string")
            else:
                size += _size(type_, columns[name])
        if size != sum(map(len, records)):
            raise Misshapen("some record is longer than what it holds")
        return columns

    def begin(self, records: list[bytes]) -> tuple[Columns, list[int]]:
        """A column for each field at the beginning of records, and where in each record they end, as our
        writer lays it out.

        Raises Misshapen where a record has not the fields, or takes more bytes for them than our writer
        would: cut off at the end that was reckoned, it then ends too early for the decoder.
        """
        batch = self._decoded(records)
        ends = pa.repeat(pa.scalar(0, pa.int32()), len(records))
        columns: dict[str, list[Any]] = {}
        for field in self._fields:
            name, type_, column = field["name"], field["type"], batch.column(field["name"])
            is_map_of_none = isinstance(column, pa.MapArray) and not len(column.items)
            columns[name] = [()] * len(column) if is_map_of_none else column.to_pylist()
            if type_ in ("string", _NULL_OR_TEXT):
                ends = pc.add(ends, _text_sizes(column, is_nullable=type_ != "string"))
            elif type_ == "boolean":
                ends = pc.add(ends, _ONE)
            elif any(columns[name]):
                sizes = [_size(type_, [value]) if value else 1 for value in columns[name]]
                ends = pc.add(ends, pa.array(sizes, pa.int32()))
            else:
                # Nothing, or a null, takes one byte.
                ends = pc.add(ends, _ONE)
        ended: list[int] = ends.to_pylist()
        self._decoded([record[:end] for record, end in zip(records, ended, strict=True)])
        return columns, ended

    def _decoded(self, records: list[bytes]) -> pa.RecordBatch:
        try:
            return deserialize_array(records, self._schema)
        except ValueError as error:
            raise Misshapen(str(error)) from error


_NULL_OR_TEXT = ["null", "string"]
_PYTHON = {
    "string": str, "boolean": bool, "long": int, "double": float, "array": list, "record": dict,
}  # fmt: skip
_NONE, _ONE = pa.scalar(0, pa.int32()), pa.scalar(1, pa.int32())
_SHORT, _LONG = pa.scalar(64, pa.int32()), pa.scalar(8_192, pa.int32())
"""Bytes from which on the length of a text takes two bytes, and three."""


def _size_of_column(column: pa.Array, *, is_nullable: bool) -> int:
    """The bytes that our writer takes for the texts of a column, of which not all are null."""
    length = pc.binary_length(column)
    total, most = pc.sum(length).as_py(), pc.max(length).as_py()
    if most >= _SHORT.as_py():
        return int(pc.sum(_text_sizes(column, is_nullable=is_nullable)).as_py())
    # A null takes the byte that tells it is one; a text takes that of its length too.
    prefixes = len(column) - column.null_count
    return int(total + prefixes + (len(column) if is_nullable else 0))


def _text_sizes(column: pa.Array, *, is_nullable: bool) -> pa.Array:
    length = pc.binary_length(column)
    if pc.max(length).as_py() is None:
        return pa.repeat(_ONE, len(column))
    prefix = pc.add(_ONE, pc.greater_equal(length, _SHORT).cast(pa.int32()))
    prefix = pc.add(prefix, pc.greater_equal(length, _LONG).cast(pa.int32()))
    size = pc.add(length, prefix)
    return pc.add(_ONE, pc.fill_null(size, _NONE)) if is_nullable else size


def _size(type_: Any, values: Sequence[Any]) -> int:
    """The bytes that our writer takes for some values of a type."""
    if isinstance(type_, list):
        size = len(values)
        for branch in type_[1:]:
            python = _PYTHON[branch if isinstance(branch, str) else branch["type"]]
            size += _size(branch, [value for value in values if type(value) is python])
        return size
    if type_ == "string":
        return _size_of_texts(values)
    if type_ == "boolean":
        return len(values)
    if type_ == "double":
        return 8 * len(values)
    if type_ == "long":
        return sum(_size_of_long(value) for value in values)
    if type_["type"] == "record":
        return sum(_size(part["type"], [value[part["name"]] for value in values]) for part in type_["fields"])
    counts = [len(value) for value in values]
    ends = len(counts) + sum(_size_of_long(count) for count in counts if count)
    items = list(chain.from_iterable(values))
    if type_["type"] == "map":
        keys, mapped = [key for key, _ in items], [value for _, value in items]
        return ends + _size("string", keys) + _size(type_["values"], mapped)
    return ends + _size(type_["items"], items)


def _size_of_texts(texts: Sequence[str]) -> int:
    whole = "".join(texts)
    size = len(whole) if whole.isascii() else len(whole.encode())
    if whole.isascii() and len(max(texts, key=len, default="")) < 64:
        return size + len(texts)
    return size + sum(_size_of_long(len(text.encode())) for text in texts)


def _size_of_long(number: int) -> int:
    folded = number << 1 if number >= 0 else ~(number << 1)
    return max(1, (folded.bit_length() + 6) // 7)
