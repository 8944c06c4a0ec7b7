"""What the description of the API says of measures."""

from collections.abc import Sequence
from typing import Any

from projections.measure_catalogue import BY_NAME
from services.api.described import json_, list_, object_, operation, or_null, problems_, query, ref
from services.api.event_schemas import Schema
from services.measures.asked import BYS
from services.measures.cases import PARTS, SIDES

_WORD: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_DAY: Schema = {"type": "string", "format": "date"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LENGTH: Schema = {"type": ["integer", "null"]}
_SOURCE: Schema = {"type": "string", "minLength": 1, "maxLength": 1_024, "pattern": r"^[ -~]+$"}
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[ -~]+$"}

_FIGURE: dict[str, Schema] = {
    "numerator": _COUNT,
    "denominator": {"type": ["integer", "null"]},
    "value": {"type": ["number", "null"], "description": "In percent, or the count."},
    "bands": list_(object_({"band": _WORD, "count": _COUNT})),
    "quartiles": or_null(object_({"lower": _COUNT, "median": _COUNT, "upper": _COUNT})),
}
_OPTIONAL = ("bands", "quartiles")
_NUMBERS: dict[str, Schema] = {
    **_FIGURE,
    "recorded": {
        **or_null(object_(_FIGURE, optional=_OPTIONAL)),
        "description": "The same as the records of the case system would show it, where it has such.",
    },
    "caution": {**_MAYBE, "description": "Said where numbers are too small to be published."},
}
_MEASURE: dict[str, Schema] = {
    **dict.fromkeys(("name", "title", "definition", "source", "counts", "counted"), _WORD),
    "unit": {"type": "string", "enum": ["percent", "count"]},
    "length_unit": _MAYBE,
    **_NUMBERS,
    "parts": list_(
        object_(
            {**dict.fromkeys(("team_id", "worker_id", "kind"), _MAYBE), **_NUMBERS},
            optional=("team_id", "worker_id", "kind", *_OPTIONAL),
        )
    ),
}
_ECHO: dict[str, Schema] = {
    "as_at": _DAY,
    "known_at": _MAYBE,
    "basis": {"type": "string", "enum": ["recorded", "entered"]},
    "from": _DAY,
    "to": _DAY,
    **dict.fromkeys(("by", "team_id", "worker_id", "kind"), _MAYBE),
}
_CASE: dict[str, Schema] = {
    "child": _WORD,
    "case": _WORD,
    "series": _WORD,
    "day": _DAY,
    "since": _DAY,
    "until": {**_MAYBE, "format": "date"},
    "outcome": _WORD,
    "kind": _MAYBE,
    "marks": list_(_WORD),
    "length": _LENGTH,
    "is_late": {"type": "boolean"},
    "in_denominator": {"type": "boolean"},
    "in_numerator": {"type": "boolean"},
    "recorded": or_null(
        object_(
            {
                "outcome": _MAYBE,
                "since": {**_MAYBE, "format": "date"},
                "length": _LENGTH,
                "in_denominator": {"type": "boolean"},
                "in_numerator": {"type": "boolean"},
            }
        )
    ),
    "worker_id": _MAYBE,
    "team_id": _MAYBE,
    "stands_for": {**_COUNT, "description": "How many things it counts as; 1 but for facts."},
}
_CURSOR: Schema = {**_MAYBE, "description": "What to send as cursor for the page after this one."}

SCHEMAS: dict[str, Schema] = {
    "Measure": object_({**_ECHO, **_MEASURE, "lag": _COUNT}, optional=("parts", *_OPTIONAL)),
    "MeasureList": object_(
        {
            **_ECHO,
            "measures": list_(object_(_MEASURE, optional=("parts", *_OPTIONAL))),
            "next": _CURSOR,
            "lag": _COUNT,
        }
    ),
    "MeasureCases": object_(
        {**_ECHO, "measure": _WORD, "cases": list_(object_(_CASE)), "next": _CURSOR, "lag": _COUNT}
    ),
}

SCHEMAS["Restatement"] = object_(
    {
        **_ECHO,
        "published_at": _WORD,
        "measure": _WORD,
        "then": ref("MeasureNumbers"),
        "now": ref("MeasureNumbers"),
        "changed": _COUNT,
        "changes": list_(
            object_(
                {
                    "child": _WORD,
                    "case": _WORD,
                    "then": or_null(object_(_CASE, optional=("stands_for",))),
                    "now": or_null(object_(_CASE, optional=("stands_for",))),
                    "facts": list_(
                        object_(
                            {
                                "source": _WORD,
                                "id": _WORD,
                                "type": _WORD,
                                "occurred_on": _WORD,
                                "recorded_at": {"type": "string", "format": "date-time"},
                            }
                        )
                    ),
                }
            )
        ),
        "next": _CURSOR,
    }
)
SCHEMAS["MeasureNumbers"] = object_(_MEASURE, optional=("parts", *_OPTIONAL))

_CASELOAD = {
    "on": _DAY,
    "worker_id": _MAYBE,
    "team_id": _MAYBE,
    "workers": _COUNT,
    "children": _COUNT,
    "full_time_equivalent": {"type": "number"},
    "per_full_time_equivalent": {"type": ["number", "null"]},
    "newly_qualified": {"type": ["boolean", "integer"]},
    "most": {"type": "number"},
    "is_over": {"type": "boolean"},
    "over": _COUNT,
}
SCHEMAS["CaseloadList"] = object_(
    {
        **_ECHO,
        "threshold": _COUNT,
        "caseloads": list_(object_(_CASELOAD, optional=("worker_id", "workers", "most", "is_over", "over"))),
        "next": _CURSOR,
        "lag": _COUNT,
    }
)

SCHEMAS["CaseloadCases"] = object_(
    {
        **{name: _ECHO[name] for name in ("as_at", "known_at", "basis")},
        "worker_id": _WORD,
        "cases": list_(
            object_({"child": _WORD, "allocated_on": _DAY, "team_id": _MAYBE, "is_open": {"type": "boolean"}})
        ),
        "next": _CURSOR,
        "lag": _COUNT,
    }
)

_DISCREPANCY = {
    "child": _WORD,
    "code": _WORD,
    "rule": {**_MAYBE, "description": "DfE's number of the rule, where it checks for this."},
    "says": _MAYBE,
    "source": _WORD,
    "id": _WORD,
    "type": _WORD,
    "occurred_on": _DAY,
    "recorded_at": {"type": "string", "format": "date-time"},
}
_QUESTION = {name: _ECHO[name] for name in ("as_at", "known_at", "basis")}
SCHEMAS["DiscrepancyList"] = object_(
    {**_QUESTION, "discrepancies": list_(object_(_DISCREPANCY)), "next": _CURSOR, "lag": _COUNT}
)
SCHEMAS["PossibleDuplicateList"] = object_(
    {
        **_QUESTION,
        "possible_duplicates": list_(object_({"child": _WORD, "other": _WORD, "same": list_(_WORD)})),
        "next": _CURSOR,
        "lag": _COUNT,
    }
)

_BANDS = sorted({band.name for measure in BY_NAME.values() for band in measure.bands})
_MEASURE_NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": list(BY_NAME)},
    "description": "The name of a measure.",
    "example": "assessment_in_time",
}
_FILTERS = [
    query("from", _DAY, "The first day of the period; twelve months before its last where none is given."),
    query("to", _DAY, "The last day of the period, not after as_at; as_at where none is given."),
    query("by", {"type": "string", "enum": list(BYS)}, "Tell the parts too, by this."),
    query("team_id", _NAME, "Only the cases of this team."),
    query("worker_id", _NAME, "Only the cases of this worker."),
    query("kind", _NAME, "Only the cases of this kind, such as a purpose, a source or a theme."),
]
_LISTED = [
    query(
        "by_dates", {"type": "string", "enum": list(SIDES)}, "What counts by true dates, or by the records."
    ),
    query("of", {"type": "string", "enum": list(PARTS)}, "All that count, or those in the numerator."),
    query("band", {"type": "string", "enum": _BANDS}, "Only the cases in this band."),
]


