"""Avro records of one schema, many at a time, as an Arrow column for each field."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyruhvro import deserialize_array

Columns = Mapping[str, pa.Array]
"""A column for each field, by its name."""


class Misshapen(ValueError):
    """Among some records is one that is not of the schema, or not laid out as our writer does."""


class AvroColumns:
    """Reads records of some fields. Bytes have no place among them."""

    def __init__(self, fields: Sequence[dict[str, Any]]) -> None:
        self._names = [field["name"] for field in fields]
        self._types = [field["type"] for field in fields]
        self._schema = json.dumps({"type": "record", "name": "Read", "fields": list(fields)})

    def read(self, records: list[bytes]) -> Columns:
        """The columns of records that hold nothing else.

        Raises Misshapen where one does not, or takes more bytes than our writer would: the decoder passes
        over what follows the fields, and the sum of bytes tells.
        """
        batch = self._decoded(records)
        columns, size = batch.columns, sum(map(len, records))
        least = sum(map(_least_size, self._types, columns))
        if least != size and least + sum(map(_more_for_long_texts, self._types, columns)) != size:
            raise Misshapen("some record is longer than what it holds")
        return dict(zip(self._names, columns, strict=True))

    def begin(self, records: list[bytes]) -> tuple[Columns, pa.Array]:
        """The columns of fields at the beginning of records, and where in each record the last of them
        begins, if it is laid out as our writer does: whether it is, shows once all of it is read.

        Raises Misshapen where a record has not the fields.
        """
        batch = self._decoded(records)
        begins = pa.repeat(_NONE, len(records))
        for type_, column in zip(self._types[:-1], batch.columns, strict=False):
            begins = pc.add(begins, _sizes(type_, column))
        return dict(zip(self._names, batch.columns, strict=True)), begins

    def _decoded(self, records: list[bytes]) -> pa.RecordBatch:
        try:
            return deserialize_array(records, self._schema)
        except ValueError as error:
            raise Misshapen(str(error)) from error


def values_of(column: pa.Array) -> list[Any]:
    """The values of a column, whatever its type: Arrow itself takes long for each of a union."""
    if not isinstance(column, pa.UnionArray):
        values: list[Any] = column.to_pylist()
        return values
    branches = [column.field(place).to_pylist() for place in range(column.type.num_fields)]
    return [branches[code][place] for place, code in enumerate(column.type_codes.to_pylist())]


_NULL_OR_TEXT = ["null", "string"]
_NULL_OR_FLAG = ["null", "boolean"]
_PYTHON = {
    "string": str, "boolean": bool, "long": int, "double": float, "array": list, "record": dict,
}  # fmt: skip
_NONE, _ONE = pa.scalar(0, pa.int32()), pa.scalar(1, pa.int32())
_SHORT, _LONG = pa.scalar(64, pa.int32()), pa.scalar(8_192, pa.int32())
"""Bytes from which on the length of a text takes two bytes, and three."""


def _least_size(type_: Any, column: pa.Array) -> int:
    """The bytes that our writer takes for a column, if no text in it is so long that its length takes more
    than one.
    """
    number: int = len(column)
    nulls: int = column.null_count
    # Nothing, or a null, takes one byte.
    if nulls == number or type_ == "boolean" or _is_map_of_none(column):
        return number
    if type_ == "string":
        return number + _text_bytes(column)
    # What may be null takes a byte that tells.
    if type_ == _NULL_OR_TEXT:
        return 2 * number - nulls + _text_bytes(column)
    if type_ == _NULL_OR_FLAG:
        return 2 * number - nulls
    return _size(type_, values_of(column))


def _more_for_long_texts(type_: Any, column: pa.Array) -> int:
    if type_ not in ("string", _NULL_OR_TEXT):
        return 0
    length = pc.binary_length(column)
    return sum(pc.sum(pc.greater_equal(length, bound)).as_py() or 0 for bound in (_SHORT, _LONG))


def _sizes(type_: Any, column: pa.Array) -> pa.Array:
    """The bytes that our writer takes for each value of a column."""
    if type_ in ("string", _NULL_OR_TEXT):
        return _text_sizes(column, is_nullable=type_ != "string")
    if type_ == "boolean" or column.null_count == len(column) or _is_map_of_none(column):
        return pa.repeat(_ONE, len(column))
    return pa.array([_size(type_, [value]) for value in values_of(column)], pa.int32())


def _is_map_of_none(column: pa.Array) -> bool:
    return isinstance(column, pa.MapArray) and not len(column.items)


def _text_bytes(column: pa.Array) -> int:
    """The bytes of all texts of a column together, which Arrow keeps end to end."""
    places = memoryview(column.buffers()[1]).cast("i")
    size: int = places[column.offset + len(column)] - places[column.offset]
    return size


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
