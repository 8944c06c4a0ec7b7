"""GET measures, and the cases behind each; with progress as server-sent events where it is asked for."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import date
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.field import Invalid, Problem
from domain.working_days import WorkingDays
from projections.measure import Measure
from projections.measure_catalogue import BY_NAME, MEASURES
from services.api import parameters, problems
from services.measures.answers import Measures, tell_nobody
from services.measures.asked import FILTERS, Wanted, published, wanted
from services.measures.caseloads import By
from services.measures.cases import PARTS, SIDES, Listed
from services.shares import Tell

EVENT_STREAM = "text/event-stream"
PAGING = ("limit", "cursor")
TOLD_EVERY_S = 0.5
CASELOAD_FILTERS = ("from", "to", "by", "team_id", "worker_id", "threshold")
CASELOAD_BYS = ("worker", "team")
MOST_CHILDREN = 999
_CASES = ("by_dates", "of", "band")
_encode = msgspec.json.Encoder().encode

Reply = Mapping[str, Any]
Work = Callable[[Tell], Reply]


class Gone(Exception):
    """Whoever asked is no longer there."""


class MeasureRoutes:
    """The endpoints about measures, with what they need."""

    def __init__(self, measures: Measures, calendar: WorkingDays, today: Callable[[], date]) -> None:
        self._measures = measures
        self._calendar = calendar
        self._today = today

    async def measures(self, request: Request) -> Response:
        found = parameters.read(request, (*parameters.QUESTION, *FILTERS, *PAGING))
        asked = self._asked(found)
        limit, after = parameters.limit(found), parameters.position(found)
        page = MEASURES[after : after + limit]
        following = str(after + limit) if len(MEASURES) > after + limit else None

        def work(tell: Tell) -> Reply:
            answer = self._measures.count(page, asked, tell)
            return {**asked.echo(), "measures": answer.items, "next": following, "lag": answer.lag}

        return await _answer(request, work)

    async def measure(self, request: Request) -> Response:
        measure = BY_NAME.get(request.path_params["name"])
        if measure is None:
            return _unknown()
        asked = self._asked(parameters.read(request, (*parameters.QUESTION, *FILTERS)))

        def work(tell: Tell) -> Reply:
            answer = self._measures.count([measure], asked, tell)
            return {**asked.echo(), **answer.items[0], "lag": answer.lag}

        return await _answer(request, work)

    async def cases(self, request: Request) -> Response:
        measure = BY_NAME.get(request.path_params["name"])
        if measure is None:
            return _unknown()
        found = parameters.read(request, (*parameters.QUESTION, *FILTERS, *_CASES, *PAGING))
        asked, listed = self._asked(found), _listed(measure, found)

        def work(tell: Tell) -> Reply:
            answer = self._measures.cases(measure, asked, listed, tell)
            echo = {**asked.echo(), "measure": measure.name}
            return {**echo, "cases": answer.items, "next": answer.next, "lag": answer.lag}

        return await _answer(request, work)

    async def restatement(self, request: Request) -> Response:
        measure = BY_NAME.get(request.path_params["name"])
        if measure is None:
            return _unknown()
        found = parameters.read(request, ("published_at", "as_at", "basis", *FILTERS[:2], *PAGING))
        asked, before = published(found, self._today(), self._calendar)
        of = wanted(asked, found)
        limit, after = parameters.limit(found), parameters.position(found)

        def work(tell: Tell) -> Reply:
            restated = self._measures.restated(measure, of, before, tell)
            page = restated.changes[after : after + limit]
            following = str(after + limit) if len(restated.changes) > after + limit else None
            echo = {**of.echo(), "published_at": found["published_at"], "measure": measure.name}
            return {
                **echo,
                "then": restated.then,
                "now": restated.now,
                "changed": len(restated.changes),
                "changes": page,
                "next": following,
            }

        return await _answer(request, work)

    async def caseloads(self, request: Request) -> Response:
        names = (*parameters.QUESTION, *CASELOAD_FILTERS, *PAGING)
        found = parameters.read(request, names)
        by: By = "team" if parameters.choice(found, "by", CASELOAD_BYS) == "team" else "worker"
        most = _threshold(found)
        asked = self._asked({name: value for name, value in found.items() if name != "by"})
        limit, after = parameters.limit(found), parameters.position(found)

        def work(tell: Tell) -> Reply:
            answer = self._measures.caseloads(asked, by, most, tell)
            following = str(after + limit) if len(answer.items) > after + limit else None
            echo = {**asked.echo(), "by": by, "threshold": most or self._measures.threshold(asked.day)}
            page = answer.items[after : after + limit]
            return {**echo, "caseloads": page, "next": following, "lag": answer.lag}

        return await _answer(request, work)

    async def caseload_cases(self, request: Request) -> Response:
        found = parameters.read(request, (*parameters.QUESTION, "worker_id", *PAGING))
        asked = self._asked(found)
        worker = found.get("worker_id")
        if worker is None:
            raise Invalid([Problem("worker_id", "is required: whose children are listed")])
        limit, after = parameters.limit(found), parameters.position(found)

        def work(tell: Tell) -> Reply:
            answer = self._measures.caseload_cases(asked, worker, tell)
            following = str(after + limit) if len(answer.items) > after + limit else None
            echo = {**asked.asked.echo(), "worker_id": worker}
            page = answer.items[after : after + limit]
            return {**echo, "cases": page, "next": following, "lag": answer.lag}

        return await _answer(request, work)

    def _asked(self, found: dict[str, str]) -> Wanted:
        return wanted(parameters.question(found, self._today(), self._calendar), found)


def _listed(measure: Measure, found: dict[str, str]) -> Listed:
    """Which cases are asked for. Raises Invalid."""
    side = parameters.choice(found, "by_dates", SIDES)
    if side == "recorded" and measure.recorded_among is None:
        raise Invalid([Problem("by_dates", "must be true: no case system has a record of what this counts")])
    of = parameters.choice(found, "of", PARTS)
    if of == "numerator" and not measure.is_share:
        raise Invalid([Problem("of", "must be denominator: this measure is a count alone")])
    names = {band.name: band for band in measure.bands}
    name = found.get("band")
    if name is not None and name not in names:
        said = f"must be one of {', '.join(names)}" if names else "must be left out: this measure has none"
        raise Invalid([Problem("band", said)])
    return Listed(
        is_recorded=side == "recorded",
        only_numerator=of == "numerator",
        band=names[name] if name is not None else None,
        limit=parameters.limit(found),
        cursor=found.get("cursor"),
    )


def _threshold(found: dict[str, str]) -> int | None:
    text = found.get("threshold")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MOST_CHILDREN:
        raise Invalid([Problem("threshold", f"must be a whole number from 1 to {MOST_CHILDREN}")])
    return int(text)


def _unknown() -> Response:
    detail = "There is no measure of this name. GET /measures lists them."
    return problems.respond(problems.body("not-found", detail))


async def _answer(request: Request, work: Work) -> Response:
    if EVENT_STREAM in request.headers.get("accept", ""):
        return StreamingResponse(_told(work), media_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})
    reply = await run_in_threadpool(work, tell_nobody)
    return Response(_encode(reply), 200, media_type="application/json")


async def _told(work: Work) -> AsyncIterator[bytes]:
    """How far it is, now and then, and at last the reply, or the problem there was."""
    told: SimpleQueue[tuple[str, Reply]] = SimpleQueue()
    is_gone, last = False, 0.0

    def tell(done: int, of: int) -> None:
        nonlocal last
        if is_gone:
            raise Gone
        if monotonic() - last >= TOLD_EVERY_S or done == of:
            last = monotonic()
            told.put(("progress", {"done": done, "of": of}))

    def run() -> None:
        with suppress(Gone):
            try:
                told.put(("reply", work(tell)))
            except Invalid as error:
                body = problems.of_fields("invalid-question", error.problems, what="parameter")
                told.put(("problem", body))
            except Gone:
                raise
            except Exception as error:
                told.put(("problem", msgspec.json.decode(bytes(problems.of_failure(error).body))))

    Thread(target=run, daemon=True).start()
    try:
        while True:
            name, data = await run_in_threadpool(told.get)
            yield b"event: " + name.encode() + b"\ndata: " + _encode(data) + b"\n\n"
            if name != "progress":
                return
    finally:
        is_gone = True
