"""A lean HTTP client: requests made beforehand, written to sockets, and of each answer the status read."""

import asyncio
import sys
from time import perf_counter


class Load(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, and sends the next."""

    def __init__(self, requests: "Requests") -> None:
        self._requests = requests
        self._received = b""
        self._missing = 0
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._received += data
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[:end].lower()
            at = head.find(b"content-length: ") + 16
            length = int(head[at : (head.find(b"\r\n", at) + 1 or len(head) + 1) - 1])
            status = int(head[9:12])
            if status not in self._requests.expected:
                sys.exit(f"unexpected answer: {self._received[:600].decode()}")
            self._missing = length - (len(self._received) - end - 4)
            self._received = b""
        if self._missing <= 0:
            self._missing = 0
            self._requests.answered(perf_counter() - self._began)
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._transport.is_closing():
            sys.exit(f"connection lost: {error}")

    def _send(self) -> None:
        request = self._requests.next()
        if request is None:
            self._transport.close()
            return
        self._began = perf_counter()
        self._transport.write(request)


class Requests:
    """Requests still to be sent, and how long each took that was answered."""

    def __init__(self, requests: list[bytes], expected: tuple[int, ...]) -> None:
        self.expected = expected
        self.seconds: list[float] = []
        self._count = len(requests)
        self._left = iter(requests)
        self._done = asyncio.get_running_loop().create_future()

    @property
    def is_done(self) -> bool:
        return len(self.seconds) == self._count

    def next(self) -> bytes | None:
        return next(self._left, None)

    def answered(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.is_done and not self._done.done():
            self._done.set_result(None)

    async def wait(self) -> None:
        await self._done


async def load(
    port: int, requests: list[bytes], connections: int, expected: tuple[int, ...]
) -> tuple[float, list[float]]:
    """Send all requests over so many connections; the seconds it took, and those of each request."""
    waiting = Requests(requests, expected)
    loop = asyncio.get_running_loop()
    began = perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Load(waiting), "127.0.0.1", port)
    await waiting.wait()
    return perf_counter() - began, waiting.seconds


def request(method: str, path: str, body: bytes = b"", content_type: str = "") -> bytes:
    """A request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
