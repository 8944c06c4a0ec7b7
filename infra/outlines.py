"""When facts happened, were entered and by whom, read from the beginning of their records, and nothing else.

Most questions about a past day are about some facts of very many. Reading so much of each takes far less than
reading all of it, and tells which those are.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

import msgspec

from domain.history import Outline
from domain.moment import Moment, london_days
from infra.avro import Malformed, read_long
from infra.field_columns import instants

HEADER_BYTES = 5
BEGINNING = (
    ("source", "string"),
    ("id", "string"),
    ("time", ["null", "string"]),
    ("recordedtime", ["null", "string"]),
    ("dataschema", ["null", "string"]),
    ("extensions", {"type": "map", "values": "string"}),
    ("historic", "boolean"),
    ("personal", ["null", "bytes"]),
    ("occurred_on", ["null", "string"]),
)
"""What every record begins with."""

_from_json = msgspec.json.Decoder().decode
_Begun = tuple[bytes, bytes | None, bool, bytes]
"""Of a record: its source, when it was entered, whether it is history, and when it occurred."""


def begins_so(fields: Sequence[dict[str, Any]]) -> bool:
    """Whether records of some fields begin as is read here."""
    return [(each["name"], each["type"]) for each in fields[: len(BEGINNING)]] == list(BEGINNING)


def outlines(states: Sequence[bytes], recorded_at: Sequence[datetime]) -> list[Outline | None]:
    """What records tell that begin so; None of one that is not laid out as our writer does, or tells a time
    that is none.
    """
    begun = list(map(_begun, states))
    told = [one for one in begun if one is not None]
    learnt = [recorded for one, recorded in zip(begun, recorded_at, strict=True) if one is not None]
    try:
        found = list(_told(told, learnt))
    except ValueError:
        return [_alone(one, recorded) for one, recorded in zip(begun, recorded_at, strict=True)]
    following = iter(found)
    return [None if one is None else next(following) for one in begun]


def _alone(begun: _Begun | None, recorded_at: datetime) -> Outline | None:
    try:
        return None if begun is None else next(_told([begun], [recorded_at]))
    except ValueError:
        return None


def _told(begun: Sequence[_Begun], recorded_at: Sequence[datetime]) -> Iterator[Outline]:
    """Raises ValueError where a time is none."""
    if not begun:
        return iter(())
    sources, entered, historic, occurred = zip(*begun, strict=True)
    moments = {raw: Moment.parse(raw.decode()) for raw in set(occurred)}
    names = {raw: raw.decode() for raw in set(sources)}
    entered_at = instants([raw if raw is None else raw.decode() for raw in entered])
    learnt_on = london_days([one or other for one, other in zip(entered_at, recorded_at, strict=True)])
    columns = (map(moments.get, occurred), entered_at, learnt_on, map(names.get, sources), historic)
    return map(tuple.__new__, repeat(Outline), zip(*columns, strict=True))


def _begun(state: bytes) -> _Begun | None:
    try:
        start = HEADER_BYTES
        size = state[start]
        start, at = (start + 1, start + 1 + (size >> 1)) if not size & 0x81 else _text(state, start)
        source = state[start:at]
        size = state[at]
        at = at + 1 + (size >> 1) if not size & 0x81 else _text(state, at)[1]
        if state[at]:
            _, at = _maybe(state, at)
        else:
            at += 1
        entered = None
        if state[at]:
            start, at = _maybe(state, at)
            entered = state[start:at]
        else:
            at += 1
        if state[at]:
            _, at = _maybe(state, at)
        else:
            at += 1
        at = at + 1 if not state[at] else _after_extensions(state, at)
        historic = state[at]
        # What is sealed tells no time.
        at = at + 2 if not state[at + 1] else _maybe(state, at + 1)[1]
        start, at = _maybe(state, at)
        if historic > 1 or at > len(state):
            return None
        return source, entered, historic == 1, state[start:at]
    except (IndexError, ValueError):
        return None


def _text(state: bytes, at: int) -> tuple[int, int]:
    """Where text, or bytes, with its length before it begins and ends."""
    length, start = read_long(state, at)
    if length < 0:
        raise Malformed("ends before it begins")
    return start, start + length


def _maybe(state: bytes, at: int) -> tuple[int, int]:
    """The same for text, or bytes, that may be null and is not."""
    if state[at] != 2:
        raise Malformed("is neither there nor null")
    size = state[at + 1]
    return _text(state, at + 1) if size & 0x81 else (at + 2, at + 2 + (size >> 1))


def _after_extensions(state: bytes, at: int) -> int:
    """Where extensions end. Raises ValueError where one is not the JSON that the codec wants."""
    while state[at]:
        count, at = read_long(state, at)
        if count < 0:
            _, at = read_long(state, at)
        for _ in range(abs(count)):
            _, at = _text(state, at)
            start, at = _text(state, at)
            _from_json(state[start:at])
    return at + 1
