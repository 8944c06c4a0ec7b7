"""Columns of stored values as the values of facts, by the kinds of field that the domain knows."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

import msgspec

from domain.catalogue import EVENT_TYPES, Field
from domain.field import MAX_REFERENCE
from domain.moment import read_instant

Convert = Callable[[list[Any]], list[Any]]

_from_json = msgspec.json.Decoder().decode
_ON_ONE_LINE = frozenset({"reference", "code"})
_AS_JSON = frozenset({"changes", "value"})


def converter(event: str, field: Field) -> Convert:
    """A function from the values of a field as stored to those of the attribute, each as parsed alone.

    It raises ValueError where a value is none of the field.
    """
    parse = field.kind.parse
    convert: Convert
    if field.kind.name in _ON_ONE_LINE:

        def convert(column: list[Any]) -> list[Any]:
            return column if _are_plain(column) else _each(parse, column)
    elif field.kind.name == "flag":

        def convert(column: list[Any]) -> list[Any]:
            return column
    elif field.kind.words or field.kind.name in ("date", "date or instant"):

        def convert(column: list[Any]) -> list[Any]:
            known = {value: parse(value) for value in set(column) if value is not None}
            known[None] = None
            return [known[value] for value in column]
    elif field.kind.name in _AS_JSON:

        def convert(column: list[Any]) -> list[Any]:
            return _each(lambda text: parse(_from_json(text)), column)
    else:

        def convert(column: list[Any]) -> list[Any]:
            return _each(parse, column)

    default = absent(event, field)
    if default is None:
        return convert
    return lambda column: [default if value is None else value for value in convert(column)]


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
    return [None if text is None else read(text) for text in column]
