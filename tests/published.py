"""Facts as publishers put them on the intake topic: a key, headers and a value."""

import io
import json
from typing import Any, NamedTuple

import fastavro

from domain.catalogue import FIELDS, PREFIX
from domain.personal import split
from infra.schemas import FOLDER, registry
from infra.sealing import CLEAR_EXTENSIONS

ATTRIBUTES = {"specversion", "id", "source", "type", "subject", "time", "recordedtime", "dataschema", "data"}


class Message(NamedTuple):
    """A record to publish."""

    key: bytes | None
    headers: list[tuple[str, bytes | None]]
    value: bytes


def structured(event: dict[str, Any], content_type: str | None = "application/cloudevents+json") -> Message:
    headers: list[tuple[str, bytes | None]] = []
    if content_type is not None:
        headers.append(("content-type", content_type.encode()))
    return Message(event["subject"].encode(), headers, json.dumps(event).encode())


def binary(event: dict[str, Any]) -> Message:
    headers: list[tuple[str, bytes | None]] = [
        (f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"
    ]
    headers.append(("content-type", b"application/json"))
    return Message(None, headers, json.dumps(event["data"]).encode())


def avro(event: dict[str, Any], *, historic: bool = False) -> Message:
    """Avro by another writer than ours: what is personal goes, as JSON in the clear, into its envelope."""
    name = event["type"].removeprefix(PREFIX)
    id, release = max((id, one) for id, one in registry().items() if one.name == event["type"])
    schema = fastavro.parse_schema(json.loads((FOLDER / release.file).read_text()))
    clear, personal = split(name, event["data"])
    as_json = [field.name for field in FIELDS[name] if field.kind.name in ("changes", "value")]
    extensions = {name: value for name, value in event.items() if name not in ATTRIBUTES}
    hidden = {name: value for name, value in extensions.items() if name not in CLEAR_EXTENSIONS}
    secret = {key: value for key, value in (("data", personal), ("extensions", hidden)) if value}
    record = {field: json.dumps(value) if field in as_json else value for field, value in clear.items()}
    record["envelope"] = {
        **{key: event.get(key) for key in ("source", "id", "time", "recordedtime", "dataschema")},
        "extensions": {key: json.dumps(v) for key, v in extensions.items() if key in CLEAR_EXTENSIONS},
        "historic": historic,
        "personal": json.dumps(secret).encode() if secret else None,
    }
    out = io.BytesIO(b"\0" + id.to_bytes(4, "big"))
    out.seek(0, io.SEEK_END)
    fastavro.schemaless_writer(out, schema, record)
    return Message(event["subject"].encode(), [("content-type", b"application/avro")], out.getvalue())
