"""What can go wrong, as RFC 9457 problems: the one place that knows which error is which status."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from domain.field import Problem
from domain.refusal import Refused
from infra.errors import Unavailable
from infra.keys import Erased, KeysFull, KeysUnavailable
from infra.log.commit import LogDamaged, LogFull, LogUnavailable
from infra.views.engine import Overtaken, ViewsUnavailable

MEDIA_TYPE = "application/problem+json"
URN = "urn:casetimeline:problem:"
RETRY_AFTER_S = 5

KINDS: Mapping[str, tuple[int, str]] = {
    "not-json": (400, "The body is not JSON"),
    "not-avro": (400, "The record is not Avro that is read here"),
    "invalid-event": (422, "The event cannot be recorded"),
    "invalid-ruling": (422, "The ruling cannot be read"),
    "invalid-question": (422, "The question cannot be answered"),
    "conflict": (409, "Another fact with this source and id is on the record"),
    "erased": (409, "What is personal of this child was erased"),
    "ruling-refused": (409, "The ruling is refused"),
    "stale": (409, "The history has changed since it was read"),
    "precondition-required": (428, "The version of the history is missing"),
    "body-too-large": (413, "The body is too large"),
    "event-too-large": (413, "The event is too large"),
    "too-many-events": (413, "There are too many events"),
    "unsupported-media-type": (415, "The content type is not read here"),
    "child-unknown": (404, "Nothing is recorded of this child"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "That cannot be done here"),
    "bad-request": (400, "The request cannot be read"),
    "log-full": (507, "There is no room left to record anything"),
    "log-unavailable": (503, "The log cannot be reached"),
    "log-damaged": (503, "A part of the log lost what was recorded"),
    "views-unavailable": (503, "The lists cannot be reached"),
    "kafka-unavailable": (503, "Kafka cannot be reached"),
    "not-ready": (503, "The service is not ready"),
    "internal": (500, "Something went wrong here"),
}
"""Every kind of problem by the end of its ``type``: its status and title. None ever gets another meaning."""


def body(
    kind: str, detail: str, problems: Sequence[Problem] = (), *, what: str = "pointer", **more: Any
) -> dict[str, Any]:
    """A problem as JSON values. ``what`` says if the places of ``problems`` are pointers or parameters."""
    status, title = KINDS[kind]
    found: dict[str, Any] = {
        "type": URN + kind,
        "title": title,
        "status": status,
        "detail": detail,
        **more,
    }
    if problems:
        found["pointer"] = [problem.pointer for problem in problems]
        found["errors"] = [{what: problem.pointer, "detail": problem.detail} for problem in problems]
    return found


def of_fields(kind: str, problems: Sequence[Problem], *, what: str = "pointer") -> dict[str, Any]:
    """A problem that names every field that is wrong."""
    named = "; ".join(f"{p.pointer or 'it'} {p.detail}" for p in problems[:5])
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    return body(kind, f"{named}{more}.", problems, what=what)


def respond(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(problem), int(problem["status"]), headers and dict(headers), MEDIA_TYPE
    )


def of_failure(error: Exception) -> Response:
    """The response to an error that a caller can wait out, or must be told of."""
    if isinstance(error, (LogFull, KeysFull)):
        detail = "Nothing of this request was recorded. Make room, and send it again as it is."
        return respond(body("log-full", detail))
    retry = {"Retry-After": str(RETRY_AFTER_S)}
    if isinstance(error, (LogUnavailable, KeysUnavailable)):
        detail = "What became of it is not known. Send it again as it is; nothing is recorded twice."
        return respond(body("log-unavailable", detail), retry)
    if isinstance(error, LogDamaged):
        return respond(of_damage(error))
    if isinstance(error, (ViewsUnavailable, Overtaken)):
        return respond(body("views-unavailable", "Nothing is lost. Ask again in a few seconds."), retry)
    if isinstance(error, Unavailable):
        return respond(body("kafka-unavailable", "Nothing is lost. Ask again in a few seconds."), retry)
    if isinstance(error, Erased):
        return respond(body("erased", "Whoever returns needs a new reference."))
    if isinstance(error, Refused):
        return respond(of_refusal(error))
    return respond(body("internal", "Nothing that was recorded is lost. Ask again, or tell the operator."))


def of_damage(error: LogDamaged) -> dict[str, Any]:
    """What a partition of the log lost, and that nothing becomes of the fact until it is mended."""
    return body("log-damaged", f"{error} Tell the operator.")


def of_refusal(error: Refused) -> dict[str, Any]:
    """Why what a person asked for was refused; ``code`` is stable."""
    kind = "stale" if error.code == "stale" else "ruling-refused"
    return body(kind, error.detail, code=error.code)
