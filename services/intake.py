"""A CloudEvent as it was sent, checked, and made ready to be recorded."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec

from domain import catalogue
from domain.catalogue import ASKED, EVENT_TYPES, FIELDS, PREFIX
from domain.field import Invalid, Problem, is_clean
from domain.moment import EARLIEST, Moment, london_day, read_instant
from domain.people import WORKER_PREFIX
from infra.incoming import NO_EXTENSIONS, Incoming
from services import strict_json
from services.strict_json import Whole

MAX_EVENT_BYTES = 256 * 1024
MAX_IDENTITY = 1_024
"""Characters that an ``id`` or a ``source`` may have."""

SUBJECT = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)

_EXTENSION = re.compile(r"[a-z0-9]{1,64}", re.ASCII)
_NONE: Mapping[str, Any] = {}


class Plain(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A structured CloudEvent with nothing unusual about it, as most are; its values are not checked yet."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    data: dict[str, str | bool | Whole | float | list[str] | None]
    time: str | None = None
    recordedtime: str | None = None

    def keys(self) -> int:
        """How many keys it has in JSON. A null of its own is not counted: whoever counts looks closer."""
        return 6 + len(self.data) + (self.time is not None) + (self.recordedtime is not None)


read_plain = strict_json.reader_of(Plain, Plain.keys)
"""A plain event, from JSON."""

read_all_plain = strict_json.reader_of(list[Plain], lambda events: sum(map(Plain.keys, events)))
"""A batch of nothing but plain events, from JSON."""


def read(raw: bytes) -> object:
    """The event of a JSON text, for `incoming`. Raises NotJson or Improper as `strict_json.read` does."""
    return read_plain(raw) or strict_json.read(raw)


def incoming(event: object, now: datetime, *, historic: bool = False) -> Incoming:
    """Check a structured CloudEvent, parsed from JSON, as received at ``now`` (aware).

    Where ``time`` stands for the day, ``data`` has it as its ``occurred_on``; nulls are left out.
    Raises Invalid, naming every member that is wrong. When a fact was entered is taken on trust, up to the
    end of the day on which it is received: clocks differ, and a fact refused for a wrong one would be lost.
    """
    today = _today(now)
    plain = event if type(event) is Plain else _as_plain(event)
    fact = _plain(plain, today, historic) if plain is not None else None
    return fact or _checked_whole(whole(event), today, historic)


def _as_plain(event: object) -> Plain | None:
    if type(event) is not dict:
        raise Invalid([Problem("", "must be a JSON object: a structured CloudEvent")])
    try:
        return msgspec.convert(event, Plain)
    except msgspec.ValidationError:
        return None


def whole(event: object) -> Any:
    """An event as its JSON has it, whichever way it was read."""
    return msgspec.to_builtins(event) if type(event) is Plain else event


def _plain(event: Plain, today: date, historic: bool) -> Incoming | None:
    """The fact of an event that is right as it is; None where a closer look is needed."""
    id, source, stream, data = event.id, event.source, event.subject, event.data
    name = _stands(event.type, stream)
    if name is None or not _is_source(source):
        return None
    if not (0 < len(id) <= MAX_IDENTITY and id.isprintable()) or id.isspace():
        return None
    time, recordedtime = event.time, event.recordedtime
    parsers = _PARSERS_OF[name]
    try:
        if not _REQUIRED_OF[name] <= data.keys():
            return None
        for field, value in data.items():
            parsers[field](value)
        occurred_on: Any = data["occurred_on"]
        if len(occurred_on) == 10:
            # Days as text are in the order of days.
            if occurred_on > _text_of(today):
                return None
        elif Moment.parse(occurred_on).day > today:
            return None
        if time is not None:
            read_instant(time)
        if recordedtime is not None and _wrong_entry(recordedtime, today):
            return None
    except (KeyError, ValueError):
        return None
    return Incoming(stream, source, id, name, data, time, recordedtime, None, NO_EXTENSIONS, historic)


_PARSERS_OF = {
    name: {field.name: field.kind.parse for field in fields}
    for name, fields in FIELDS.items()
    if name not in ASKED and name != "FactCorrected"
}
_REQUIRED_OF = {
    name: frozenset(field.name for field in fields if field.required) for name, fields in FIELDS.items()
}


@lru_cache(maxsize=4_096)
def _is_source(text: str) -> bool:
    return len(text) <= MAX_IDENTITY and text.isprintable() and bool(text) and not text.isspace()


@lru_cache(maxsize=65_536)
def _stands(type_: str, stream: str) -> str | None:
    """The name of a type that may stand on a subject; None where it may not, or is not plain."""
    name = type_.removeprefix(PREFIX)
    if name == type_ or name not in _PARSERS_OF or not SUBJECT.fullmatch(stream):
        return None
    return None if stream == WORKER_PREFIX or catalogue.misplaced(name, stream) else name


@lru_cache(maxsize=8)
def _text_of(day: date) -> str:
    return day.isoformat()


@lru_cache(maxsize=8)
def _today(now: datetime) -> date:
    return london_day(now)


def _checked_whole(event: dict[str, Any], today: date, historic: bool) -> Incoming:
    """The event with every member checked. Raises Invalid, naming all that are wrong."""
    problems: list[Problem] = []
    words: dict[str, Any] = {}
    for attribute, check in _REQUIRED:
        value = event.get(attribute)
        if value is None:
            problems.append(Problem("/" + attribute, "is required"))
        else:
            words[attribute] = _checked(attribute, value, check, problems)
    for attribute in event.keys() & _OPTIONAL.keys():
        if (value := event[attribute]) is not None:
            words[attribute] = _checked(attribute, value, _OPTIONAL[attribute], problems)
    name, stream = words.get("type", ""), words.get("subject", "")
    time, recordedtime = words.get("time"), words.get("recordedtime")
    if recordedtime and (why := _wrong_entry(recordedtime, today)):
        problems.append(Problem("/recordedtime", why))
    if name and stream and (why := catalogue.misplaced(name, stream)):
        problems.append(Problem("/type", why))
    data = _data(event, name, time, today, problems)
    extras = event.keys() - _ATTRIBUTES
    extensions = _extensions(event, extras, problems) if extras else NO_EXTENSIONS
    if problems:
        raise Invalid(problems)
    return Incoming(
        stream=stream,
        source=words["source"],
        id=words["id"],
        type=name,
        data=data,
        time=time,
        recordedtime=recordedtime,
        dataschema=words.get("dataschema"),
        extensions=extensions,
        historic=historic,
    )


def _checked(attribute: str, value: object, check: Callable[[str], str], problems: list[Problem]) -> str:
    """A member as ``check`` returns it; empty where it is wrong."""
    try:
        if type(value) is not str:
            raise ValueError("must be text")
        return check(value)
    except ValueError as error:
        problems.append(Problem("/" + attribute, str(error)))
        return ""


def _specversion(text: str) -> str:
    if text != "1.0":
        raise ValueError('must be "1.0", the version of CloudEvents that is read here')
    return text


def _identity(text: str) -> str:
    if not text or text.isspace():
        raise ValueError("must not be empty")
    if len(text) > MAX_IDENTITY:
        raise ValueError(f"must be at most {MAX_IDENTITY} characters")
    if not text.isprintable():
        raise ValueError("must be on one line, without control characters")
    return text


def _type(text: str) -> str:
    name = text.removeprefix(PREFIX)
    if name == text:
        raise ValueError(f"{_quoted(text)} is not an event type; types begin with {PREFIX}")
    if name in ASKED:
        raise ValueError(f"{name} is asked, not reported; use POST /rulings")
    if name not in EVENT_TYPES:
        raise ValueError(f"{_quoted(text)} is not an event type; /openapi.json lists those there are")
    return name


def _subject(text: str) -> str:
    if not SUBJECT.fullmatch(text):
        raise ValueError("must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -")
    if text == WORKER_PREFIX:
        raise ValueError("must name the worker: worker:<id>")
    return text


def _time(text: str) -> str:
    read_instant(text)
    return text


@lru_cache(maxsize=65_536)
def _wrong_entry(recordedtime: str, today: date) -> str | None:
    instant = read_instant(recordedtime)
    # London is never behind UTC: most days need no time zone.
    if EARLIEST < instant.date() < today:
        return None
    day = london_day(instant)
    if day < EARLIEST:
        return "is before 1900"
    return "is after the day on which it was received" if day > today else None


def _datacontenttype(text: str) -> str:
    media_type = text.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ValueError("must be application/json; data is a JSON object")
    return text


_REQUIRED: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("specversion", _specversion),
    ("id", _identity),
    ("source", _identity),
    ("type", _type),
    ("subject", _subject),
)
_OPTIONAL: Mapping[str, Callable[[str], str]] = {
    "time": _time,
    "recordedtime": _time,
    "dataschema": _identity,
    "datacontenttype": _datacontenttype,
}
_ATTRIBUTES = frozenset({"data", "data_base64", *dict(_REQUIRED), *_OPTIONAL})


def _data(
    event: Mapping[str, Any], name: str, time: str | None, today: date, problems: list[Problem]
) -> Mapping[str, Any]:
    if event.get("data_base64") is not None:
        problems.append(Problem("/data_base64", "is not read here; send the fields as a JSON object in data"))
        return _NONE
    sent = event.get("data")
    if sent is None:
        sent = {}
    if type(sent) is not dict:
        problems.append(Problem("/data", "must be a JSON object with the fields of the event"))
        return _NONE
    if not name:
        return _NONE
    data = sent
    if time and sent.get("occurred_on") is None:
        data = {**sent, "occurred_on": time}
    try:
        values = catalogue.parse(name, data)
    except Invalid as error:
        problems += error.problems
        return data
    if None in data.values():
        data = {key: value for key, value in data.items() if value is not None}
    occurred = values["occurred_on"]
    assert isinstance(occurred, Moment)
    if occurred.day > today:
        at = "/time" if sent.get("occurred_on") is None else "/data/occurred_on"
        problems.append(Problem(at, "is after the day on which it was received"))
    if name == "FactCorrected":
        problems += _wrong_changes(data["changes"], today)
    return data


_PARSERS: dict[str, list[Callable[[object], object]]] = {}
for _fields in FIELDS.values():
    for _field in _fields:
        if _field.kind.parse not in _PARSERS.setdefault(_field.name, []):
            _PARSERS[_field.name].append(_field.kind.parse)


def _wrong_changes(changes: Mapping[str, Any], today: date) -> Iterable[Problem]:
    """What in a correction is right of no fact whatever; the fact it corrects is not looked at."""
    for field, value in changes.items():
        at = catalogue.pointer("changes") + catalogue.pointer(field).removeprefix("/data")
        if field not in _PARSERS:
            yield Problem(at, "is not a field of any event")
            continue
        if value is None:
            continue
        errors = []
        for parse in _PARSERS[field]:
            try:
                parsed = parse(value)
            except ValueError as error:
                errors.append(str(error))
            else:
                if field == "occurred_on" and isinstance(parsed, Moment) and parsed.day > today:
                    yield Problem(at, "is after the day on which it was received")
                break
        else:
            yield Problem(at, ", or ".join(errors))


def _extensions(event: Mapping[str, Any], names: Iterable[str], problems: list[Problem]) -> Mapping[str, Any]:
    extensions: dict[str, Any] = {}
    for name in sorted(names):
        value = event[name]
        if not _EXTENSION.fullmatch(name):
            at = catalogue.pointer(name).removeprefix("/data")
            what = "is neither an attribute of CloudEvents nor an extension, whose name has only a-z and 0-9"
            problems.append(Problem(at, what))
        elif isinstance(value, (dict, list)):
            problems.append(Problem("/" + name, "must be text, a number, true or false"))
        elif isinstance(value, str) and not is_clean(value):
            problems.append(Problem("/" + name, "has control characters"))
        elif value is not None:
            extensions[name] = value
    return extensions


def _quoted(text: str) -> str:
    shown = text if len(text) <= 100 else text[:100] + "…"
    return f"“{shown}”" if is_clean(shown) else "this"
