"""The description of the HTTP API in OpenAPI 3.1, from the same tables that the routes are made of."""

from datetime import date
from typing import Any

from projections.catalogue import PROJECTIONS
from services.api import event_schemas, measure_schemas, problems
from services.api.described import json_ as _json
from services.api.described import list_ as _list
from services.api.described import object_ as _object
from services.api.described import operation as _operation
from services.api.described import or_null as _or_null
from services.api.described import problems_ as _problems
from services.api.described import query as _query
from services.api.described import ref as _ref
from services.api.event_schemas import FACT, SUBJECT, TIME_PATTERN, Schema, day_pattern
from services.api.lists import FLAGS, TIMESCALES, TYPES
from services.api.parameters import DEFAULT_LIMIT, MAX_LIMIT
from services.clock_list import SORTS, STATUSES

EXAMPLE_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "a-1-started",
    "source": "https://cases.example.gov.uk",
    "type": "casetimeline.AssessmentStarted",
    "subject": "C1001",
    "time": "2019-03-06T09:30:00Z",
    "recordedtime": "2019-03-06T16:05:00Z",
    "data": {"occurred_on": "2019-03-06", "assessment_id": "A-1", "referral_id": "R-1"},
}
EXAMPLE_RECEIPT = {
    "id": "a-1-started",
    "source": "https://cases.example.gov.uk",
    "status": "recorded",
    "subject": "C1001",
    "version": 2,
    "position": {"partition": 0, "offset": 17},
    "recorded_at": "2019-03-06T16:05:02.120000Z",
}

_INSTANT: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SECONDS_IF_KNOWN: Schema = {"type": ["number", "null"], "minimum": 0}
_WORD: Schema = {"type": "string"}
_CURSOR: Schema = {
    "type": ["string", "null"],
    "description": "What to send as cursor for the page after this one.",
}


_DAYS = _object({"working_days": {"type": "integer"}, "calendar_days": {"type": "integer"}})
_ECHO: dict[str, Schema] = {
    "as_at": {"type": "string", "format": "date"},
    "known_at": {"type": ["string", "null"]},
    "basis": {"type": "string", "enum": ["recorded", "entered"]},
}
_POSITION = _object({"partition": _COUNT, "offset": _COUNT})
_SPAN = _object(
    {
        "state": {"type": "string", "enum": ["waiting", "open", "paused", "closed"]},
        "record": {"type": ["string", "null"]},
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "working_days": {"type": "integer"},
        "calendar_days": {"type": "integer"},
        "shown": {"type": "boolean"},
    }
)
_FLAG = _object(
    {"code": _WORD, "value": {"type": ["string", "integer", "null"]}, "because": _list(_ref("Fact"))}
)
_CLOCK: dict[str, Schema] = {
    "id": _WORD,
    "timescale": _WORD,
    "subject": _WORD,
    "status": {"type": "string", "enum": list(STATUSES)},
    "started_on": {"type": "string", "format": "date"},
    "stopped_on": {"type": ["string", "null"], "format": "date"},
    "due_on": {"type": "string", "format": "date"},
    "provisional": {"type": "boolean"},
    "limit": _object({"value": {"type": "integer"}, "unit": _WORD}),
    "elapsed": _ref("Days"),
    "recorded": _or_null(
        _object(
            {
                "record": _WORD,
                "from": {"type": "string", "format": "date"},
                "to": {"type": "string", "format": "date"},
                "working_days": {"type": "integer"},
                "calendar_days": {"type": "integer"},
            }
        )
    ),
    "hidden": _or_null(_ref("Days")),
    "over_by": _ref("Days"),
    "spans": _list(_ref("Span")),
    "flags": _list(_ref("Flag")),
    "because": _list(_ref("Fact")),
}
_ENTRY: dict[str, Schema] = {
    "type": _WORD,
    "source": _WORD,
    "id": _WORD,
    "subject": _WORD,
    "occurred_on": _WORD,
    "entered_at": {"type": ["string", "null"], "format": "date-time"},
    "recorded_at": _INSTANT,
    "version": _COUNT,
    "position": _ref("Position"),
    "data": {"type": "object"},
}
_RECEIPT = {
    "id": _WORD,
    "source": _WORD,
    "status": {"type": "string", "enum": ["recorded", "duplicate"]},
    "subject": _WORD,
    "version": _COUNT,
    "position": _ref("Position"),
    "recorded_at": _INSTANT,
}
_PROBLEM = {
    "type": {"type": "string", "enum": [problems.URN + kind for kind in problems.KINDS]},
    "title": _WORD,
    "status": {"type": "integer"},
    "detail": {"type": "string", "description": "What to do about it."},
    "pointer": {**_list(_WORD), "description": "JSON pointers to what is wrong, or names of parameters."},
    "errors": _list(
        _object({"pointer": _WORD, "parameter": _WORD, "detail": _WORD}, optional=("pointer", "parameter"))
    ),
    "code": {"type": "string", "description": "Why a ruling was refused."},
}

