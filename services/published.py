"""A record of the intake topic, read as the fact that a case system published."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.field import Invalid, Problem
from infra.errors import Unreadable
from infra.fact_writer import MAGIC
from infra.incoming import Incoming
from infra.published_avro import PublishedAvro
from services import strict_json
from services.api import problems, results
from services.intake import MAX_EVENT_BYTES, incoming, read
from services.strict_json import Improper, NotJson

STRUCTURED = "application/cloudevents+json"
JSON = "application/json"
AVRO = frozenset({"application/avro", "avro/binary", "application/vnd.confluent.avro"})

_ATTRIBUTE = re.compile(r"ce_(.+)", re.ASCII | re.DOTALL)
_NOT_ATTRIBUTES = frozenset({"data", "data_base64", "datacontenttype"})

Headers = Sequence[tuple[str, bytes | None]]
"""Kafka lets a header be without a value."""


class Published:
    """Reads records: CloudEvents in structured and in binary mode, and Avro behind a schema id.

    A record that begins with a zero byte is Avro, for no JSON begins so; what else it is, its headers tell.
    """

    def __init__(self, avro: PublishedAvro) -> None:
        self._avro = avro

    def read(
        self, key: bytes | None, headers: Headers, value: bytes | None, now: datetime
    ) -> Incoming | dict[str, Any]:
        """The fact of a record received at ``now``, or the problem with it; nothing is raised."""
        value = value or b""
        if len(value) > MAX_EVENT_BYTES:
            return results.too_large(len(value))
        try:
            if value[:1] == bytes([MAGIC]):
                event = self._event_of_avro(key, headers, value)
            else:
                event = _event_of_json(headers, value)
            return incoming(event, now)
        except Unreadable as error:
            return problems.body("not-avro", str(error))
        except _Unsupported as error:
            return problems.body("unsupported-media-type", str(error))
        except (NotJson, Improper, Invalid) as error:
            return results.unreadable(error)

    def _event_of_avro(self, key: bytes | None, headers: Headers, value: bytes) -> dict[str, Any]:
        """The structured event of an Avro record; its subject is the header ``ce_subject``, else the key."""
        published = self._avro.read(value)
        data = published.data
        extensions = dict(published.extensions)
        for member, holder in (*((name, data) for name in published.as_json), *_each_of(extensions)):
            holder[member] = _json(holder[member].encode(), member)
        if published.personal is not None:
            personal = _json(published.personal, "envelope/personal")
            if not (isinstance(personal, dict) and personal.keys() <= {"data", "extensions"}):
                raise Unreadable(
                    "Its personal part is not a JSON object with the members data and extensions."
                )
            _add(data, personal.get("data", {}), "/data")
            _add(extensions, personal.get("extensions", {}), "")
        event = {"specversion": "1.0", "type": published.type, "data": data}
        _add(event, published.attributes, "")
        _add(event, extensions, "")
        subject = next((value for name, value in headers if name == "ce_subject" and value is not None), key)
        if subject is not None and "subject" not in event:
            event["subject"] = _text(subject, "subject")
        return event


class _Unsupported(Exception):
    """What a record holds is said to be something that is not read here."""


def _event_of_json(headers: Headers, value: bytes) -> Any:
    media_type = _media_type(headers)
    attributes = [(found[1], raw) for name, raw in headers if (found := _ATTRIBUTE.fullmatch(name))]
    if media_type in AVRO:
        raise Unreadable("It does not begin with a zero byte and a schema id of four bytes.")
    if media_type == STRUCTURED or (media_type in ("", JSON) and not attributes):
        return read(value)
    if media_type not in ("", JSON):
        raise _Unsupported(
            f"Its content-type is not read; publish {STRUCTURED}, {JSON} with ce_ headers, or Avro behind a "
            "schema id."
        )
    return _event_of_headers(attributes, value)


def _media_type(headers: Headers) -> str:
    given = next((raw for name, raw in headers if name.lower() == "content-type"), None)
    return (given or b"").decode("latin-1").partition(";")[0].strip().lower()


def _event_of_headers(attributes: Headers, value: bytes) -> dict[str, Any]:
    """The structured event of one in binary mode (CloudEvents Kafka binding 1.0.2, section 3.2)."""
    event: dict[str, Any] = {}
    wrong: list[Problem] = []
    for name, raw in attributes:
        if name in event:
            wrong.append(Problem("/" + name, "is given more than once; give it once"))
        elif name in _NOT_ATTRIBUTES:
            wrong.append(Problem("/" + name, "is not read from a header; the value is the data"))
        elif raw is None:
            wrong.append(Problem("/" + name, "is a header without a value; leave it out"))
        else:
            event[name] = _text(raw, name)
    if wrong:
        raise Invalid(wrong)
    if value:
        event["data"] = _json(value, "data")
    return event


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Invalid([Problem("/" + name, "is not UTF-8")]) from None


def _json(raw: bytes, name: str) -> Any:
    """The value of a JSON text inside a record, its problems told by where it stands."""
    try:
        return strict_json.read(raw)
    except Improper as error:
        raise Invalid([Problem(f"/{name}{p.pointer}", p.detail) for p in error.problems]) from None


def _each_of(members: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, members) for name in members]


def _add(to: dict[str, Any], members: Any, below: str) -> None:
    """Add members that are not there yet. Raises Invalid where one is given twice, or they are no object."""
    if not isinstance(members, dict):
        raise Invalid([Problem(below, "must be a JSON object")])
    wrong = []
    for name, value in members.items():
        if name == "changes" and isinstance(to.get(name), dict) and isinstance(value, dict):
            _add(to[name], value, f"{below}/changes")
        elif name in to:
            wrong.append(Problem(f"{below}/{name}", "is given more than once; give it once"))
        else:
            to[name] = value
    if wrong:
        raise Invalid(wrong)
