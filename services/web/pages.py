"""The pages people look at: overview, late assessments, children, and one child."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from domain.working_days import WorkingDays
from projections.measure_catalogue import IDS
from services.overview import is_late
from services.web import dumbbell, histogram, rendering, trend
from services.web.child_page import ChildPage, child_page
from services.web.measure_pages import answer, measure_pages
from services.web.question import BadQuestion, Question, address, read_form, read_question
from services.web.reads import Reads

WIDTHS = (("wide", 520), ("narrow", 345))
LATE_TIMESCALES = ("assessment", *(id for id in IDS if id != "assessment"))

Endpoint = Callable[[Request], Awaitable[Response]]


def pages(
    reads: Reads, *, calendar: WorkingDays, today: Callable[[], date], standing_today: date | None = None
) -> list[BaseRoute]:
    """The routes of every page and of the files they need.

    ``today`` gives the day of questions that name none; ``standing_today`` is shown on every page while set.
    """

    def show(template: str, status: int = 200, **values: object) -> HTMLResponse:
        return rendering.page(template, status, standing_today=standing_today, **values)

    def front(request: Request) -> Response:
        return RedirectResponse("/overview", 307)

    async def overview(request: Request) -> Response:
        try:
            question = read_question(request.query_params, today())
        except BadQuestion as error:
            return show("error.html", 400, heading="There is a problem with the address", message=f"{error}.")
        told = await answer(reads.overview, question)
        longest = dumbbell.scale([row.elapsed for row in told.longest_hidden])
        return show(
            "overview.html",
            told=told,
            question=question,
            is_past=question.as_at < today(),
            trends=[(name, trend.trend(told.months, width)) for name, width in WIDTHS],
            histograms=[(n, histogram.histogram(told.bands, told.limit, width, n)) for n, width in WIDTHS],
            ruler=dumbbell.ruler(told.limit, longest),
            dumbbells=[
                dumbbell.dumbbell(r.recorded, r.elapsed, r.limit, longest) for r in told.longest_hidden
            ],
            address=address,
        )

    async def late(request: Request) -> Response:
        asked = request.query_params
        timescale = asked.get("timescale") or "assessment"
        cursor = asked.get("cursor") or None
        try:
            question = read_question(asked, today())
            if timescale not in LATE_TIMESCALES:
                raise BadQuestion(f"There is no list of late clocks called {timescale}")
            found = await answer(reads.late, question, timescale, cursor)
        except ValueError as error:
            return show("error.html", 400, heading="There is a problem with the address", message=f"{error}.")
        return show(
            "late.html",
            found=found,
            timescale=timescale,
            timescales=LATE_TIMESCALES,
            question=question,
            is_past=question.as_at < today(),
            cursor=cursor,
            is_late=is_late,
            address=address,
        )

    async def children(request: Request) -> Response:
        text = (request.query_params.get("reference") or "").strip()
        # A whole reference is looked up in the history itself, which is ahead of the lists.
        if text and await answer(reads.child, text, Question(today(), is_plain=True)) is not None:
            return RedirectResponse(child_path(text), 303)
        found = await answer(reads.find, text) if text else None
        return show("children.html", text=text, found=found, child_path=child_path)

    async def one_child(request: Request) -> Response:
        asked, child = request.query_params, request.path_params["child"]
        path = child_path(child)
        try:
            if "day" in asked:
                question = read_form(asked, today())
                return RedirectResponse(address(path, question.parameters(), _view(asked)), 303)
            question = read_question(asked, today())
        except BadQuestion as error:
            told = await _child(reads, child, Question(today(), is_plain=True), asked)
            return (
                missing()
                if told is None
                else show(
                    "child.html",
                    400,
                    page=told,
                    path=path,
                    error=str(error),
                    typed=asked.get("day", ""),
                    **_links(told, path, asked),
                )
            )
        told = await _child(reads, child, question, asked)
        return (
            missing()
            if told is None
            else show("child.html", page=told, path=path, **_links(told, path, asked))
        )

    async def child_fragment(request: Request) -> Response:
        asked, child = request.query_params, request.path_params["child"]
        path = child_path(child)
        try:
            question = read_question(asked, today())
        except BadQuestion as error:
            return HTMLResponse(str(error), 400, rendering.HEADERS, "text/plain")
        told = await _child(reads, child, question, asked)
        if told is None:
            return missing()
        return show("child_fragment.html", page=told, path=path, **_links(told, path, asked))

    async def _child(reads: Reads, child: str, question: Question, asked: Any) -> ChildPage | None:
        plain = Question(today(), is_plain=True)
        now = await answer(reads.child, child, plain)
        if now is None:
            return None
        view = now if question == plain else await answer(reads.child, child, question)
        return child_page(
            child,
            view,
            now,
            question,
            plain.as_at,
            calendar,
            asked.get("clock") or "",
            asked.get("span") == "all",
        )

    def missing() -> HTMLResponse:
        return not_found(standing_today)

    return [
        Route("/", front, name="front"),
        Route("/overview", overview, name="overview"),
        Route("/late", late, name="late"),
        *measure_pages(reads, show, today),
        Route("/children", children, name="children"),
        Route("/children/{child}/page", one_child, name="child_page"),
        Route("/children/{child}/page/fragment", child_fragment, name="child_fragment"),
        Mount(rendering.STATIC_PATH, rendering.KeptFiles(directory=rendering.STATIC), name="static"),
    ]


def not_found(standing_today: date | None = None) -> HTMLResponse:
    """The page for what is not there."""
    return rendering.page(
        "error.html",
        404,
        standing_today=standing_today,
        heading="Page not found",
        message="If you typed the address or a child’s reference, check that it is correct.",
    )


def went_wrong(standing_today: date | None = None) -> HTMLResponse:
    """The page for a fault of ours."""
    return rendering.page(
        "error.html",
        500,
        standing_today=standing_today,
        heading="Sorry, there is a problem with the service",
        message="Nothing that was recorded is lost. Try again in a few minutes.",
    )


def child_path(child: str) -> str:
    """The address of a child's page."""
    return f"/children/{quote(child, safe='')}/page"


def _view(asked: Any) -> dict[str, str]:
    """What of an address chooses what is drawn, whatever the day."""
    return {"clock": asked.get("clock") or "", "span": "all" if asked.get("span") == "all" else ""}


def _links(told: ChildPage, path: str, asked: Any) -> dict[str, Any]:
    view = _view(asked)

    def to(question: Question, **changed: str) -> str:
        return address(path, question.parameters(), view | changed)

    data = path.removesuffix("/page")
    return {
        "to": to,
        "view": view,
        "timeline_path": address(f"{data}/timeline", told.question.parameters()),
        "clocks_path": address(f"{data}/clocks", told.question.parameters()),
    }
