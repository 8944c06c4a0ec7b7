"""Columns of stored values as the values of facts, by the kinds of field that the domain knows."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import pyarrow as pa

from domain.catalogue import EVENT_TYPES, Field
from domain.field import MAX_REFERENCE, Kind
from domain.moment import read_instant
from infra.avro_columns import values_of

Convert = Callable[[pa.Array], list[Any]]
"""From an Arrow column to a value for each fact."""

_from_json = msgspec.json.Decoder().decode
_ON_ONE_LINE = frozenset({"reference", "code"})
_DAYS = frozenset({"date", "date or instant"})
_AS_JSON = frozenset({"changes", "value"})

_DAY_CHARACTERS = len("2019-03-05")

_LONG = 512
"""Values from which on it pays to tell the distinct ones of a column."""
_LOOKED_AT = 256
"""Values at the beginning of a column by which it is told whether they come again."""


class _Known(dict[Any, Any]):
    """What the words and the days of a kind of field stand for, each parsed once."""

    def __init__(self, kind: Kind) -> None:
        super().__init__({word: kind.parse(word) for word in kind.words})
        self[None] = None
        self._parse = kind.parse

    def __missing__(self, text: str) -> Any:
        value = self._parse(text)
        # There are only so many days, but of instants any number.
        if len(text) == _DAY_CHARACTERS:
            self[text] = value
        return value


_known = cache(_Known)


def converter(event: str, field: Field) -> Convert:
    """A function from a column of a field as stored to the values of the attribute, each as parsed alone.

    It raises ValueError where a value is none of the field.
    """
    kind, parse, default = field.kind, field.kind.parse, absent(event, field)
    known = _known(kind) if kind.words or kind.name in _DAYS else None

    def convert(values: list[Any]) -> list[Any]:
        if known is not None:
            converted = list(map(known.__getitem__, values))
        elif kind.name == "flag" or (kind.name in _ON_ONE_LINE and _are_plain(values)):
            converted = values
        elif kind.name in _AS_JSON:
            converted = _each(lambda text: parse(_from_json(text)), values)
        else:
            converted = _each(parse, values)
        return converted if default is None else [default if value is None else value for value in converted]

    if known is None and kind.name not in _ON_ONE_LINE:
        return lambda column: convert(values_of(column))
    is_of_few = known is not None
    return lambda column: (
        _by_distinct(convert, column)
        if len(column) >= _LONG and (is_of_few or _comes_again(column))
        else convert(column.to_pylist())
    )


def texts(column: pa.Array) -> list[Any]:
    """The texts of a column of which few are distinct, equal ones as one object."""
    return _by_distinct(lambda values: values, column)


def _by_distinct(convert: Callable[[list[Any]], list[Any]], column: pa.Array) -> list[Any]:
    """The converted values of a column, of which each distinct one is converted once."""
    encoded = column.dictionary_encode(null_encoding="encode")
    values = convert(encoded.dictionary.to_pylist())
    return list(map(values.__getitem__, encoded.indices.to_pylist()))


def _comes_again(column: pa.Array) -> bool:
    """Whether most values of a column seem to be there more than once."""
    return 2 * len(column.slice(0, _LOOKED_AT).dictionary_encode().dictionary) < _LOOKED_AT


def absent(event: str, field: Field) -> Any:
    """What the attribute of a field is where the fact does not tell it; None too where it has to."""
    default = next(each.default for each in fields(EVENT_TYPES[event]) if each.name == field.attribute)
    return None if default is MISSING else default


def _each(parse: Callable[[Any], Any], column: list[Any]) -> list[Any]:
    return [None if value is None else parse(value) for value in column]


def _are_plain(column: list[Any]) -> bool:
    """Whether texts are such as nearly all are, so that none needs a look of its own."""
    texts = [text for text in column if text is not None] if None in column else column
    if not texts:
        return True
    whole = "".join(texts)
    is_clean = whole.isprintable() and " " not in whole
    return is_clean and all(texts) and len(max(texts, key=len)) <= MAX_REFERENCE


_DIGITS = str.maketrans("123456789", "000000000")
_TO_THE_SECOND = "0000-00-00T00:00:00Z"


def instants(column: Sequence[str | None]) -> list[datetime | None]:
    """Instants as text, read into aware UTC. Raises ValueError where one is none."""
    texts = [text for text in column if text is not None]
    if "".join(texts).translate(_DIGITS) != _TO_THE_SECOND * len(texts):
        return [None if text is None else read_instant(text) for text in column]
    read = datetime.fromisoformat
    if len(texts) == len(column):
        return list(map(read, texts))
    return [None if text is None else read(text) for text in column]