def _replies(schema: str, description: str) -> dict[str, Schema]:
    found = json_(schema, description)
    found["content"]["text/event-stream"] = {
        "schema": {
            "type": "string",
            "description": "How far a past question is answered, and at last the reply or the problem.",
        }
    }
    return found


def paths(asked: Sequence[Schema], numbered: Sequence[Schema], opaque: Sequence[Schema]) -> dict[str, Any]:
    """The addresses of measures. ``asked`` are the two questions, the others page a list."""
    when = next(one["schema"] for one in asked if one["name"] == "known_at")
    return {
        "/measures": {
            "get": operation(
                "Every measure, by true dates and as the records would show it",
                "measures",
                {"200": _replies("MeasureList", "Measures."), **problems_(422, 503)},
                parameters=[*asked, *_FILTERS, *numbered],
            )
        },
        "/measures/{name}": {
            "get": operation(
                "One measure",
                "measures",
                {"200": _replies("Measure", "The measure."), **problems_(404, 422, 503)},
                parameters=[_MEASURE_NAME, *asked, *_FILTERS],
            )
        },
        "/measures/{name}/restatement": {
            "get": operation(
                "A measure as it was known when it was published, and as it is known now",
                "measures",
                {
                    "200": _replies("Restatement", "The numbers then and now, and each case that changed."),
                    **problems_(404, 422, 503),
                },
                parameters=[
                    _MEASURE_NAME,
                    {**query("published_at", when, "The day or instant of publication."), "required": True},
                    *(one for one in asked if one["name"] != "known_at"),
                    *_FILTERS[:2],
                    *numbered,
                ],
            )
        },
        "/discrepancies": {
            "get": operation(
                "Facts that do not follow, or contradict others",
                "quality",
                {"200": json_("DiscrepancyList", "Discrepancies."), **problems_(422, 503)},
                parameters=[
                    *asked,
                    query("child", _NAME, "Only of this child."),
                    query("code", _NAME, "Only with this code."),
                    query("source", _SOURCE, "Only in facts that this source reported."),
                    *opaque,
                ],
            )
        },
        "/possible-duplicates": {
            "get": operation(
                "References that may stand for one child, for a person to decide on",
                "quality",
                {"200": json_("PossibleDuplicateList", "Pairs of references."), **problems_(422, 503)},
                parameters=[*asked, *numbered],
            )
        },
        "/caseloads": {
            "get": operation(
                "What each worker or team holds, at the end of each month of a period and on its last day",
                "measures",
                {"200": _replies("CaseloadList", "Caseloads."), **problems_(422, 503)},
                parameters=[
                    *asked,
                    *_FILTERS[:2],
                    query("by", {"type": "string", "enum": ["worker", "team"]}, "Of each worker, or team."),
                    query("team_id", _NAME, "Only of this team."),
                    query("worker_id", _NAME, "Only of this worker."),
                    query(
                        "threshold",
                        {"type": "integer", "minimum": 1, "maximum": 999},
                        "How many children a full-time worker should hold at most; 18 by default.",
                    ),
                    *numbered,
                ],
            )
        },
        "/caseloads/cases": {
            "get": operation(
                "The children that a worker holds on the day",
                "measures",
                {"200": _replies("CaseloadCases", "Children."), **problems_(422, 503)},
                parameters=[
                    {**query("worker_id", _NAME, "The children of this worker."), "required": True},
                    *asked,
                    *numbered,
                ],
            )
        },
        "/measures/{name}/cases": {
            "get": operation(
                "The cases behind a measure",
                "measures",
                {"200": _replies("MeasureCases", "Cases."), **problems_(404, 422, 503)},
                parameters=[_MEASURE_NAME, *asked, *_FILTERS, *_LISTED, *opaque],
            )
        },
    }