SCHEMAS: dict[str, Schema] = {
    "Fact": {**FACT, "properties": {"source": _WORD, "id": _WORD}},
    "Days": _DAYS,
    "Position": _POSITION,
    "Span": _SPAN,
    "Flag": _FLAG,
    "Clock": _object(
        {**_CLOCK, "held": _list(_object({"by": _ref("Fact"), "code": _WORD, "why": _WORD}))},
        optional=("held",),
    ),
    "ListedClock": _object(
        {
            "child": _WORD,
            "team_id": {"type": ["string", "null"]},
            "worker_id": {"type": ["string", "null"]},
            **_CLOCK,
        }
    ),
    "Receipt": _object(_RECEIPT),
    "Refusal": _object(
        {
            "status": {"type": "string", "enum": ["refused"]},
            "problem": _ref("Problem"),
            "source": _WORD,
            "id": _WORD,
        },
        optional=("source", "id"),
    ),
    "Results": _object({"results": _list({"anyOf": [_ref("Receipt"), _ref("Refusal")]})}),
    "Problem": _object(_PROBLEM, optional=("pointer", "errors", "code")),
    "Clocks": _object(
        {
            "child": _WORD,
            "merged": _list(_WORD),
            **_ECHO,
            "clocks": _list(_ref("Clock")),
            "rulings": _list({"type": "object"}),
            "without_rulings": _list(_ref("Clock")),
        },
        optional=("rulings", "without_rulings"),
    ),
    "Timeline": _object(
        {
            "child": _WORD,
            "merged": _list(_WORD),
            **_ECHO,
            "entries": _list(
                _object(
                    {
                        **_ENTRY,
                        "recording_delay_working_days": {"type": "integer"},
                        "corrected_by": _list(_ref("Fact")),
                        "withdrawn_by": _list(_ref("Fact")),
                        "effective": {"type": ["object", "null"]},
                        "discrepancies": _list(_object({"code": _WORD, "detail": _WORD})),
                        "held": _list(_object({"by": _ref("Fact"), "code": _WORD, "why": _WORD})),
                        "historic": {"type": "boolean"},
                        "erased": {"type": "boolean"},
                    }
                )
            ),
        }
    ),
    "ClockList": _object({**_ECHO, "clocks": _list(_ref("ListedClock")), "next": _CURSOR, "lag": _COUNT}),
    "EventList": _object(
        {
            "events": _list(
                _object(
                    {
                        **_ENTRY,
                        "time": {"type": ["string", "null"]},
                        "extensions": {"type": "object"},
                        "historic": {"type": "boolean"},
                        "erased": {"type": "boolean"},
                    }
                )
            ),
            "next": _CURSOR,
        }
    ),
    "ConflictList": _object(
        {
            "conflicts": _list(
                _object(
                    {
                        "source": _WORD,
                        "id": _WORD,
                        "subject": _WORD,
                        "type": _WORD,
                        "differs": _list(_WORD),
                        "refused_at": _INSTANT,
                    }
                )
            ),
            "next": _CURSOR,
        }
    ),
    "TimescaleList": _object(
        {
            **_ECHO,
            "timescales": _list(
                _object(
                    {
                        "id": _WORD,
                        "part": {"type": ["string", "null"]},
                        "limit": _object({"value": {"type": "integer"}, "unit": _WORD}),
                        "starts": _WORD,
                        "stops": _WORD,
                        "repeats": {"type": "boolean"},
                        "kind": _WORD,
                        "source": _WORD,
                        "paragraph": {"type": ["string", "null"]},
                        "edition": _WORD,
                        "nation": _WORD,
                        "confidence": _WORD,
                        "in_force_from": {"type": "string", "format": "date"},
                        "in_force_to": {"type": ["string", "null"], "format": "date"},
                    }
                )
            ),
            "parameters": _list(
                _object(
                    {
                        "name": _WORD,
                        "value": {"type": "integer"},
                        "unit": _WORD,
                        "meaning": _WORD,
                        "kind": _WORD,
                        "source": _WORD,
                        "edition": _WORD,
                        "in_force_from": {"type": "string", "format": "date"},
                        "in_force_to": {"type": ["string", "null"], "format": "date"},
                    }
                )
            ),
            "next": _CURSOR,
        }
    ),
    "Intake": _object(
        {
            "topic": _WORD,
            "lag": _COUNT,
            "tally": _ref("IntakeTally"),
            "set_aside": _COUNT,
            "partitions": _list(
                _object(
                    {
                        "partition": _COUNT,
                        "read_to": _COUNT,
                        "end": _COUNT,
                        "lag": _COUNT,
                        "tally": _ref("IntakeTally"),
                    }
                )
            ),
        }
    ),
    "IntakeTally": _object(
        dict.fromkeys(("recorded", "duplicate", "conflict", "refused", "missing"), _COUNT)
    ),
    "SetAsideList": _object(
        {
            "set_aside": _list(
                _object(
                    {
                        "number": _COUNT,
                        "at": _INSTANT,
                        "topic": _WORD,
                        "position": _ref("Position"),
                        "kind": _WORD,
                        "reason": _WORD,
                        "pointer": _list(_WORD),
                        "bytes": _COUNT,
                        "cut": {"type": "boolean"},
                    }
                )
            ),
            "next": _CURSOR,
        }
    ),
    "ProjectionList": _object(
        {
            "projections": _list(
                _object(
                    {
                        "name": _WORD,
                        "version": _COUNT,
                        "code_version": _COUNT,
                        "build": _COUNT,
                        "position": _or_null(_ref("Position")),
                        "recorded_at": {"type": ["string", "null"], "format": "date-time"},
                        "lag": _COUNT,
                        "lag_seconds": _SECONDS_IF_KNOWN,
                        "set_aside": _COUNT,
                        "rate": {"type": ["integer", "null"]},
                        "last_rebuild": {"type": ["string", "null"], "format": "date-time"},
                        "next": _or_null(
                            _object(
                                {
                                    "build": _COUNT,
                                    "version": _COUNT,
                                    "state": _WORD,
                                    "streams": _COUNT,
                                    "read": _COUNT,
                                    "all": _COUNT,
                                    "rate": {"type": ["integer", "null"]},
                                    "seconds_left": _SECONDS_IF_KNOWN,
                                }
                            )
                        ),
                        "partitions": _list(
                            _object(
                                {
                                    "partition": _COUNT,
                                    "read": _COUNT,
                                    "applied": _COUNT,
                                    "set_aside": _COUNT,
                                    "lag": _COUNT,
                                    "lag_seconds": _SECONDS_IF_KNOWN,
                                }
                            )
                        ),
                    }
                )
            ),
            "next": _CURSOR,
        }
    ),
    "WaitingList": _object({"set_aside": _list(_ref("Waiting")), "next": _CURSOR}),
    "WaitingOfOne": _object({"set_aside": _list(_ref("Waiting"))}),
    "Waiting": _object(
        {
            "projection": _WORD,
            "subject": _WORD,
            "behind": _WORD,
            "error": _WORD,
            "place": _WORD,
            "said": {"type": ["string", "null"]},
            "position": _or_null(_object({"partition": _COUNT, "number": _COUNT})),
            "events": _COUNT,
            "since": {"type": "string", "format": "date-time"},
            "tries": _COUNT,
            "dropped": {"type": "boolean"},
        }
    ),
    "Tried": _object(
        {
            "tried": _list(
                _object(
                    {
                        "projection": _WORD,
                        "subject": _WORD,
                        "applied": {"type": "boolean"},
                        "error": {"type": ["string", "null"]},
                        "place": {"type": ["string", "null"]},
                    }
                )
            )
        }
    ),
    "Dropped": _object({"dropped": _COUNT}),
    "Ruling": {
        "type": "object",
        "properties": {
            "child": SUBJECT,
            "clock": event_schemas.REFERENCE,
            "ruling": {"type": "string", "enum": ["link", "unlink", "accept_correction", "void"]},
            "reason": {"type": "string", "minLength": 1, "maxLength": 65_536, "pattern": r"\S"},
            "ruled_by": event_schemas.REFERENCE,
            "facts": {"type": "array", "items": FACT, "maxItems": 1_000},
            "other_clock": event_schemas.REFERENCE,
        },
        "required": ["child", "clock", "ruling", "reason", "ruled_by"],
        "additionalProperties": False,
    },
    "Status": _object({"status": _WORD}),
}


