"""Events in JSON Schema, as POST /events takes them and replies show them."""

from typing import Any

from domain.catalogue import ASKED, EVENT_TYPES, FIELDS, PREFIX, Field
from domain.field import MAX_CODE, MAX_COUNT, MAX_LIST, MAX_REFERENCE, MAX_TEXT
from services.intake import MAX_IDENTITY

Schema = dict[str, Any]

_LEAP_YEARS = r"(?:(?:19|20)(?:0[48]|[2468][048]|[13579][26])|2000)"


def day_pattern(years: str = r"(?:19|20)\d\d") -> str:
    """A regular expression for the days of the calendar in some years from 1900 on."""
    return (
        rf"(?:{years}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
        rf"|02-(?:0[1-9]|1\d|2[0-8]))|(?={years}){_LEAP_YEARS}-02-29)"
    )


TIME_PATTERN = r"T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
DAY: Schema = {"type": "string", "format": "date", "pattern": f"^{day_pattern()}$"}
INSTANT: Schema = {"type": "string", "pattern": f"^{day_pattern()}{TIME_PATTERN}$"}
WHEN: Schema = {
    "type": "string",
    "pattern": f"^{day_pattern()}(?:{TIME_PATTERN})?$",
    "description": "A date, or an instant with its offset from UTC.",
}
IDENTITY: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_IDENTITY, "pattern": r"^[!-~]+$"}
SUBJECT: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9._:-]{1,128}$"}
REFERENCE: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_REFERENCE, "pattern": r"\S"}
FACT: Schema = {
    "type": "object",
    "properties": {"source": IDENTITY, "id": IDENTITY},
    "required": ["source", "id"],
    "additionalProperties": False,
}

_KINDS: dict[str, Schema] = {
    "reference": REFERENCE,
    "code": {"type": "string", "minLength": 1, "maxLength": MAX_CODE, "pattern": r"\S"},
    "text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"\S"},
    "date": DAY,
    "flag": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 1, "maximum": MAX_COUNT},
    "number": {"type": "number", "minimum": 0, "maximum": MAX_COUNT},
    "date or instant": WHEN,
    "list of references": {"type": "array", "items": REFERENCE, "maxItems": MAX_LIST},
    "list of agencies, or their number": {
        "oneOf": [
            {"type": "array", "items": REFERENCE, "maxItems": MAX_LIST},
            {"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
        ]
    },
    "fact": FACT,
    "list of facts": {"type": "array", "items": FACT, "maxItems": MAX_LIST},
    "changes": {
        "type": "object",
        "minProperties": 1,
        "description": "Fields, and what they should have been.",
    },
    "value": {"type": ["string", "number", "boolean"]},
}


def _field(field: Field) -> Schema:
    schema = (
        {"type": "string", "enum": list(field.kind.words)} if field.kind.words else _KINDS[field.kind.name]
    )
    if field.kind.is_personal:
        return {**schema, "description": "Personal data."}
    return schema


def data(name: str) -> Schema:
    """The data of an event type."""
    return {
        "type": "object",
        "properties": {field.name: _field(field) for field in FIELDS[name]},
        "required": [field.name for field in FIELDS[name] if field.required],
        "additionalProperties": False,
    }


REPORTED = tuple(name for name in EVENT_TYPES if name not in ASKED)


def _or_null(schema: Schema) -> Schema:
    """A null is an attribute that is not there."""
    return {**schema, "type": [schema["type"], "null"]}


# One schema for all types: a choice among seventy takes the tools that make requests from it many minutes.
EVENT: Schema = {
    "type": "object",
    "properties": {
        "specversion": {"type": "string", "enum": ["1.0"]},
        "id": IDENTITY,
        "source": IDENTITY,
        "type": {"type": "string", "enum": [PREFIX + name for name in REPORTED]},
        "subject": SUBJECT,
        "time": _or_null(INSTANT),
        "recordedtime": _or_null({**INSTANT, "description": "When the case system says it was typed in."}),
        "datacontenttype": {"enum": ["application/json", None]},
        "dataschema": _or_null(IDENTITY),
        "data": {
            "type": "object",
            "properties": {"occurred_on": WHEN},
            "description": (
                f"The fields of the event; those of {PREFIX}AssessmentStarted are in the schema "
                "AssessmentStarted, and so on. occurred_on may be left out where there is a time."
            ),
        },
    },
    "patternProperties": {
        "^[a-z0-9]{1,64}$": {
            "type": ["string", "number", "boolean", "object", "null"],
            "description": "Other attributes are extensions of CloudEvents, and are kept.",
        }
    },
    "required": ["specversion", "id", "source", "type", "subject", "data"],
    "additionalProperties": False,
}


def components() -> dict[str, Schema]:
    """An event, and the data of every type."""
    return {"Event": EVENT, **{name: data(name) for name in REPORTED}}
