"""What happens to every request: an id, security headers, a limit to its body, and a count."""

import re
import secrets
from collections.abc import Callable, Iterable
from itertools import count
from time import perf_counter

from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import problems
from services.api.log_lines import log
from services.metrics.counting import Counts

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_TRACE_PARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    # Addresses name children, so they are told to nobody.
    (b"referrer-policy", b"no-referrer"),
)
_NAMES = frozenset(name for name, _ in _HEADERS)


class Answered:
    """Gives every request an id and every answer the headers that keep browsers careful, and counts them.

    What nobody caught is logged and answered here.
    """

    def __init__(self, app: ASGIApp, counts: Counts, pages: Iterable[BaseRoute]) -> None:
        self._app = app
        self._counts = counts
        # Of a route that is not its own, FastAPI tells nothing but what answers it.
        self._pages: dict[object, str] = {}
        for page in pages:
            if isinstance(page, Route):
                self._pages[page.endpoint] = page.path
            elif isinstance(page, Mount):
                self._pages[page.app] = page.path
        # Random once, then counted: asking for chance each time waits for the log's writer.
        self._prefix = secrets.token_hex(6)
        self._numbers = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        status = 0
        request_id = self._identify(scope)

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                have = {name for name, _ in headers}
                headers += _HEADERS if have.isdisjoint(_NAMES) else [h for h in _HEADERS if h[0] not in have]
                headers.append((b"x-request-id", request_id))
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            _log_failure(scope, error, request_id)
            if not status:
                await problems.of_failure(error)(scope, receive, answer)
        finally:
            template = self._template(scope)
            self._counts.request(scope["method"], template, status, perf_counter() - began, _trace_id(scope))

    def _template(self, scope: Scope) -> str:
        """The template of the address that was asked for."""
        path = getattr(scope.get("route"), "path", None)
        return path if isinstance(path, str) else self._pages.get(scope.get("endpoint"), "other")

    def _identify(self, scope: Scope) -> bytes:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                return bytes(value)
        return f"{self._prefix}-{next(self._numbers):x}".encode()


def _trace_id(scope: Scope) -> str | None:
    """The id of the trace that the caller says this request is part of, if it is a valid one."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            found = _TRACE_PARENT.fullmatch(value)
            return found[1].decode() if found and found[1].strip(b"0") else None
    return None


class Shortcut:
    """Takes posts of facts straight to their endpoint: finding a route takes as long as reading a fact."""

    def __init__(self, app: ASGIApp, route: Route) -> None:
        self._app = app
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._route.path and scope["method"] == "POST":
            scope["route"] = self._route
            await self._route.app(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _log_failure(scope: Scope, error: BaseException, request_id: bytes) -> None:
    """Log where an error came from; its message and the address may name people."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    log(
        "error",
        "request failed",
        error=type(error).__name__,
        method=scope["method"],
        request_id=request_id.decode(),
        trace=frames[-8:],
    )


class Options:
    """Answers OPTIONS with the methods of an address."""

    def __init__(self, app: ASGIApp, routes: Callable[[], Iterable[BaseRoute]]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return
        methods = self._methods(scope)
        if not methods:
            await self._app(scope, receive, send)
            return
        headers = [(b"allow", ", ".join(sorted(methods | {"OPTIONS"})).encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _methods(self, scope: Scope) -> set[str]:
        methods: set[str] = set()
        for route in self._routes():
            match, _ = route.matches(scope)
            if match is not Match.NONE:
                methods |= getattr(route, "methods", None) or set()
        return methods
