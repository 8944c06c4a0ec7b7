"""Every type of event by its permanent name, with its fields, and how reported data becomes a fact."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, get_args, get_origin, get_type_hints

from domain import (
    assessment,
    audit,
    care,
    contact,
    correction,
    decision,
    identity,
    meeting,
    people,
    plan,
    pre_proceedings,
    protection,
    referral,
    ruling,
    snapshot,
    visit,
)  # fmt: skip
from domain.event import Event
from domain.field import Invalid, Kind, Problem
from domain.people import WORKER_PREFIX

PREFIX = "casetimeline."

EVENT_TYPES: dict[str, type[Event]] = {
    cls.__name__: cls
    for module in (
        contact, referral, assessment, protection, meeting, plan, visit, decision, pre_proceedings,
        care, people, audit, identity, correction, snapshot, ruling,
    )
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event
}  # fmt: skip

ON_WORKERS = frozenset({"WorkerJoined", "WorkerLeft", "SupervisionHeld"})
ON_AUTHORITY = frozenset({"ActionSet", "ActionDone", "ActionReopened"})
ON_ANY = frozenset({"FactCorrected", "FactWithdrawn"})
ASKED = frozenset({"ClockRuled"})

AUTHORITY = "authority"


def is_child(stream: str) -> bool:
    """Whether a stream is a child's, not a worker's nor the authority's."""
    return stream != AUTHORITY and not stream.startswith(WORKER_PREFIX)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event: ``name`` as reported, ``attribute`` as in the class."""

    name: str
    attribute: str
    kind: Kind
    required: bool


def _fields(cls: type[Event]) -> tuple[Field, ...]:
    hints = get_type_hints(cls, include_extras=True)
    found = []
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        if get_origin(hint) is not Annotated:
            hint = next(part for part in get_args(hint) if part is not NoneType)
        kind = next(extra for extra in hint.__metadata__ if isinstance(extra, Kind))
        required = field.default is dataclasses.MISSING
        found.append(Field(field.name.rstrip("_"), field.name, kind, required))
    return tuple(found)


FIELDS: dict[str, tuple[Field, ...]] = {name: _fields(cls) for name, cls in EVENT_TYPES.items()}
FIELD_NAMES = frozenset(field.name for fields in FIELDS.values() for field in fields)

_PARSERS: dict[str, dict[str, tuple[str, Callable[[object], object]]]] = {
    name: {field.name: (field.attribute, field.kind.parse) for field in fields}
    for name, fields in FIELDS.items()
}
_REQUIRED = {name: frozenset(f.name for f in fields if f.required) for name, fields in FIELDS.items()}
_REQUIRED_ATTRIBUTES = {
    name: tuple(f.attribute for f in fields if f.required) for name, fields in FIELDS.items()
}
_PERSONAL = {name: frozenset(f.name for f in fields if f.kind.is_personal) for name, fields in FIELDS.items()}


def personal_fields(name: str) -> frozenset[str]:
    """The fields of an event type that always hold personal data (see domain/personal.py for the rest)."""
    return _PERSONAL[name]


def parse(name: str, data: Mapping[str, object]) -> dict[str, object]:
    """Check the data of an event of type ``name``; return its values by attribute. A null is an absent field.

    Raises Invalid, listing every field that is wrong; pointers are below ``/data``.
    """
    parsers = _PARSERS[name]
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for key, raw in data.items():
        found = parsers.get(key)
        if found is None:
            known = ", ".join(parsers)
            problems.append(Problem(pointer(key), f"is not a field of {name}; its fields are {known}"))
        elif raw is not None:
            try:
                values[found[0]] = found[1](raw)
            except ValueError as error:
                problems.append(Problem(pointer(key), str(error)))
    problems += [
        Problem(pointer(key), f"is required for {name}")
        for key in sorted(_REQUIRED[name])
        if data.get(key) is None
    ]
    if problems:
        raise Invalid(problems)
    return values


def read(name: str, data: Mapping[str, object]) -> Event:
    """The fact that data of type ``name`` tells. Raises Invalid as `parse` does."""
    return EVENT_TYPES[name](**parse(name, data))  # type: ignore[arg-type]


def recall(name: str, data: Mapping[str, object]) -> Event:
    """The fact that stored data tells: checked when it was recorded, and perhaps since bereft of what was
    personal.

    A required field that was erased is None.
    """
    parsers = _PARSERS[name]
    values: dict[str, object] = dict.fromkeys(_REQUIRED_ATTRIBUTES[name])
    for key, raw in data.items():
        attribute, kind_parse = parsers[key]
        values[attribute] = kind_parse(raw)
    return EVENT_TYPES[name](**values)  # type: ignore[arg-type]


def pointer(key: str) -> str:
    """The JSON pointer (RFC 6901) of a field of an event's data."""
    return "/data/" + key.replace("~", "~0").replace("/", "~1")


def misplaced(name: str, stream: str) -> str | None:
    """Why an event of type ``name`` cannot stand in ``stream``; None where it can."""
    if name in ON_ANY:
        return None
    if stream.startswith(WORKER_PREFIX):
        return (
            None
            if name in ON_WORKERS
            else f"{name} belongs to a child; make its subject the child's reference"
        )
    if stream == AUTHORITY:
        return (
            None
            if name in ON_AUTHORITY
            else f"{name} does not belong to the authority; name its child or worker"
        )
    return f"{name} belongs to a worker; make its subject worker:<id>" if name in ON_WORKERS else None
