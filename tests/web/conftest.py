"""The pages on a free port of this machine, and a real Chromium to look at them with."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.web.pages import not_found, pages
from tests.web.calendar import CALENDAR
from tests.web.reads import FixedReads
from tests.web.showcase import TODAY

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A page may take long on a busy machine.
expect.set_options(timeout=30_000)


def application(reads: FixedReads, is_standing: bool = True) -> Starlette:
    """The pages, with the data that they link to."""

    def data(request: Request) -> Response:
        return JSONResponse({"child": request.path_params["child"]})

    async def missing(request: Request, error: Exception) -> Response:
        return not_found(TODAY)

    routes = pages(
        reads, calendar=CALENDAR, today=lambda: TODAY, standing_today=TODAY if is_standing else None
    )
    routes += [Route("/children/{child}/timeline", data), Route("/children/{child}/clocks", data)]
    routes.append(Route("/measures/{child}/cases", data))
    return Starlette(routes=routes, exception_handlers={404: missing})


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The address of an application while it is served."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        # Who comes before it answers waits.
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    with served(application(FixedReads())) as address:
        yield address


@pytest.fixture(scope="session")
def empty_site() -> Iterator[str]:
    with served(application(FixedReads(is_empty=True), is_standing=False)) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with the file: while it runs, nothing else in the process can run an event loop of its own."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
