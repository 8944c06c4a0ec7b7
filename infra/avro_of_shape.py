"""Avro's binary encoding of records that have one and the same set of fields, by code made for that set.

Most facts of a type are told with the same few fields of the many it may have. What stands for the others
is then known beforehand, and what is left takes less than half the time of infra/avro.py, which the tests
hold it to.
"""

from collections.abc import Callable, Sequence
from typing import Any

from infra.avro import TEXTS, Read, Write, absent, compile_in, write_long


class _Lengths(dict[int, bytes]):
    """Lengths as they are written, each made once where it is short."""

    def __missing__(self, length: int) -> bytes:
        return write_long(length)


_LENGTHS = _Lengths({length: write_long(length) for length in range(1_024)})


def writer_of(schema: dict[str, Any], names: Sequence[str], header: bytes = b"") -> Callable[..., bytes]:
    """A function that writes a header and a record, given the values of these fields in this order; all
    others are absent. A field of a record within the record is named after both: ``envelope.source``.

    A text must be one: that is not looked at. Raises ValueError where a field is missing, or there is none
    such.
    """
    pieces: list[bytes | str] = [header]
    scope: dict[str, Any] = {"length": _LENGTHS}
    texts = []
    left = {name: place for place, name in enumerate(names)}
    named: dict[str, tuple[Write, Read]] = {}

    def add(record: dict[str, Any], within: str) -> None:
        for field in record["fields"]:
            name, kind = within + field["name"], field["type"]
            write, _ = compile_in(kind, named)
            if isinstance(kind, dict) and kind["type"] == "record":
                add(kind, name + ".")
            elif (place := left.pop(name, None)) is None:
                stands = absent(field, write)
                if stands is None:
                    raise ValueError(f"{name} is missing in {schema['name']}")
                pieces.append(stands)
            elif kind in TEXTS:
                texts.append(place)
                pieces.extend([b"" if kind == "string" else b"\2", f"length[len(v{place})]", f"v{place}"])
            else:
                scope[f"write{place}"] = write
                pieces.append(f"write{place}(v{place})")

    add(schema, "")
    if left:
        raise ValueError(f"there is no field {next(iter(left))!r} in {schema['name']}")
    lines = [
        f"def write({', '.join(f'v{place}' for place in range(len(names)))}):",
        *(f"    v{place} = v{place}.encode()" for place in texts),
        f"    return b''.join(({', '.join(_joined(pieces))},))",
    ]
    exec("\n".join(lines), scope)  # noqa: S102 (of names that are numbered here, and of bytes)
    written: Callable[..., bytes] = scope["write"]
    return written


def _joined(pieces: Sequence[bytes | str]) -> list[str]:
    """Pieces of code, what is fixed written out, and in one piece where it follows each other."""
    code: list[str] = []
    fixed = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            fixed += piece
            continue
        code += [repr(fixed), piece] if fixed else [piece]
        fixed = b""
    return [*code, repr(fixed)] if fixed else code
