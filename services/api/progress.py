"""How far the projections are, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

MEDIA_TYPE = "text/event-stream"
EVERY_S = 1.0
LASTS_S = 60.0
"""After that the stream ends, and whoever still looks asks again: no connection is kept for nobody."""

_encode = msgspec.json.Encoder().encode


def is_asked(request: Request) -> bool:
    """Whether whoever asks wants to be told again and again."""
    return MEDIA_TYPE in request.headers.get("accept", "").lower()


def streamed(read: Callable[[], list[dict[str, Any]]]) -> Response:
    """What ``read`` tells, now and every second from now on."""
    return StreamingResponse(_events(read), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


async def _events(read: Callable[[], list[dict[str, Any]]]) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    for _ in range(int(LASTS_S / EVERY_S)):
        told = await run_in_threadpool(read)
        yield b"event: projections\ndata: " + _encode({"projections": told}) + b"\n\n"
        await asyncio.sleep(EVERY_S)
