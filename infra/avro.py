"""Avro's binary encoding, compiled from a schema: the part of Avro that schemas/ uses.

fastavro takes about four times as long for a fact; the tests hold this to what fastavro writes and reads.
"""

import struct
from collections.abc import Callable
from typing import Any

Write = Callable[[Any], bytes]
Read = Callable[[bytes, int], tuple[Any, int]]

TEXTS = ("string", ["null", "string"])
"""The types of a field that holds text, or may."""

_DOUBLE = struct.Struct("<d")
_NULL = b"\0"
"""The branch of a null."""
_END = b"\0"
"""Of an array or a map: a block of no items."""


class Malformed(ValueError):
    """Bytes that no writer of the schema can have written."""


def write_long(value: int) -> bytes:
    """A whole number. Raises ValueError for anything else, or one beyond 64 bits."""
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise ValueError("is not a whole number of 64 bits")
    out = bytearray()
    rest = value << 1 if value >= 0 else ~(value << 1)
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def read_long(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    at += 1
    number, shift = byte & 0x7F, 7
    while byte & 0x80:
        if shift > 63:
            raise Malformed("has a number longer than 64 bits")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
    return number >> 1 ^ -(number & 1), at


# Nearly every text is shorter than this, and its length takes one byte.
_SHORT = 64
_LENGTHS = [write_long(length) for length in range(_SHORT)]


def _write_bytes(value: bytes) -> bytes:
    length = len(value)
    return (_LENGTHS[length] if length < _SHORT else write_long(length)) + value


def _read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = read_long(data, at)
    end = at + length
    if length < 0 or end > len(data):
        raise Malformed("ends too early")
    return data[at:end], end


def _write_text(value: str) -> bytes:
    return _write_bytes(value.encode())


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    raw, at = _read_bytes(data, at)
    return raw.decode(), at


def _write_flag(value: bool) -> bytes:
    if value is not True and value is not False:
        raise ValueError("is neither true nor false")
    return b"\1" if value else b"\0"


def _read_flag(data: bytes, at: int) -> tuple[bool, int]:
    if data[at] > 1:
        raise Malformed("has a flag that is neither true nor false")
    return data[at] == 1, at + 1


def _write_double(value: float) -> bytes:
    return _DOUBLE.pack(value)


def _read_double(data: bytes, at: int) -> tuple[float, int]:
    if at + 8 > len(data):
        raise Malformed("ends too early")
    return _DOUBLE.unpack_from(data, at)[0], at + 8


_PRIMITIVES: dict[str, tuple[Write, Read]] = {
    "string": (_write_text, _read_text),
    "bytes": (_write_bytes, _read_bytes),
    "boolean": (_write_flag, _read_flag),
    "long": (write_long, read_long),
    "double": (_write_double, _read_double),
}
_KIND_OF = {
    str: "string", bytes: "bytes", bool: "boolean", int: "long", float: "double",
    list: "array", dict: "record",
}  # fmt: skip


def compiled(schema: Any) -> tuple[Write, Read]:
    """Functions that write and read values of a self-contained schema.

    A record is read without its null fields, and a field that is absent is written as null or its default.
    The reader raises Malformed, IndexError or UnicodeDecodeError (all of them mean: not of this schema);
    the writer ValueError for a value that the schema has no place for, and a field that it has not.
    """
    return compile_in(schema, {})


def compile_in(schema: Any, named: dict[str, tuple[Write, Read]]) -> tuple[Write, Read]:
    if isinstance(schema, list):
        return _union(schema, named)
    if isinstance(schema, str):
        return _PRIMITIVES.get(schema) or named[schema]
    if schema["type"] == "array":
        return _array(*compile_in(schema["items"], named))
    if schema["type"] == "map":
        return _map(*compile_in(schema["values"], named))
    if schema["type"] == "record":
        functions = _record(schema, named)
        named[f"{schema['namespace']}.{schema['name']}"] = functions
        return functions
    raise ValueError(f"Avro type {schema['type']} is not used in schemas/")


def _union(schema: list[Any], named: dict[str, tuple[Write, Read]]) -> tuple[Write, Read]:
    assert schema[0] == "null"
    branches = [compile_in(branch, named) for branch in schema[1:]]
    writers = {
        _kind(branch): (write_long(place), write)
        for place, (branch, (write, _)) in enumerate(zip(schema[1:], branches, strict=True), 1)
    }

    readers = {2 * place: read for place, (_, read) in enumerate(branches, 1)}

    def write(value: Any) -> bytes:
        if value is None:
            return _NULL
        found = writers.get(_KIND_OF.get(type(value), ""))
        if found is None:
            raise ValueError(f"has no place for {type(value).__name__}")
        return found[0] + found[1](value)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        branch = data[at]
        if branch == 0:
            return None, at + 1
        read_branch = readers.get(branch)
        if read_branch is None:
            raise Malformed("has a branch that its union has not")
        return read_branch(data, at + 1)

    return write, read


def _kind(branch: Any) -> str:
    kind: str = branch if isinstance(branch, str) else branch["type"]
    return kind if kind in (*_PRIMITIVES, "array") else "record"


def _array(write_item: Write, read_item: Read) -> tuple[Write, Read]:
    def write(items: list[Any]) -> bytes:
        return write_long(len(items)) + b"".join(map(write_item, items)) + _END if items else _END

    def read(data: bytes, at: int) -> tuple[list[Any], int]:
        items = []
        while data[at]:
            count, at = _block(data, at)
            for _ in range(count):
                item, at = read_item(data, at)
                items.append(item)
        return items, at + 1

    return write, read


def _map(write_value: Write, read_value: Read) -> tuple[Write, Read]:
    def write(pairs: dict[str, Any]) -> bytes:
        if not pairs:
            return _END
        written = (_write_text(key) + write_value(value) for key, value in pairs.items())
        return write_long(len(pairs)) + b"".join(written) + _END

    def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        pairs = {}
        while data[at]:
            count, at = _block(data, at)
            for _ in range(count):
                key, at = _read_text(data, at)
                pairs[key], at = read_value(data, at)
        return pairs, at + 1

    return write, read


def _block(data: bytes, at: int) -> tuple[int, int]:
    """How many items a block has: negative where its size in bytes follows (Avro 1.11, Arrays)."""
    count, at = read_long(data, at)
    if count < 0:
        _, at = read_long(data, at)
    return abs(count), at


def absent(field: Any, write: Write) -> bytes | None:
    """What stands for a field that a record lacks; None where it may not."""
    default = field.get("default")
    return None if default is None and not isinstance(field["type"], list) else write(default)


def _record(schema: Any, named: dict[str, tuple[Write, Read]]) -> tuple[Write, Read]:
    fields = []
    absences: list[bytes | None] = []
    writers: dict[str, tuple[int, Write, bytes | None]] = {}
    for place, field in enumerate(schema["fields"]):
        write, read = compile_in(field["type"], named)
        is_nullable = isinstance(field["type"], list)
        is_text = field["type"] in TEXTS
        fields.append((field["name"], is_nullable, is_text, read))
        branch = (b"\2" if is_nullable else b"") if is_text else None
        writers[field["name"]] = (place, write, branch)
        absences.append(absent(field, write))

    def write_record(record: dict[str, Any]) -> bytes:
        # Most fields of a fact are absent: they cost nothing but their place in a list.
        parts = absences.copy()
        try:
            for name, value in record.items():
                place, write, branch = writers[name]
                if branch is None or value is None:
                    parts[place] = write(value)
                else:
                    raw = value.encode()
                    length = len(raw)
                    parts[place] = (
                        branch + (_LENGTHS[length] if length < _SHORT else write_long(length)) + raw
                    )
        except KeyError as error:
            raise ValueError(f"there is no field {error} in {schema['name']}") from None
        try:
            return b"".join(parts)  # type: ignore[arg-type]
        except TypeError:
            missing = schema["fields"][parts.index(None)]["name"]
            raise ValueError(f"{missing} is missing in {schema['name']}") from None

    def read_record(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        record = {}
        for name, is_nullable, is_text, read in fields:
            if is_nullable and not data[at]:
                at += 1
                continue
            if is_text:
                # Short text: its branch (if it may be null), twice its length in one byte, and its bytes.
                start = at + is_nullable
                twice = data[start]
                if twice < 0x80 and not twice & 1 and (not is_nullable or data[at] == 2):
                    at = start + 1 + (twice >> 1)
                    record[name] = data[start + 1 : at].decode()
                    continue
            value, at = read(data, at)
            if value is not None:
                record[name] = value
        if at > len(data):
            raise Malformed("ends too early")
        return record, at

    return write_record, read_record
