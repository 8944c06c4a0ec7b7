"""GET a child's timeline and clocks, those of workers and the authority; POST a ruling on a clock."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from domain.assessment import AssessmentCompleted
from domain.catalogue import AUTHORITY, is_child
from domain.field import Invalid, Problem
from domain.people import WORKER_PREFIX
from domain.refusal import Refused
from domain.working_days import WorkingDays
from projections.projection import Case
from services import strict_json
from services.api import parameters, problems, results
from services.asked import Asked
from services.clocks import clocks_reply
from services.histories import Histories, History
from services.intake import SUBJECT
from services.record import Recording
from services.rulings import read_command, rule
from services.strict_json import Improper, NotJson
from services.timeline import timeline_reply

_ETAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')
_encode = msgspec.json.Encoder().encode

Reply = Callable[[Case, Asked], dict[str, Any]]


class Children:
    """The endpoints about one child, worker or the authority, with what they need."""

    def __init__(
        self,
        histories: Histories,
        recording: Recording,
        calendar: WorkingDays,
        today: Callable[[], date],
        now: Callable[[], datetime],
    ) -> None:
        self._histories = histories
        self._recording = recording
        self._calendar = calendar
        self._today = today
        self._now = now

    async def timeline(self, request: Request) -> Response:
        return await run_in_threadpool(self._of_child, request, timeline_reply)

    async def clocks(self, request: Request) -> Response:
        return await run_in_threadpool(self._of_child, request, clocks_reply)

    async def worker_clocks(self, request: Request) -> Response:
        stream = WORKER_PREFIX + request.path_params["worker"]
        return await run_in_threadpool(self._read, request, clocks_reply, stream)

    async def authority_clocks(self, request: Request) -> Response:
        return await run_in_threadpool(self._read, request, clocks_reply, AUTHORITY)

    def _of_child(self, request: Request, reply: Reply) -> Response:
        child = request.path_params["child"]
        return self._read(request, reply, child) if is_child(child) else unknown()

    def _read(self, request: Request, reply: Reply, stream: str) -> Response:
        asked = parameters.question(
            parameters.read(request, parameters.QUESTION), self._today(), self._calendar
        )
        history = self._histories.of(stream) if SUBJECT.fullmatch(stream) else None
        if history is None:
            return unknown()
        headers = {"ETag": f'"{history.version}"'}
        if is_unchanged(request, history):
            return Response(None, 304, headers)
        body = _encode(reply(self._histories.case(history, asked.question), asked))
        return Response(body, 200, headers, "application/json")

    async def post_ruling(self, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            detail = "Send the ruling as application/json."
            return problems.respond(problems.body("unsupported-media-type", detail))
        raw = await request.body()
        return await run_in_threadpool(self._rule, raw, request.headers.get("if-match"))

    def _rule(self, raw: bytes, if_match: str | None) -> Response:
        try:
            body = strict_json.read(raw)
            if not isinstance(body, dict):
                raise Invalid([Problem("", "must be a JSON object")])
            asked = read_command(body)
        except NotJson as error:
            return problems.respond(problems.body("not-json", str(error)))
        except (Improper, Invalid) as error:
            return problems.respond(problems.of_fields("invalid-ruling", error.problems))
        seen = [] if if_match is None else _ETAG.findall(if_match)
        if not seen:
            detail = "Send the ETag of the clocks or the timeline that the ruling is about in If-Match."
            return problems.respond(problems.body("precondition-required", detail))
        history = self._histories.of(asked.child) if is_child(asked.child) else None
        if history is None:
            return unknown()
        version = history.version if history.version in seen else seen[0]
        ruled = rule(asked, version, self._histories, self._today(), self._now())
        if ruled is None:
            return unknown()
        receipt = self._recording.record_asked(ruled.incoming, ruled.expected_version)
        if receipt is None:
            raise Refused("stale", "The history has changed since it was read. Read the clocks again.")
        return Response(_encode(results.receipt(receipt)), 201, media_type="application/json")


def unknown() -> Response:
    detail = "The log holds nothing under this reference. Check how it is written; capitals count."
    return problems.respond(problems.body("child-unknown", detail))


def is_unchanged(request: Request, history: History) -> bool:
    """Whether a caller has this answer: it names the version, and the answer depends on nothing else.

    It does not where no day is asked about, for tomorrow it is another; nor where a fact is in a batch or was
    authorised by a manager, for what else they did counts.
    """
    given = request.headers.get("if-none-match")
    if given is None or "as_at" not in request.query_params:
        return False
    if history.version not in _ETAG.findall(given):
        return False
    return not any(
        recorded.fact.batch_id is not None
        or (isinstance(recorded.fact, AssessmentCompleted) and recorded.fact.authorised_by is not None)
        for recorded in history.recorded
    )
