"""The facts of a batch, an array of events or lines of JSON: each that is wrong has a reply of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from domain.field import Invalid, Problem
from infra.incoming import Incoming
from services import strict_json
from services.api import problems, results
from services.intake import MAX_EVENT_BYTES, incoming, read, read_all_plain, whole
from services.strict_json import Improper, NotJson

BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"

Read = Incoming | dict[str, Any]
"""A fact, or the reply by which it is refused."""

_split_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class Refuse(Exception):
    """The request as a whole is refused, with as many events as it is known to have; 1 where nobody knows."""

    def __init__(self, problem: dict[str, Any], events: int = 1) -> None:
        super().__init__(problem["detail"])
        self.problem = problem
        self.events = events


def read_batch(media_type: str, body: bytes, now: datetime, max_events: int) -> list[Read]:
    """What a body of either media type holds, in its order, as received at ``now``. Raises Refuse."""
    return _of_lines(body, now, max_events) if media_type == NDJSON else _of_array(body, now, max_events)


def _of_array(body: bytes, now: datetime, max_events: int) -> list[Read]:
    if len(body) <= MAX_EVENT_BYTES:
        events = read_all_plain(body)
        if events is not None:
            _limit(len(events), max_events)
            return [_check(event, now) for event in events]
    try:
        items: Sequence[bytes] = [bytes(item) for item in _split_batch(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        items = _split_slowly(body)
    _limit(len(items), max_events)
    return [_read(item, now) for item in items]


def _of_lines(body: bytes, now: datetime, max_events: int) -> list[Read]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    _limit(len(lines), max_events)
    return [_read(line, now) for line in lines]


def _limit(events: int, most: int) -> None:
    if events > most:
        detail = f"There are {events} events; one request may have {most}. Nothing was recorded."
        raise Refuse(problems.body("too-many-events", detail), events)


def _read(raw: bytes, now: datetime) -> Read:
    if len(raw) > MAX_EVENT_BYTES:
        return results.refused(results.too_large(len(raw)))
    try:
        event = read(raw)
    except (NotJson, Improper) as error:
        return results.refused(results.unreadable(error))
    return _check(event, now)


def _check(event: Any, now: datetime) -> Read:
    try:
        return incoming(event, now)
    except Invalid as error:
        event = whole(event)
        told = event if isinstance(event, dict) else {}
        return results.refused(results.unreadable(error), told.get("source"), told.get("id"))


def _split_slowly(body: bytes) -> list[bytes]:
    """The items of a batch that the fast decoder refuses: a string in it is wrong, or it is no list."""
    try:
        value = strict_json.read(body)
    except NotJson as error:
        raise Refuse(problems.body("not-json", str(error))) from None
    except Improper as error:
        raise Refuse(problems.of_fields("invalid-event", error.problems)) from None
    if not isinstance(value, list):
        problem = Problem("", "must be a JSON array of events")
        raise Refuse(problems.of_fields("invalid-event", [problem]))
    return [_encode(item) for item in value]
