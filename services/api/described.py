"""The words that the description of the API is written in."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.api import problems
from services.api.event_schemas import Schema


def object_(properties: Mapping[str, Schema], *, optional: Sequence[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }


def list_(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def json_(schema: str, description: str, example: Any = None, headers: Any = None) -> Schema:
    content: Schema = {"schema": ref(schema)}
    if example is not None:
        content["example"] = example
    found: Schema = {"description": description, "content": {"application/json": content}}
    if headers:
        found["headers"] = headers
    return found


def problems_(*statuses: int) -> dict[str, Schema]:
    titles: dict[int, list[str]] = {}
    for kind, (status, title) in problems.KINDS.items():
        titles.setdefault(status, []).append(f"{title} ({kind})")
    retry = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return {
        str(status): {
            "description": "; ".join(titles[status]),
            "content": {problems.MEDIA_TYPE: {"schema": ref("Problem")}},
            **({"headers": retry} if status == 503 else {}),
        }
        for status in (*statuses, 500)
    }


def operation(summary: str, tag: str, responses: Mapping[str, Schema], **more: Any) -> Schema:
    return {"summary": summary, "tags": [tag], "responses": dict(responses), **more}
