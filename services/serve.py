"""Serving HTTP until told to stop, with the projector beside it in a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

DRAIN_S = 7
"""How long requests under way have to end once the service is told to stop."""

_BACKLOG = 2_048
_RESTART_S = (0.5, 1.0, 2.0, 5.0, 15.0)
_STEADY_S = 60.0
_NICENESS = 10


class PortTaken(OSError):
    """The address cannot be listened on."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises PortTaken, saying what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with --http HOST:PORT"
        ) from error
    listening.listen(_BACKLOG)
    return listening


def address(listening: socket.socket) -> str:
    """Where a socket is reached, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(
    app: ASGIApp, listening: socket.socket, ready: Callable[[], None], drain: Callable[[], None]
) -> None:
    """Answer until SIGTERM or SIGINT; then end what is under way, and return.

    ``ready`` is called once requests are answered, and ``drain`` once no more are.
    """
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=_Whole,
        timeout_graceful_shutdown=DRAIN_S,
        h11_max_incomplete_event_size=65_536,
    )
    server = _Server(settings, ready, drain)
    # The writer of the log needs the interpreter back sooner than 5 ms after each step.
    sys.setswitchinterval(0.0005)
    with asyncio.Runner(loop_factory=settings.get_loop_factory()) as runner, suppress(KeyboardInterrupt):
        runner.run(server.serve([listening]))


class _Whole(HttpToolsProtocol):
    """Answers in one packet what uvicorn writes in two: the head, and then the body."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Gathering(transport, self.loop))  # type: ignore[arg-type]


class _Gathering:
    """A transport that sends what is written in one turn of the loop at its end."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._written:
            self._transport.write(b"".join(self._written))
            self._written = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain()
        await super().shutdown(sockets)


class Beside:
    """A process of this service kept running beside it: started again when it dies, ended with it."""

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str]) -> None:
        self._arguments = [sys.executable, "-m", "services", *arguments]
        self._environment = {**os.environ, **settings}
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="beside", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Have the process end, and do not wait for it."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                process.terminate()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the process, by force if it takes too long."""
        self.tell_to_stop()
        if not self._thread.ident:
            return
        process = self._process
        if process is not None and process.poll() is None:
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._thread.join(timeout_s)

    def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            # Its end of the pipe tells it when this process is gone, however that came.
            self._process = subprocess.Popen(
                self._arguments, stdin=subprocess.PIPE, env=self._environment, preexec_fn=_step_back
            )
            if self._stopping.is_set():
                self._process.terminate()
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
            failures = 0 if time.monotonic() - began > _STEADY_S else failures + 1
            self._stopping.wait(_RESTART_S[min(failures, len(_RESTART_S) - 1)])


def _step_back() -> None:
    """Let the process that answers go first, and be told of Ctrl-C by it alone."""
    os.nice(_NICENESS)
    os.setpgid(0, 0)


def until_told(stop: threading.Event) -> None:
    """Set ``stop`` on SIGTERM or SIGINT."""

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """What is set on SIGTERM or SIGINT, which are as they were after."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    stop = threading.Event()
    until_told(stop)
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
