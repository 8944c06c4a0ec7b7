"""JSON as I-JSON (RFC 7493) has it: no key twice, no number that a reader would change, no half characters.

A fast decoder reads nearly everything. It keeps the last of two equal keys and says nothing, so its result is
held to a count of the keys that were sent. What it refuses or may have glossed over is read again, slowly, to
say what is wrong.
"""

import json
import math
from collections.abc import Callable
from types import NoneType
from typing import Annotated, Any, TypeVar

import msgspec

from domain.field import Problem

MAX_DEPTH = 64
MAX_INTEGER = 2**53

Value = TypeVar("Value")

Whole = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
"""A whole number that every reader keeps as it is."""

_decode = msgspec.json.Decoder().decode
_MAX_DIGITS = 17


class NotJson(ValueError):
    """Not a JSON text at all; the message says where and what to do."""


class Improper(ValueError):
    """A JSON text that two readers could take differently; ``problems`` names every place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.pointer} {p.detail}" for p in problems))
        self.problems = problems


def read(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises NotJson, or Improper for JSON not to be relied on."""
    try:
        value = _decode(raw)
        # What a string holds can only add to the count, and makes for a second, slower look.
        if _spaced(raw) or _keys((value,), 0) != raw.count(b'":'):
            return _read_slowly(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _Doubtful):
        return _read_slowly(raw)
    return value


def reader_of(kind: type[Value], keys: Callable[[Value], int]) -> Callable[[bytes], Value | None]:
    """A function that reads texts of one kind; None stands for one of another kind, or to be read slowly.

    ``keys`` counts those of a value. A whole number in the kind is to be `Whole`.
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(raw: bytes) -> Value | None:
        try:
            value = decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return None if _spaced(raw) or keys(value) != raw.count(b'":') else value

    return read


class _Doubtful(Exception):
    """The fast decoder's result cannot be taken as it is."""


def _spaced(raw: bytes) -> bool:
    """Whether white space may stand between a key and its colon, where the count would miss the key."""
    # One byte is looked for ten times faster than two.
    return (
        (b" " in raw and b" :" in raw)
        or (b"\t" in raw and b"\t:" in raw)
        or (b"\n" in raw and b"\n:" in raw)
        or (b"\r" in raw and b"\r:" in raw)
    )


def _keys(value: Any, depth: int) -> int:
    """How many keys the objects in a container have."""
    if depth > MAX_DEPTH:
        raise _Doubtful
    keys = 0
    if type(value) is dict:
        keys = len(value)
        value = value.values()
    # Nearly all members are plain, and need no look at each.
    if _PLAIN.issuperset(map(type, value)):
        return keys
    for member in value:
        kind = type(member)
        if kind is dict or kind is list:
            keys += _keys(member, depth + 1)
        elif kind is int and not -MAX_INTEGER <= member <= MAX_INTEGER:
            raise _Doubtful
    return keys


_PLAIN = frozenset({str, bool, NoneType})


class _Members(dict[str, Any]):
    """An object with the keys that it was given more than once."""

    repeated: frozenset[str] = frozenset()


class _Number(str):
    """A number that is not what a reader would make of it."""


def _read_slowly(raw: bytes) -> Any:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise NotJson(f"The text is not UTF-8: byte {error.start} does not belong there.") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except RecursionError:
        raise NotJson(f"The text is nested too deeply; {MAX_DEPTH} levels are the most.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"The text is not JSON: {error.msg} at {where}.") from None
    problems: list[Problem] = []
    _inspect(value, "", 0, problems)
    if problems:
        raise Improper(problems)
    # What was looked at has objects and numbers of its own; its readers want plain ones.
    return json.loads(text)


def _members(pairs: list[tuple[str, Any]]) -> _Members:
    members = _Members(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        members.repeated = frozenset(name for name in members if names.count(name) > 1)
    return members


def _integer(text: str) -> int | _Number:
    if len(text) > _MAX_DIGITS or abs(int(text)) > MAX_INTEGER:
        return _Number(text)
    return int(text)


def _float(text: str) -> float | _Number:
    value = float(text)
    return value if math.isfinite(value) else _Number(text)


def _constant(name: str) -> Any:
    raise NotJson(f"The text is not JSON: it has no number called {name}; leave the field out instead.")


def _inspect(value: Any, pointer: str, depth: int, problems: list[Problem]) -> None:
    if depth > MAX_DEPTH:
        problems.append(Problem(_shortened(pointer), f"is nested deeper than {MAX_DEPTH} levels"))
    elif isinstance(value, _Number):
        problems.append(Problem(pointer, "is a number too large to be kept exactly; send it as text"))
    elif isinstance(value, str):
        if not _is_paired(value):
            problems.append(Problem(pointer, "has half of a surrogate pair, which stands for no character"))
    elif isinstance(value, _Members):
        for name, member in value.items():
            below = f"{pointer}/{_escaped(name)}"
            if name in value.repeated:
                problems.append(Problem(below, "is given more than once; give it once"))
            if not _is_paired(name):
                problems.append(Problem(below, "has half of a surrogate pair in its name"))
            _inspect(member, below, depth + 1, problems)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _inspect(item, f"{pointer}/{place}", depth + 1, problems)


def _is_paired(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode().replace("~", "~0").replace("/", "~1")


def _shortened(pointer: str) -> str:
    return pointer if len(pointer) <= 200 else pointer[:200] + "…"
