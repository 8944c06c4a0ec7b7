"""What happens to every request: an id, security headers, a limit to its body, and a count."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import problems
from services.api.metrics import Metrics

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    # Addresses name children, so they are told to nobody.
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DRAINED = 4
"""How many times the most that a body may have is read of one that has more, before it is cut off."""

_DRAIN_S = 10.0
_log = structlog.get_logger("casetimeline.http")


class Identified:
    """Gives every request an id and every response the headers that keep browsers careful."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = _header(scope, b"x-request-id")
        request_id = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                have = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in _HEADERS if name not in have]
                headers.append((b"x-request-id", request_id))
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyTooLarge(Exception):
    """The body is larger than is taken in."""


class Limited:
    """Takes in bodies up to a number of bytes, told or not, and answers 413 to larger ones."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = _header(scope, b"content-length")
        if told and told.isdigit() and (len(told) > 18 or int(told) > self._max_bytes):
            await self._refuse(scope, receive, send)
            return
        received = 0
        is_refused = False

        async def count() -> Message:
            nonlocal received, is_refused
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    is_refused = True
                    raise BodyTooLarge
            return message

        async def hold(message: Message) -> None:
            # What the application says of a body that it could not read is not said.
            if not is_refused:
                await send(message)

        try:
            await self._app(scope, count, hold)
        except BodyTooLarge:
            is_refused = True
        if is_refused:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"A body may have {self._max_bytes} bytes; send it in parts. Nothing of it was recorded."
        is_drained = await self._drain(scope, receive)
        headers = None if is_drained else {"Connection": "close"}
        await problems.respond(problems.body("body-too-large", detail), headers)(scope, receive, send)

    async def _drain(self, scope: Scope, receive: Receive) -> bool:
        """Read what is still coming, up to a point: few callers look for an answer before they sent all."""
        if _header(scope, b"expect"):
            return False
        left = _DRAINED * self._max_bytes
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while left > 0:
                    message = await receive()
                    if not message.get("more_body", False):
                        return True
                    left -= len(message.get("body", b""))
        return False


class Measured:
    """Counts requests by the template of their route, and answers and logs what nobody caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            _log_failure(scope, error)
            if not status:
                await problems.of_failure(error)(scope, receive, watch)
        finally:
            route = scope.get("route")
            template = getattr(route, "path", "other") if route is not None else "other"
            self._metrics.request(scope["method"], template, status, time.perf_counter() - began)


def _log_failure(scope: Scope, error: BaseException) -> None:
    """Log where an error came from; its message and the address may name people."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    _log.error(
        "request failed",
        error=type(error).__name__,
        method=scope["method"],
        request_id=scope.get("state", {}).get("request_id"),
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


def _header(scope: Scope, name: bytes) -> bytes | None:
    found: Any = next((value for key, value in scope["headers"] if key == name), None)
    return found if found is None else bytes(found)
