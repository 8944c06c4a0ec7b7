"""The kinds of value that the fields of a fact hold, and how each is checked."""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, NamedTuple, get_args

from domain.moment import EARLIEST, Moment, read_day

MAX_REFERENCE = 128
MAX_CODE = 200
MAX_TEXT = 65_536
MAX_LIST = 1_000
MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent: where (a JSON pointer) and what to do about it."""

    pointer: str
    detail: str


class Invalid(ValueError):
    """What was sent cannot be a fact; ``problems`` names every field that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.pointer} {p.detail}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field: its name in documents, how a JSON value becomes a value, whether it is personal.

    ``words`` are the only values it may have, where they are fixed.
    """

    name: str
    parse: Callable[[object], object]
    is_personal: bool = False
    words: tuple[str, ...] = ()


class FactReference(NamedTuple):
    """The identity of a fact: the source that reported it and the id it gave."""

    source: str
    id: str


def is_clean(text: str) -> bool:
    """Whether text has only characters that can be shown and stored (no controls, no lone surrogates)."""
    return text.isprintable() or all(
        c in "\n\r\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in text
    )


def _string(value: object, limit: int) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    if not value or value.isspace():
        raise ValueError("must not be empty")
    if len(value) > limit:
        raise ValueError(f"must be at most {limit} characters")
    if not is_clean(value):
        raise ValueError("has control characters or broken Unicode")
    return value


def _reference(value: object) -> str:
    if type(value) is str and 0 < len(value) <= MAX_REFERENCE and value.isprintable() and not value.isspace():
        return value
    _string(value, MAX_REFERENCE)
    raise ValueError("must be on one line")


def _code(value: object) -> str:
    return _string(value, MAX_CODE)


def _text(value: object) -> str:
    return _string(value, MAX_TEXT)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COUNT:
        raise ValueError(f"must be a whole number from 1 to {MAX_COUNT}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    if not 0 <= value <= MAX_COUNT or not math.isfinite(value):
        raise ValueError(f"must be from 0 to {MAX_COUNT}")
    return value


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise ValueError("must be a date, written as 2019-03-05")
    day = read_day(value)
    if day < EARLIEST:
        raise ValueError("is before 1900")
    return day


def _moment(value: object) -> Moment:
    if not isinstance(value, str):
        raise ValueError("must be a date (2019-03-05) or an instant (2019-03-05T14:30:00+00:00)")
    moment = Moment.parse(value)
    if moment.day < EARLIEST:
        raise ValueError("is before 1900")
    return moment


def _references(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise ValueError(f"must be a list of at most {MAX_LIST}")
    return tuple(_reference(item) for item in value)


def _agencies(value: object) -> int | tuple[str, ...]:
    if isinstance(value, list):
        return _references(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise ValueError("must be a list of agencies, or how many there were")
    return value


def _fact_reference(value: object) -> FactReference:
    if not isinstance(value, dict) or set(value) != {"source", "id"}:
        raise ValueError('must be {"source": …, "id": …}, the identity of the fact meant')
    return FactReference(_string(value["source"], MAX_TEXT), _string(value["id"], MAX_TEXT))


def _fact_references(value: object) -> tuple[FactReference, ...]:
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise ValueError(f'must be a list of at most {MAX_LIST} of {{"source": …, "id": …}}')
    return tuple(_fact_reference(item) for item in value)


def _changes(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict) or not value:
        raise ValueError("must name at least one field and what it should have been")
    for name in value:
        _reference(name)
    return value


def _value(value: object) -> object:
    if isinstance(value, (dict, list)):
        raise ValueError("must be a text, a number, true or false")
    if isinstance(value, str) and not is_clean(value):
        raise ValueError("has control characters or broken Unicode")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        raise ValueError("is too large a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is too large a number")
    return value


def choice(literal: object) -> Kind:
    """The kind of a field that holds one of a fixed list of words."""
    words = get_args(literal)
    allowed = frozenset(words)
    listed = ", ".join(words)

    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"must be one of {listed}")
        return value

    return Kind("one of " + listed, parse, words=words)


Reference = Annotated[str, Kind("reference", _reference)]
Code = Annotated[str, Kind("code", _code)]
Text = Annotated[str, Kind("text", _text, is_personal=True)]
PersonalCode = Annotated[str, Kind("reference", _reference, is_personal=True)]
PersonalDay = Annotated[date, Kind("date", _day, is_personal=True)]
Flag = Annotated[bool, Kind("flag", _flag)]
Count = Annotated[int, Kind("count", _count)]
Number = Annotated[float, Kind("number", _number)]
Day = Annotated[date, Kind("date", _day)]
When = Annotated[Moment, Kind("date or instant", _moment)]
References = Annotated[tuple[str, ...], Kind("list of references", _references)]
Agencies = Annotated[int | tuple[str, ...], Kind("list of agencies, or their number", _agencies)]
Fact = Annotated[FactReference, Kind("fact", _fact_reference)]
Facts = Annotated[tuple[FactReference, ...], Kind("list of facts", _fact_references)]
Changes = Annotated[Mapping[str, object], Kind("changes", _changes)]
Value = Annotated[object, Kind("value", _value)]

RecordKind = Literal[
    "contact", "referral", "assessment", "enquiry", "meeting",
    "plan", "visit", "track", "placement", "episode",
]  # fmt: skip
