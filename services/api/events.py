"""POST /events: facts come in, in every mode of CloudEvents over HTTP, and as lines of JSON."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from domain.field import Invalid, Problem
from services import strict_json
from services.api import problems, results
from services.api.apart import WORTH_A_PROCESS_BYTES, Apart
from services.api.batches import BATCH, NDJSON, Refuse, read_batch
from services.api.body import BodyTooLarge, read_body, refuse_body
from services.intake import MAX_EVENT_BYTES, incoming, read
from services.metrics.counting import Counts
from services.record import Damaged, Fact, Receipt, Result
from services.record_together import Together
from services.strict_json import Improper, NotJson

STRUCTURED = "application/cloudevents+json"
BINARY = "application/json"

_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_PARAMETER = re.compile(r';\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)\s*')
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", problems.MEDIA_TYPE.encode())
_Answer = tuple[int, tuple[bytes, bytes], bytes]
"""A status, the content type as a header, and the content."""

_encode = msgspec.json.Encoder().encode


class Intake:
    """The endpoint, an ASGI application of its own, with what it needs."""

    def __init__(
        self,
        together: Together,
        now: Callable[[], datetime],
        counts: Counts,
        apart: Apart | None = None,
        *,
        max_body_bytes: int,
        max_events: int,
    ) -> None:
        self._together = together
        self._now = now
        self._counts = counts
        self._apart = apart
        self._max_body_bytes = max_body_bytes
        self._max_events = max_events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        try:
            media_type = _media_type(headers)
            body = await read_body(scope, receive, self._max_body_bytes)
            if media_type in (BATCH, NDJSON):
                answer = await self._many(await self._read(media_type, body))
            else:
                answer = await self._one(headers, media_type, body)
        except Refuse as refusal:
            self._counts.events(results.REFUSED, refusal.events)
            answer = _problem(refusal.problem)
        except BodyTooLarge as error:
            await refuse_body(error, scope, receive, send)
            return
        except ClientDisconnect:
            return
        status, head, content = answer
        length = (b"content-length", str(len(content)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [head, length]})
        await send({"type": "http.response.body", "body": content})

    async def _one(self, headers: list[tuple[bytes, bytes]], media_type: str, body: bytes) -> _Answer:
        try:
            if len(body) > MAX_EVENT_BYTES:
                raise Refuse(results.too_large(len(body)))
            event = _binary(headers, body) if media_type == BINARY else read(body)
            fact = incoming(event, self._now())
        except (NotJson, Improper, Invalid) as error:
            raise Refuse(results.unreadable(error)) from None
        (result,) = await self._together.record((fact,))
        if isinstance(result, Receipt):
            self._counts.events("duplicate" if result.is_duplicate else "recorded", 1)
            return 200 if result.is_duplicate else 201, _JSON, _encode(results.receipt(result))
        self._counts.events(results.outcome(results.reply(result)), 1)
        return _problem(results.problem_of(result))

    async def _read(self, media_type: str, body: bytes) -> Sequence[Fact | dict[str, Any]]:
        now = self._now()
        found = None
        if self._apart is not None and len(body) >= WORTH_A_PROCESS_BYTES:
            found = await self._apart.read(media_type, body, now, self._max_events)
        return read_batch(media_type, body, now, self._max_events) if found is None else found

    async def _many(self, read: Sequence[Fact | dict[str, Any]]) -> _Answer:
        facts = [fact for fact in read if not isinstance(fact, dict)]
        found = await self._together.record(facts) if facts else []
        recorded = iter(found)
        replies = [fact if isinstance(fact, dict) else _reply(next(recorded)) for fact in read]
        kept = self._count(replies)
        damage = None if kept else next((one for one in found if isinstance(one, Damaged)), None)
        if damage is not None:
            # To be sent again as it is, which a refusal of all would not say.
            return _problem(results.problem_of(damage))
        status = 200 if kept == len(replies) else 207 if kept else 422
        return status, _JSON, _encode({"results": replies})

    def _count(self, replies: Sequence[results.Kept | Mapping[str, Any]]) -> int:
        outcomes = Counter(map(results.outcome, replies))
        for outcome, count in outcomes.items():
            self._counts.events(outcome, count)
        return outcomes[results.RECORDED] + outcomes[results.DUPLICATE]


def _reply(result: Result) -> results.Kept | dict[str, Any]:
    return results.receipt(result) if type(result) is Receipt else results.reply(result)


def _problem(problem: dict[str, Any]) -> _Answer:
    return problem["status"], _PROBLEM, _encode(problem)


def _media_type(headers: list[tuple[bytes, bytes]]) -> str:
    """The media type of the body. Raises Refuse where it is none that is read."""
    given = b""
    encoding = b"identity"
    has_attributes = False
    for name, value in headers:
        if name == b"content-type":
            given = value
        elif name == b"content-encoding":
            encoding = value
        elif name.startswith(b"ce-"):
            has_attributes = True
    if encoding.lower() != b"identity":
        raise Refuse(_unsupported("Send the body as it is, without Content-Encoding."))
    media_type = _known_type(given)
    if media_type == BINARY and not has_attributes:
        detail = f"{BINARY} is a fact's data, and needs ce- headers; send a whole CloudEvent as {STRUCTURED}."
        raise Refuse(_unsupported(detail))
    return media_type


@lru_cache(maxsize=256)
def _known_type(raw: bytes) -> str:
    given = raw.decode("latin-1")
    media_type = given.partition(";")[0].strip().lower()
    if media_type not in (STRUCTURED, BATCH, NDJSON, BINARY):
        shown = "".join(c for c in given[:100] if c.isprintable())
        named = f"{shown} is not read" if given else "There is no Content-Type"
        forms = f"{STRUCTURED}, {BATCH}, {NDJSON}, or {BINARY} with ce- headers"
        raise Refuse(_unsupported(f"{named}; send one of {forms}."))
    for name, value in _PARAMETER.findall(given):
        if name.lower() == "charset" and value.strip('"').lower() not in _CHARSETS:
            raise Refuse(_unsupported("Send the body in UTF-8; JSON has no other encoding."))
    return media_type


def _unsupported(detail: str) -> dict[str, Any]:
    return problems.body("unsupported-media-type", detail)


def _binary(headers: list[tuple[bytes, bytes]], body: bytes) -> dict[str, Any]:
    """A CloudEvent of binary mode as a structured one. Raises Invalid for headers that cannot be read."""
    event: dict[str, Any] = {}
    wrong: list[Problem] = []
    for raw_name, raw_value in headers:
        if not raw_name.startswith(b"ce-"):
            continue
        name = raw_name[3:].decode("latin-1")
        at = Problem("/" + name, "is given more than once; give it once")
        if name in event:
            wrong.append(at)
        elif name in ("data", "data_base64", "datacontenttype"):
            wrong.append(Problem("/" + name, "is not read from a header; the body is the data"))
        else:
            try:
                event[name] = _header_value(raw_value)
            except UnicodeDecodeError:
                wrong.append(Problem("/" + name, "is not UTF-8, written in percent-encoding"))
    if wrong:
        raise Invalid(wrong)
    if body:
        try:
            event["data"] = strict_json.read(body)
        except Improper as error:
            raise Invalid([Problem("/data" + p.pointer, p.detail) for p in error.problems]) from None
    return event


def _header_value(raw: bytes) -> str:
    """The value of an attribute in a header (CloudEvents HTTP binding 1.0.2, section 3.1.3.2)."""
    text = raw.decode("utf-8")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return unquote_to_bytes(text).decode("utf-8") if "%" in text else text
