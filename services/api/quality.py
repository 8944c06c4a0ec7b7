"""GET what is wrong with the record: discrepancies, and references that may stand for one child."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from domain.question import Question
from projections.discrepancy_rows import discrepancy_rows
from projections.identity_rows import identity_rows
from projections.projection import Projection
from services import discrepancy_list, same_child
from services.api import parameters
from services.compose import Parts
from services.measures.past import cases_as_at

_PAGING = ("limit", "cursor")
_encode = msgspec.json.Encoder().encode
Row = TypeVar("Row")


class QualityRoutes:
    """The endpoints about the record itself, with what they need."""

    def __init__(self, parts: Parts, today: Callable[[], date]) -> None:
        self._parts = parts
        self._today = today

    async def discrepancies(self, request: Request) -> Response:
        return await run_in_threadpool(self._discrepancies, request)

    async def possible_duplicates(self, request: Request) -> Response:
        return await run_in_threadpool(self._possible_duplicates, request)

    def _discrepancies(self, request: Request) -> Response:
        names = (*parameters.QUESTION, "child", "code", "source", *_PAGING)
        found = parameters.read(request, names)
        asked = parameters.question(found, self._today(), self._parts.calendar)
        wanted = discrepancy_list.Wanted(
            child=found.get("child"),
            code=found.get("code"),
            source=found.get("source"),
            limit=parameters.limit(found),
            cursor=found.get("cursor"),
        )
        lag = self._lag(discrepancy_rows, asked.question)
        if lag is None:
            page = discrepancy_list.from_rows(self._folded(discrepancy_rows, asked.question), wanted)
        else:
            page = discrepancy_list.from_views(self._parts.views, wanted)
        return _json({**asked.echo(), "discrepancies": page.to_json(), "next": page.next, "lag": lag or 0})

    def _possible_duplicates(self, request: Request) -> Response:
        found = parameters.read(request, (*parameters.QUESTION, *_PAGING))
        asked = parameters.question(found, self._today(), self._parts.calendar)
        limit, after = parameters.limit(found), parameters.position(found)
        lag = self._lag(identity_rows, asked.question)
        if lag is None:
            pairs = same_child.in_rows(list(self._folded(identity_rows, asked.question)))
        else:
            pairs = same_child.in_views(self._parts.views)
        page = [pair.to_json() for pair in pairs[after : after + limit]]
        following = str(after + limit) if len(pairs) > after + limit else None
        return _json({**asked.echo(), "possible_duplicates": page, "next": following, "lag": lag or 0})

    def _folded(self, projection: Projection[Row], question: Question) -> Iterator[Row]:
        for case in cases_as_at(self._parts.log, self._parts.histories, question):
            yield from projection.rows(case)

    def _lag(self, projection: Projection[Any], question: Question) -> int | None:
        """How many events the views are behind; None where they were not made for the question."""
        if question != Question(self._today()):
            return None
        position = next(one for one in self._parts.views.positions() if one.projection == projection.name)
        return position.lag(self._parts.log.heads()) if position.build.answers(question.as_at) else None


def _json(reply: Mapping[str, Any]) -> Response:
    return Response(_encode(reply), 200, media_type="application/json")