def _question(last_day: date) -> list[Schema]:
    years = _years(1900, last_day.year)
    return [
        _query(
            "as_at",
            {"type": "string", "format": "date", "pattern": f"^{day_pattern(years)}$"},
            "The day asked about, at its end; today where none is given.",
        ),
        _query(
            "known_at",
            {"type": "string", "pattern": f"^{day_pattern(years)}(?:{TIME_PATTERN})?$"},
            "Leave out what was learnt after this day or instant.",
        ),
        _query(
            "basis",
            {"type": "string", "enum": ["recorded", "entered"]},
            "Whether a fact was learnt when it was recorded, or when it is said to have been entered.",
        ),
    ]


def _years(first: int, last: int) -> str:
    """A regular expression for the years from the first of a century to one of the next."""
    assert first == 1900
    tens, ones = divmod(last - 2000, 10)
    assert 0 < tens < 10
    return rf"(?:19\d\d|20[0-{tens - 1}]\d|20{tens}[0-{ones}])"


_PAGING = [
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many items a page has at most.",
    ),
]
_NUMBERED = _query("cursor", {"type": "string", "pattern": r"^[0-9]{1,18}$"}, "The next of the page before.")
_PLACES = _query(
    "cursor",
    {"type": "string", "pattern": r"^[0-9]{1,18}(\.[0-9]{1,18})*$"},
    "The next of the page before.",
)
_PROJECTION = _query(
    "projection",
    {"type": "string", "enum": [projection.name for projection in PROJECTIONS]},
    "Only in this projection.",
)
_STREAM: Schema = {
    "name": "stream",
    "in": "path",
    "required": True,
    "schema": SUBJECT,
    "description": "A child's reference, worker:ID, or authority.",
}
_OPAQUE = _query(
    "cursor", {"type": "string", "minLength": 1, "maxLength": 1_024}, "The next of the page before."
)
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[ -~]+$"}
_SOURCE: Schema = {"type": "string", "minLength": 1, "maxLength": 1_024, "pattern": r"^[ -~]+$"}


