"""The pages of measures: all of them with both values, and each with the cases behind it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from inspect import iscoroutinefunction
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.field import Invalid
from projections.measure_catalogue import GROUPS
from services.web.question import Question, address, read_question
from services.web.reads import Reads

Show = Callable[..., Response]
_VIEW = ("from", "to", "team_id", "of", "by_dates")


async def answer(read: Callable[..., Any], *arguments: object) -> Any:
    """What a read answers, off the event loop where it would hold it up."""
    if iscoroutinefunction(read):
        return await read(*arguments)
    return await run_in_threadpool(read, *arguments)


def measure_pages(reads: Reads, show: Show, today: Callable[[], date]) -> list[BaseRoute]:
    """The routes of the pages of measures."""

    async def measures(request: Request) -> Response:
        asked = _asked(request)
        try:
            question = read_question(request.query_params, today())
            found = await answer(reads.measures, question, asked)
        except ValueError as error:
            return _wrong(show, error)
        by_name = {one["name"]: one for one in found}
        groups = [
            (title, [by_name[m.name] for m in of_group if m.name in by_name]) for title, of_group in GROUPS
        ]
        return show(
            "measures.html",
            groups=[(title, of_group) for title, of_group in groups if of_group],
            question=question,
            asked=asked,
            is_past=question.as_at < today(),
            address=address,
            value=value_text,
            share=share_text,
        )

    async def measure(request: Request) -> Response:
        asked, name = _asked(request), request.path_params["name"]
        cursor = request.query_params.get("cursor") or None
        try:
            question = read_question(request.query_params, today())
            found = await answer(reads.measure, name, question, asked, cursor)
        except ValueError as error:
            return _wrong(show, error)
        if found is None:
            message = "There is no measure of this name."
            return show("error.html", 404, heading="Page not found", message=message)
        return show(
            "measure.html",
            found=found,
            question=question,
            asked=asked,
            cursor=cursor,
            as_data=_as_data(name, question, asked),
            address=address,
            value=value_text,
            share=share_text,
            bands=_bands(found.measure),
        )

    return [
        Route("/figures", measures, name="measures"),
        Route("/figures/{name}", measure, name="measure"),
    ]


def _asked(request: Request) -> dict[str, str]:
    return {name: value for name in _VIEW if (value := (request.query_params.get(name) or "").strip())}


def _as_data(name: str, question: Question, asked: Mapping[str, str]) -> str:
    return address(f"/measures/{name}/cases", question.parameters(), asked)


def _wrong(show: Show, error: ValueError) -> Response:
    message = str(error)
    if isinstance(error, Invalid):
        message = "; ".join(f"{problem.pointer} {problem.detail}" for problem in error.problems)
    return show("error.html", 400, heading="There is a problem with the address", message=f"{message}.")


def value_text(numbers: Mapping[str, Any] | None) -> str:
    """A value as it is read: a percentage where it is a share, else the count; a dash of nothing."""
    if numbers is None:
        return "–"
    if numbers["denominator"] is None:
        return str(numbers["numerator"])
    return "–" if numbers["value"] is None else f"{numbers['value']:g}%"


def share_text(numbers: Mapping[str, Any]) -> str:
    if numbers["denominator"] is None:
        return str(numbers["numerator"])
    return f"{numbers['numerator']} of {numbers['denominator']}"


def _bands(measure: Mapping[str, Any]) -> Sequence[tuple[str, int, int | None]]:
    """Each band with its cases, by true dates and by the records."""
    recorded = measure["recorded"] or {}
    by_records = {band["band"]: band["count"] for band in recorded.get("bands", ())}
    return [(b["band"], b["count"], by_records.get(b["band"])) for b in measure.get("bands", ())]
