"""A scrape of a running service is answered, whatever everything else waits for, and says what is away."""

import socket
import time
from contextlib import ExitStack

import httpx
import pytest

from tests.metrics.samples import samples_in, value
from tests.running import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

QUESTIONS = 120
PATIENT_S = 60
SCRAPE_TIMEOUT_S = 10
"""What Prometheus waits, if nothing else is said."""


def scraped(running):
    answer = httpx.get(f"{running.address}/metrics", timeout=SCRAPE_TIMEOUT_S)
    assert answer.status_code == 200
    return samples_in(answer.text)


def views_are(running, number):
    """The first scrape in which they are so; every scrape is answered in time."""
    until = time.monotonic() + PATIENT_S
    while time.monotonic() < until:
        samples = scraped(running)
        if samples.get(("casetimeline_part_up", frozenset({("part", "views")}))) == number:
            return samples
        time.sleep(0.5)
    raise AssertionError(f"waited in vain for views to be {number}")


def ask(running, path):
    """A question whose answer nobody waits for yet."""
    host, port = running.address.removeprefix("http://").split(":")
    asking = socket.create_connection((host, int(port)))
    asking.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return asking


def test_more_questions_than_threads_that_wait_for_the_views_hold_up_no_scrape(tmp_path, breakable_postgres):
    views = breakable_postgres.create_database("views")
    with serving(tmp_path, views=views, options=["--no-projector"]) as running, ExitStack() as asked:
        before = views_are(running, 1)
        assert [name for name, _ in before if name.startswith("casetimeline_projection")]
        breakable_postgres.pause()
        try:
            for _ in range(QUESTIONS):
                asked.enter_context(ask(running, "/clocks"))
            away = views_are(running, 0)
            assert not [name for name, _ in away if name.startswith("casetimeline_projection")]
            assert value(away, "casetimeline_part_up", part="log") == 1
            assert value(away, "casetimeline_part_up", part="keys") == 1
        finally:
            breakable_postgres.resume()
        views_are(running, 1)
