"""What is asked of the service itself: is it alive, is it ready, its figures, its description."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from infra.log.log import Log
from services.api import parameters, problems
from services.metrics.exposition import Exposition

_STYLE = (
    "body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "code{background:#f3f2f1;padding:0 .25rem}dt{font-weight:bold}section{border-top:1px solid #b1b4b6}"
    "pre{background:#f3f2f1;overflow:auto;padding:1rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"
_encode = msgspec.json.Encoder().encode

SCRAPERS = 2
"""How many scrapes are answered at once, in threads of their own; none takes long."""


class ServiceRoutes:
    """The endpoints about the service, with what they need."""

    def __init__(
        self,
        log: Log,
        exposition: Exposition,
        describe: Callable[[], dict[str, Any]],
    ) -> None:
        self._log = log
        self._exposition = exposition
        # Those that answer everything else may all be waiting for a database that does not answer.
        self._scraped = ThreadPoolExecutor(SCRAPERS, "scraped")
        self._describe = describe

    async def alive(self, request: Request) -> Response:
        parameters.read(request, ())
        return Response(b'{"status":"alive"}', media_type="application/json")

    async def ready(self, request: Request) -> Response:
        """Answered once the log can be read; what cannot is raised, and becomes a 503."""
        parameters.read(request, ())
        await run_in_threadpool(self._log.heads)
        return Response(b'{"status":"ready"}', media_type="application/json")

    async def figures(self, request: Request) -> Response:
        accept = request.headers.get("accept", "")
        loop = asyncio.get_running_loop()
        text, content_type = await loop.run_in_executor(self._scraped, self._exposition.text, accept)
        return Response(text, headers={"Content-Type": content_type})

    async def openapi(self, request: Request) -> Response:
        parameters.read(request, ())
        return Response(_encode(self._describe()), media_type="application/json")

    async def docs(self, request: Request) -> Response:
        parameters.read(request, ())
        return HTMLResponse(page(self._describe()), headers={"Content-Security-Policy": _POLICY})


def page(described: dict[str, Any]) -> str:
    """The description as a page that needs nothing else."""
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{escape(described['info']['title'])} API</title><style>{_STYLE}</style></head><body>",
        f"<main><h1>{escape(described['info']['title'])} API</h1>",
        f"<p>{escape(described['info']['summary'])}</p>",
        "<p>The same for programs is at <a href=/openapi.json>openapi.json</a>.</p>",
    ]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>")
            parts.append(f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>")
            parts += _parameters(operation)
            parts += _bodies(operation)
            parts.append("<dl>")
            for status, response in operation["responses"].items():
                parts.append(f"<dt>{status}</dt><dd>{escape(response['description'])}</dd>")
            parts.append("</dl></section>")
    parts.append(f"<section><h2>Kinds of problem</h2><p>Each is <code>{problems.URN}…</code></p><dl>")
    for kind, (status, title) in problems.KINDS.items():
        parts.append(f"<dt>{kind}</dt><dd>{status}: {escape(title)}</dd>")
    parts.append("</dl></section></main></body></html>")
    return "".join(parts)


def _parameters(operation: dict[str, Any]) -> list[str]:
    rows = [
        f"<dt><code>{escape(one['name'])}</code></dt><dd>{escape(one['description'])}</dd>"
        for one in operation.get("parameters", ())
    ]
    return ["<dl>", *rows, "</dl>"] if rows else []


def _bodies(operation: dict[str, Any]) -> list[str]:
    parts = []
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body: <code>{escape(media_type)}</code></p>")
        if "example" in content:
            shown = msgspec.json.format(_encode(content["example"]), indent=2).decode()
            parts.append(f"<pre>{escape(shown)}</pre>")
    return parts