def _text(media_type: str, description: str) -> Schema:
    return {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}


_ETAG = {"ETag": {"description": "The version of the child's history.", "schema": {"type": "string"}}}
_WORKER = {
    "name": "worker",
    "in": "path",
    "required": True,
    "schema": SUBJECT,
    "description": "The worker's id, percent-encoded.",
    "example": "W-7",
}
_CHILD = {
    "name": "child",
    "in": "path",
    "required": True,
    "schema": SUBJECT,
    "description": "The child's reference, percent-encoded.",
    "example": "C1001",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of an answer that is still there; heeded where as_at is given.",
}


def document(version: str, last_day: date) -> dict[str, Any]:
    """The description. ``last_day`` is the last that can be asked about."""
    asked = _question(last_day)
    binary = [
        {
            "name": f"ce-{name}",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "example": EXAMPLE_EVENT[name],
            "description": f"Binary mode: {told}.",
        }
        for name, told in (
            ("specversion", "the version of CloudEvents"),
            ("id", "the id of the fact"),
            ("source", "who reports it"),
            ("type", "the type of the event"),
            ("subject", "whom it is about"),
            ("time", "an instant, for occurred_on where that is absent"),
            ("recordedtime", "when it was typed in"),
        )
    ]
    event_list = _query("type", {"type": "string", "enum": list(TYPES)}, "Only events of this type.")
    paths: dict[str, Any] = {
        "/events": {
            "post": _operation(
                "Record facts",
                "facts",
                {
                    "200": {
                        "description": "Recorded before (one event), or all of several kept.",
                        "content": {
                            "application/json": {"schema": {"anyOf": [_ref("Receipt"), _ref("Results")]}}
                        },
                    },
                    "201": _json("Receipt", "The fact is durable and readable.", EXAMPLE_RECEIPT),
                    "207": _json("Results", "Some of several were refused."),
                    "422": {
                        "description": "The event cannot be recorded, or none of several could be.",
                        "content": {
                            problems.MEDIA_TYPE: {"schema": _ref("Problem")},
                            "application/json": {"schema": _ref("Results")},
                        },
                    },
                    **_problems(400, 409, 413, 415, 503, 507),
                },
                description=(
                    "One CloudEvent (structured or binary mode), several (batch mode), or one a line. "
                    "The reply is sent once the facts are durable. The same source and id again with the "
                    "same content is a duplicate, with other content a conflict. A fact is never refused "
                    "for contradicting history."
                ),
                parameters=binary,
                requestBody={
                    "required": True,
                    "content": {
                        "application/cloudevents+json": {"schema": _ref("Event"), "example": EXAMPLE_EVENT},
                        "application/cloudevents-batch+json": {
                            "schema": {
                                "type": "array",
                                "items": _ref("Event"),
                                "description": "Up to 5,000 events.",
                            },
                            "example": [EXAMPLE_EVENT],
                        },
                        "application/x-ndjson": {
                            "schema": {"type": "string", "description": "One structured event a line."}
                        },
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "description": "Binary mode: the data of the event.",
                            },
                            "example": EXAMPLE_EVENT["data"],
                        },
                    },
                },
            ),
            "get": _operation(
                "List the facts of the log",
                "facts",
                {
                    "200": _json("EventList", "Facts in the order in which they were recorded."),
                    **_problems(422, 503),
                },
                parameters=[
                    _query("child", SUBJECT, "Only facts of this child, worker:<id> or authority."),
                    event_list,
                    _query("source", _SOURCE, "Only facts that this source reported."),
                    _query("recorded_from", WHEN_ASKED, "Only facts recorded from this day or instant on."),
                    _query("recorded_to", WHEN_ASKED, "Only facts recorded up to this day or instant."),
                    *_PAGING,
                    _PLACES,
                ],
            ),
        },
        "/children/{child}/clocks": {
            "get": _operation(
                "How long each need has run, and what the record shows",
                "children",
                {
                    "200": _json("Clocks", "The clocks of a child.", headers=_ETAG),
                    "304": {"description": "Nothing changed."},
                    **_problems(404, 422, 503),
                },
                parameters=[_CHILD, *asked, _IF_NONE_MATCH],
            )
        },
        "/workers/{worker}/clocks": {
            "get": _operation(
                "How long a worker has been without supervision",
                "people",
                {
                    "200": _json(
                        "Clocks", "The clocks of a worker, whose stream is the child.", headers=_ETAG
                    ),
                    "304": {"description": "Nothing changed."},
                    **_problems(404, 422, 503),
                },
                parameters=[_WORKER, *asked, _IF_NONE_MATCH],
            )
        },
        "/authority/clocks": {
            "get": _operation(
                "How the authority's own priority actions stand",
                "people",
                {
                    "200": _json("Clocks", "The clocks of the authority.", headers=_ETAG),
                    "304": {"description": "Nothing changed."},
                    **_problems(404, 422, 503),
                },
                parameters=[*asked, _IF_NONE_MATCH],
            )
        },
        "/children/{child}/timeline": {
            "get": _operation(
                "All that happened, and when it was learnt",
                "children",
                {
                    "200": _json("Timeline", "The facts of a child.", headers=_ETAG),
                    "304": {"description": "Nothing changed."},
                    **_problems(404, 422, 503),
                },
                parameters=[_CHILD, *asked, _IF_NONE_MATCH],
            )
        },
        "/clocks": {
            "get": _operation(
                "List clocks of all children, longest over first",
                "lists",
                {
                    "200": _json("ClockList", "Clocks; lag tells how many facts they are behind."),
                    **_problems(422, 503),
                },
                parameters=[
                    *asked,
                    _query(
                        "timescale", {"type": "string", "enum": list(TIMESCALES)}, "Only of this timescale."
                    ),
                    _query(
                        "status",
                        {
                            "type": "string",
                            "pattern": f"^(?:{'|'.join(STATUSES)})(?:,(?:{'|'.join(STATUSES)})){{0,9}}$",
                        },
                        "Only of this status, or of several with commas between.",
                    ),
                    _query(
                        "over",
                        {"type": "string", "enum": ["true", "false"]},
                        "Only past the limit, or only not.",
                    ),
                    _query("team_id", _NAME, "Only of children that this team holds."),
                    _query("worker_id", _NAME, "Only of children that this worker holds."),
                    _query("flag", {"type": "string", "enum": list(FLAGS)}, "Only with this flag."),
                    _query("sort", {"type": "string", "enum": list(SORTS)}, "What the list is ordered by."),
                    *_PAGING,
                    _OPAQUE,
                ],
            )
        },
        "/conflicts": {
            "get": _operation(
                "List the facts refused because another fact has their source and id",
                "lists",
                {"200": _json("ConflictList", "Refused facts, oldest first."), **_problems(422, 503)},
                parameters=[_query("source", _SOURCE, "Only from this source."), *_PAGING, _NUMBERED],
            )
        },
        **measure_schemas.paths(asked, [*_PAGING, _NUMBERED], [*_PAGING, _OPAQUE]),
        "/timescales": {
            "get": _operation(
                "The limits in force on a day, and where they come from",
                "lists",
                {"200": _json("TimescaleList", "Timescales."), **_problems(422)},
                parameters=[*asked, *_PAGING, _NUMBERED],
            )
        },
        "/projections": {
            "get": _operation(
                "How far the lists are with the log",
                "lists",
                {"200": _json("ProjectionList", "Projections."), **_problems(422, 503)},
                parameters=[*_PAGING, _NUMBERED],
                description="With Accept: text/event-stream, told again every second.",
            )
        },
        "/set-aside": {
            "get": _operation(
                "List what could not be projected, and why",
                "lists",
                {"200": _json("WaitingList", "What waits, the longest first."), **_problems(422, 503)},
                parameters=[
                    _PROJECTION,
                    _query("dropped", {"type": "string", "enum": ["true", "false"]}, "Also what was let go."),
                    *_PAGING,
                    _NUMBERED,
                ],
            ),
            "post": _operation(
                "Try all again with the code of the day",
                "lists",
                {"200": _json("Tried", "What came of it."), **_problems(422, 503)},
                parameters=[_PROJECTION],
            ),
        },
        "/set-aside/{stream}": {
            "get": _operation(
                "Why a child, worker or the authority is set aside",
                "lists",
                {"200": _json("WaitingOfOne", "Where it waits."), **_problems(404, 422, 503)},
                parameters=[_STREAM, _PROJECTION],
            )
        },
        "/set-aside/{stream}/retry": {
            "post": _operation(
                "Try again with the code of the day",
                "lists",
                {"200": _json("Tried", "What came of it."), **_problems(404, 422, 503)},
                parameters=[_STREAM, _PROJECTION],
            )
        },
        "/set-aside/{stream}/drop": {
            "post": _operation(
                "Let it wait for ever",
                "lists",
                {"200": _json("Dropped", "How many wait so."), **_problems(404, 422, 503)},
                parameters=[_STREAM, _PROJECTION],
                description="Its rows stay as they are, and what waits goes on being counted.",
            )
        },
        "/intake": {
            "get": _operation(
                "How far what is published to Kafka has been taken in, and what became of it",
                "intake",
                {"200": _json("Intake", "The intake topic, by partition."), **_problems(404, 422, 503)},
            )
        },
        "/intake/set-aside": {
            "get": _operation(
                "List what was published and could not be recorded, each with the reason",
                "intake",
                {
                    "200": _json("SetAsideList", "What was set aside, oldest first."),
                    **_problems(404, 422, 503),
                },
                parameters=[*_PAGING, _NUMBERED],
            )
        },
        "/rulings": {
            "post": _operation(
                "Rule on a clock",
                "children",
                {
                    "201": _json("Receipt", "The ruling is on the record."),
                    **_problems(400, 404, 409, 413, 415, 422, 428, 503, 507),
                },
                parameters=[
                    {
                        "name": "If-Match",
                        "in": "header",
                        "required": False,
                        "schema": {"type": "string"},
                        "example": '"7"',
                        "description": "The ETag seen with the clocks or timeline; without it, 428.",
                    }
                ],
                requestBody={
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": _ref("Ruling"),
                            "example": {
                                "child": "C1001",
                                "clock": "assessment:R-1",
                                "ruling": "accept_correction",
                                "reason": "The referral was dated wrongly; the paper form is on file.",
                                "ruled_by": "TM-7",
                            },
                        }
                    },
                },
            )
        },
        "/metrics": {
            "get": _operation(
                "Figures for Prometheus",
                "service",
                {"200": _text("text/plain", "Prometheus text."), **_problems(503)},
            )
        },
        "/healthz": {
            "get": _operation(
                "Whether the process is alive", "service", {"200": _json("Status", "It is."), **_problems()}
            )
        },
        "/readyz": {
            "get": _operation(
                "Whether the service can answer",
                "service",
                {"200": _json("Status", "It can."), **_problems(503)},
            )
        },
        "/openapi.json": {
            "get": _operation(
                "This description",
                "service",
                {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    **_problems(),
                },
            )
        },
        "/docs": {
            "get": _operation(
                "This description, to be read",
                "service",
                {"200": _text("text/html", "A page."), **_problems()},
            )
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Case timeline",
            "version": version,
            "summary": "How long a child's need has really been running, and what the record shows.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {"schemas": {**SCHEMAS, **measure_schemas.SCHEMAS, **event_schemas.components()}},
    }


WHEN_ASKED: Schema = {
    "type": "string",
    "pattern": f"^{day_pattern(_years(1900, 2099 - 1))}(?:{TIME_PATTERN})?$",
}
