"""Packs with nothing unusual about them, read sooner than any pack can be.

Nearly every pack is such: its commits expect nothing, and each column is laid out as our writer does it.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from struct import unpack, unpack_from
from typing import NamedTuple

from infra.avro import Malformed, read_long
from infra.log.kafka_pack import HEADER_BYTES

_HALVES = bytes(number >> 1 for number in range(256))
"""Of each byte the whole number that it stands for alone; an odd one stands for a number below 0."""
_EVEN = bytes(range(0, 0x80, 2))
_EVEN_TO_GO_ON = bytes(range(0x80, 0x100, 2))


class PlainPack(NamedTuple):
    """Commits that all expect nothing, have events, and track nothing; and their events, a column each.

    ``streams`` and ``topics`` are each once in a pack, and the same object in all; ``of_stream`` and
    ``of_topic`` are the places of those of each event.
    """

    commit_ids: Sequence[bytes]
    streams: list[str]
    topics: list[str]
    of_stream: Sequence[int]
    of_topic: Sequence[int]
    states: Sequence[bytes]


class PlainPacks:
    """Reads plain packs, and knows the names that they had."""

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}

    def read(self, value: bytes) -> PlainPack | None:
        """The pack that is the value of a record; None for one that has to be read as any other, and for
        what is none.
        """
        try:
            return self._read(value)
        except (IndexError, ValueError):
            return None

    def _read(self, value: bytes) -> PlainPack | None:
        topics, at = self._texts(value, HEADER_BYTES)
        streams, at = self._texts(value, at)
        ids_start, ids_end = _bytes(value, at)
        id_lengths, at = _numbers(value, ids_end)
        counts, at = _numbers(value, at)
        kinds, at = _numbers(value, at)
        # There are no expected heads, and no versions of their own.
        if any(kinds) or value[at] or value[at + 1]:
            return None
        of_stream, at = _numbers(value, at + 2)
        of_topic, at = _numbers(value, at)
        lengths, at = _numbers(value, at)
        start, end = _bytes(value, at)
        # There is no tracking, and nothing after it.
        if value[_after_marks(value, end, len(id_lengths)) :] != b"\0":
            return None
        if (
            not len(id_lengths) == len(counts) == len(kinds)
            or min(counts, default=0) < 1
            or not sum(counts) == len(of_stream) == len(of_topic) == len(lengths)
            or sum(id_lengths) != ids_end - ids_start
            or sum(lengths) != end - start
            or max(of_stream) >= len(streams)
            or max(of_topic) >= len(topics)
            or len(set(streams)) < len(streams)
        ):
            return None
        ids, states = _cut(value, ids_start, id_lengths), _cut(value, start, lengths)
        return PlainPack(ids, streams, topics, of_stream, of_topic, states)

    def _texts(self, value: bytes, at: int) -> tuple[list[str], int]:
        number, at = _count(value, at)
        names, found = self._names, []
        for _ in range(number):
            twice = value[at]
            start, at = (at + 1, at + 1 + (twice >> 1)) if not twice & 0x81 else _bytes(value, at)
            raw = value[start:at]
            name = names.get(raw)
            if name is None:
                name = names[raw] = raw.decode()
            found.append(name)
        return (found, _end(value, at)) if number else (found, at)


def _count(value: bytes, at: int) -> tuple[int, int]:
    """How many items an array has, that is laid out in one piece, and where the first begins."""
    number, at = read_long(value, at)
    if number < 0:
        raise Malformed("is in a block that tells its length")
    return number, at


def _end(value: bytes, at: int) -> int:
    """Where an array ends whose items end here."""
    if value[at]:
        raise Malformed("goes on in another block")
    return at + 1


def _bytes(value: bytes, at: int) -> tuple[int, int]:
    """Where text, or bytes, with its length before it begins and ends."""
    length, start = read_long(value, at)
    if not 0 <= length <= len(value) - start:
        raise Malformed("ends too early")
    return start, start + length


def _numbers(value: bytes, at: int) -> tuple[Sequence[int], int]:
    """An array of whole numbers from 0, and where it ends."""
    number, at = _count(value, at)
    if not number:
        return (), at
    of_one = value[at : at + number]
    if of_one.isascii():
        if of_one.translate(None, _EVEN):
            raise Malformed("has a number below 0")
        return of_one.translate(_HALVES), _end(value, at + number)
    of_two = value[at : at + 2 * number]
    if not of_two[::2].translate(None, _EVEN_TO_GO_ON) and of_two[1::2].isascii():
        pairs = unpack(f"<{number}H", of_two)
        return [pair >> 1 & 0x3F | pair >> 2 & 0x1FC0 for pair in pairs], _end(value, at + 2 * number)
    numbers = []
    for _ in range(number):
        byte = value[at]
        at += 1
        if byte < 0x80:
            numbers.append(byte >> 1)
        else:
            long, at = read_long(value, at - 1)
            numbers.append(long)
        if byte & 1:
            raise Malformed("has a number below 0")
    return numbers, _end(value, at)


def _cut(value: bytes, start: int, lengths: Sequence[int]) -> list[bytes]:
    """The parts of these lengths that follow each other from a place on."""
    if lengths.count(lengths[0]) == len(lengths):
        return list(unpack_from(f"{lengths[0]}s" * len(lengths), value, start))
    return [value[begin:end] for begin, end in pairwise(accumulate(lengths, initial=start))]


def _after_marks(value: bytes, at: int, commits: int) -> int:
    """Where marks end, each of one of the first so many commits: no more of them is wanted."""
    number, at = _count(value, at)
    for _ in range(number):
        commit, at = read_long(value, at)
        if not 0 <= commit < commits:
            raise Malformed("is of no commit of the pack")
        texts = at
        for _ in range(3):
            twice = value[at]
            at = at + 1 + (twice >> 1) if not twice & 0x81 else _bytes(value, at)[1]
        if not value[texts:at].isascii():
            _check_texts(value, texts)
    return _end(value, at) if number else at


def _check_texts(value: bytes, at: int) -> None:
    """Raises UnicodeDecodeError where one of the three texts of a mark is none."""
    for _ in range(3):
        start, at = _bytes(value, at)
        value[start:at].decode()
