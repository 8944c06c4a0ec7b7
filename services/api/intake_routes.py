"""GET /intake: how far what case systems publish to Kafka has been taken in, and what was set aside of it."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from services.api import parameters, problems
from services.intake_reads import IntakeReads

PAGING = ("limit", "cursor")
_encode = msgspec.json.Encoder().encode


class IntakeRoutes:
    """The endpoints about the intake, where there is one."""

    def __init__(self, reads: IntakeReads | None) -> None:
        self._reads = reads

    async def standing(self, request: Request) -> Response:
        parameters.read(request, ())
        return await self._answer(lambda reads: reads.standing())

    async def set_aside(self, request: Request) -> Response:
        found = parameters.read(request, PAGING)
        after = parameters.position(found) if "cursor" in found else -1
        limit = parameters.limit(found)
        return await self._answer(lambda reads: reads.set_aside(after, limit))

    async def _answer(self, ask: Callable[[IntakeReads], dict[str, Any]]) -> Response:
        if self._reads is None:
            detail = "This service takes nothing in from Kafka; CASETIMELINE_INTAKE names a topic to take in."
            return problems.respond(problems.body("not-found", detail))
        return Response(
            _encode(await run_in_threadpool(ask, self._reads)), 200, media_type="application/json"
        )
