"""What is set aside: listed, shown, tried again, let go."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from domain.field import Invalid, Problem
from projections.catalogue import PROJECTIONS
from services.api import parameters, problems
from services.set_aside import SetAsides, set_aside_json, tried_json

NAMES = tuple(projection.name for projection in PROJECTIONS)
_encode = msgspec.json.Encoder().encode


class SetAsideRoutes:
    """The endpoints about what was set aside."""

    def __init__(self, set_asides: SetAsides) -> None:
        self._set_asides = set_asides

    async def listed(self, request: Request) -> Response:
        return await run_in_threadpool(self._list, request)

    async def shown(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def retried(self, request: Request) -> Response:
        return await run_in_threadpool(self._retry, request)

    async def all_retried(self, request: Request) -> Response:
        return await run_in_threadpool(self._retry_all, request)

    async def dropped(self, request: Request) -> Response:
        return await run_in_threadpool(self._drop, request)

    def _list(self, request: Request) -> Response:
        found = parameters.read(request, ("projection", "dropped", "limit", "cursor"))
        with_dropped = parameters.choice(found, "dropped", ("true", "false")) == "true"
        projection = parameters.choice(found, "projection", NAMES)
        limit, after = parameters.limit(found), parameters.position(found)
        rows = self._set_asides.page(after, limit + 1, projection=projection, with_dropped=with_dropped)
        following = str(after + limit) if len(rows) > limit else None
        return _json({"set_aside": [set_aside_json(row) for row in rows[:limit]], "next": following})

    def _show(self, request: Request) -> Response:
        stream, projection = self._asked(request)
        rows = self._set_asides.of(stream, projection)
        if not rows:
            return _nothing()
        return _json({"set_aside": [set_aside_json(row) for row in rows]})

    def _retry(self, request: Request) -> Response:
        stream, projection = self._asked(request)
        tried = self._set_asides.retry(stream, projection)
        if not tried:
            return _nothing()
        return _json({"tried": [tried_json(one) for one in tried]})

    def _retry_all(self, request: Request) -> Response:
        found = parameters.read(request, ("projection",))
        tried = self._set_asides.retry(projection=parameters.choice(found, "projection", NAMES))
        return _json({"tried": [tried_json(one) for one in tried]})

    def _drop(self, request: Request) -> Response:
        stream, projection = self._asked(request)
        dropped = self._set_asides.drop(stream, projection)
        if not dropped:
            return _nothing()
        return _json({"dropped": dropped})

    def _asked(self, request: Request) -> tuple[str, str | None]:
        found = parameters.read(request, ("projection",))
        stream = request.path_params["stream"]
        if not stream.isprintable():
            raise Invalid([Problem("stream", "has control characters")])
        return stream, parameters.choice(found, "projection", NAMES)


def _nothing() -> Response:
    detail = "Nothing is set aside under this name; GET /set-aside lists what is."
    return problems.respond(problems.body("not-found", detail))


def _json(reply: dict[str, Any]) -> Response:
    return Response(_encode(reply), 200, media_type="application/json")
