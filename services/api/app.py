"""The HTTP application: which address is answered by what."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from domain.field import Invalid
from domain.refusal import Refused
from infra.errors import Unavailable
from infra.keys import Erased, KeysUnavailable
from infra.log.commit import LogDamaged, LogUnavailable
from infra.views.engine import Overtaken, ViewsUnavailable
from services.api import problems
from services.api.apart import Apart
from services.api.body import Limited
from services.api.children import Children
from services.api.events import Intake
from services.api.intake_routes import IntakeRoutes
from services.api.lists import Lists
from services.api.measures import MeasureRoutes
from services.api.middleware import Answered, Options, Shortcut
from services.api.openapi import document
from services.api.quality import QualityRoutes
from services.api.service_routes import ServiceRoutes
from services.api.set_aside import SetAsideRoutes
from services.compose import Parts
from services.measures.answers import Measures
from services.metrics.counting import Counts
from services.metrics.exposition import Exposition, build
from services.record_together import WORTH_WHILE, WORTH_WHILE_IN_SEVERAL, Together
from services.web import pages as web
from services.web import rendering

_KINDS = {404: "not-found", 405: "method-not-allowed"}


def application(
    parts: Parts,
    pages: Sequence[BaseRoute],
    apart: Apart | None = None,
    *,
    max_body_bytes: int,
    max_batch_events: int,
) -> ASGIApp:
    """The whole application: the API, and the pages. ``apart`` reads large batches, where there is one."""
    counts = Counts()
    exposition = Exposition(parts, [counts, parts.appends], with_practice=True)
    intake = Intake(
        Together(parts.recording, WORTH_WHILE if parts.log.partitions == 1 else WORTH_WHILE_IN_SEVERAL),
        parts.now,
        counts,
        apart,
        max_body_bytes=max_body_bytes,
        max_events=max_batch_events,
    )
    children = Children(parts.histories, parts.recording, parts.calendar, parts.today, parts.now)
    lists = Lists(
        parts.log,
        parts.codec,
        parts.histories,
        parts.views,
        parts.recording,
        parts.conflicts,
        parts.calendar,
        parts.policy,
        parts.today,
        parts.now,
    )
    aside = SetAsideRoutes(parts.set_asides)

    quality = QualityRoutes(parts, parts.today)
    measures = MeasureRoutes(Measures(parts), parts.calendar, parts.today)

    @cache
    def describe() -> dict[str, Any]:
        return document(build(), parts.calendar.last_day)

    intake_routes = IntakeRoutes(parts.intake)
    about = ServiceRoutes(parts.log, exposition, describe)
    app = FastAPI(
        title="Case timeline", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.openapi = describe  # type: ignore[method-assign]
    posts = Route("/events", intake, methods=["POST"])
    app.router.routes.append(posts)
    for path, endpoint in (
        ("/events", lists.events),
        ("/children/{child}/timeline", children.timeline),
        ("/children/{child}/clocks", children.clocks),
        ("/workers/{worker}/clocks", children.worker_clocks),
        ("/authority/clocks", children.authority_clocks),
        ("/clocks", lists.clocks),
        ("/measures", measures.measures),
        ("/measures/{name}", measures.measure),
        ("/caseloads", measures.caseloads),
        ("/caseloads/cases", measures.caseload_cases),
        ("/discrepancies", quality.discrepancies),
        ("/possible-duplicates", quality.possible_duplicates),
        ("/measures/{name}/cases", measures.cases),
        ("/measures/{name}/restatement", measures.restatement),
        ("/conflicts", lists.conflicts),
        ("/timescales", lists.timescales),
        ("/projections", lists.projections),
        ("/intake", intake_routes.standing),
        ("/intake/set-aside", intake_routes.set_aside),
        ("/set-aside", aside.listed),
        ("/set-aside/{stream}", aside.shown),
        ("/metrics", about.figures),
        ("/healthz", about.alive),
        ("/readyz", about.ready),
        ("/openapi.json", about.openapi),
        ("/docs", about.docs),
    ):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"])
    app.add_api_route("/set-aside", aside.all_retried, methods=["POST"])
    app.add_api_route("/set-aside/{stream}/retry", aside.retried, methods=["POST"])
    app.add_api_route("/set-aside/{stream}/drop", aside.dropped, methods=["POST"])
    app.add_api_route("/rulings", children.post_ruling, methods=["POST"])
    app.router.routes.extend(pages)
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(HTTPException, _http)
    # The last is what nobody foresaw; it is logged on its way out.
    away = (LogUnavailable, LogDamaged, KeysUnavailable, ViewsUnavailable, Overtaken, Unavailable)
    for failure in (*away, Refused, Erased, Exception):
        app.add_exception_handler(failure, _failure)
    routes = app.router.routes
    return Answered(Shortcut(Options(Limited(app, max_body_bytes), lambda: routes), posts), counts, pages)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return problems.respond(problems.of_fields("invalid-question", error.problems, what="parameter"))


def _failure(request: Request, error: Exception) -> Response:
    return problems.of_failure(error)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and rendering.wants_page(request.scope):
        return web.not_found()
    kind = _KINDS.get(error.status_code, "bad-request")
    if kind == "method-not-allowed":
        allowed = _allowed(request)
        detail = f"{request.method[:20]} is not among the methods of this address: {allowed}."
        return problems.respond(problems.body(kind, detail), {"Allow": allowed})
    detail = "See /docs for the addresses there are." if kind == "not-found" else str(error.detail)
    return problems.respond(problems.body(kind, detail), error.headers)


def _allowed(request: Request) -> str:
    methods: set[str] = {"OPTIONS"}
    for route in request.app.router.routes:
        match, _ = route.matches(request.scope)
        if match.value:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods))
