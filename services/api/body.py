"""Reading bodies up to a limit, and answering 413 to larger ones."""

import asyncio
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import problems

_DRAINED = 4
"""How many times the most that a body may have is read of one that has more, before it is cut off."""

_DRAIN_S = 10.0


class BodyTooLarge(Exception):
    """The body is larger than is taken in; ``is_coming`` while some of it was not received."""

    def __init__(self, max_bytes: int, *, is_coming: bool) -> None:
        super().__init__(f"a body may have {max_bytes} bytes")
        self.max_bytes = max_bytes
        self.is_coming = is_coming


async def read_body(scope: Scope, receive: Receive, max_bytes: int) -> bytes:
    """The whole body. Raises BodyTooLarge, as soon as that is known, and ClientDisconnect."""
    _check_length(scope, max_bytes)
    message = await receive()
    parts: list[bytes] = []
    received = 0
    while message["type"] == "http.request":
        part = message.get("body", b"")
        received += len(part)
        is_coming = message.get("more_body", False)
        if received > max_bytes:
            raise BodyTooLarge(max_bytes, is_coming=is_coming)
        if not is_coming:
            return b"".join((*parts, part)) if parts else part
        parts.append(part)
        message = await receive()
    raise ClientDisconnect


def _check_length(scope: Scope, max_bytes: int) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and (len(value) > 18 or int(value) > max_bytes):
            raise BodyTooLarge(max_bytes, is_coming=True)


async def refuse_body(error: BodyTooLarge, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that a body is too large."""
    detail = f"A body may have {error.max_bytes} bytes; send it in parts. Nothing of it was recorded."
    is_read = not error.is_coming or await _drain(scope, receive, error.max_bytes)
    headers = None if is_read else {"Connection": "close"}
    await problems.respond(problems.body("body-too-large", detail), headers)(scope, receive, send)


async def _drain(scope: Scope, receive: Receive, max_bytes: int) -> bool:
    """Read what is still coming, up to a point: few callers look for an answer before they sent all."""
    if any(name == b"expect" for name, _ in scope["headers"]):
        return False
    left = _DRAINED * max_bytes
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while left > 0:
                message = await receive()
                if not message.get("more_body", False):
                    return True
                left -= len(message.get("body", b""))
    return False


class Limited:
    """An application that is handed bodies whole, and none that is too large."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        try:
            body = await read_body(scope, receive, self._max_bytes)
        except BodyTooLarge as error:
            await refuse_body(error, scope, receive, send)
            return
        except ClientDisconnect:
            return
        is_handed_over = False

        async def hand_over() -> Message:
            nonlocal is_handed_over
            if is_handed_over:
                return await receive()
            is_handed_over = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, hand_over, send)
