"""What processes of the service answer to a scrape: well written, in time, and saying what is away."""

import re
import socket
import subprocess
import time
from contextlib import ExitStack

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.api.posting import Posting
from tests.metrics.page import PAGE
from tests.metrics.samples import samples_in, value
from tests.reported import event, referral
from tests.running import projecting, serving
from tests.servers.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

QUESTIONS = 120
PATIENT_S = 60
SCRAPE_TIMEOUT_S = 10
"""What Prometheus waits, if nothing else is said."""

UP = "casetimeline_part_up"


def scraped(running):
    answer = httpx.get(f"{running.address}/metrics", timeout=SCRAPE_TIMEOUT_S)
    assert answer.status_code == 200
    return samples_in(answer.text)


def awaited(running, is_told, what):
    """The first scrape of which something is so; every scrape is answered in time."""
    until = time.monotonic() + PATIENT_S
    while time.monotonic() < until:
        samples = scraped(running)
        if is_told(samples):
            return samples
        time.sleep(0.5)
    raise AssertionError(f"waited in vain for {what}")


def views_are(samples, number):
    return samples.get((UP, frozenset({("part", "views")}))) == number


def tells_of_projections(samples):
    return any(name.startswith("casetimeline_projection") for name, _ in samples)


def ask(running, path):
    """A question whose answer nobody waits for yet."""
    host, port = running.address.removeprefix("http://").split(":")
    asking = socket.create_connection((host, int(port)))
    asking.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return asking


def test_more_questions_than_threads_that_wait_for_the_views_hold_up_no_scrape(tmp_path, breakable_postgres):
    views = breakable_postgres.create_database("views")
    with serving(tmp_path, views=views, options=["--no-projector"]) as running, ExitStack() as asked:
        # How far the lists are is read apart from what they have, and may be told by a later scrape.
        awaited(running, lambda told: views_are(told, 1) and tells_of_projections(told), "views that are up")
        breakable_postgres.pause()
        try:
            for _ in range(QUESTIONS):
                asked.enter_context(ask(running, "/clocks"))
            away = awaited(
                running, lambda told: views_are(told, 0) and not tells_of_projections(told), "views away"
            )
            assert value(away, UP, part="log") == 1
            assert value(away, UP, part="keys") == 1
        finally:
            breakable_postgres.resume()
        awaited(running, lambda told: views_are(told, 1), "views that are back")


OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS_ACCEPTS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"
)
CHILD, NAME = "C7713", "Rosalind"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACED = {
    "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
    "tracestate": f"child={CHILD},name={NAME}",
    "baggage": f"child={CHILD}",
    "x-request-id": CHILD,
}


@pytest.fixture(scope="module")
def scraped_ones(tmp_path_factory):
    """Where a service with something to tell, and its projector in a process of its own, are scraped."""
    folder = tmp_path_factory.mktemp("scraped")
    with serving(folder, options=["--no-projector"]) as running, running.client() as client:
        api = Posting(client)
        registered = event("ChildRegistered", "2019-03-01", CHILD, given_name=NAME, family_name="Invented")
        api.known([registered, referral(subject=CHILD)])
        projector = f"http://127.0.0.1:{(port := free_port())}/metrics"
        with projecting(folder, port):
            wait_for(lambda: answers(projector), "a projector that answers")
            wait_for(lambda: all(one["lag"] == 0 for one in projections(client)), "lists that are up")
            for path in (
                f"/children/{CHILD}/clocks",
                f"/children/{CHILD}/clocks?as_at=2019-04-01",
                "/clocks",
            ):
                assert client.get(path, headers=TRACED).status_code == 200
            client.get("/no/such/address", headers=TRACED)
            service = f"{running.address}/metrics"
            parts = {"log", "keys", "views", "lag", "conflicts", "runs", "disk"}
            for address, of_it in ((service, parts | {"practice"}), (projector, parts)):
                wait_for(lambda at=address, told=of_it: parts_told_by(at) == told, f"every part at {address}")
            yield {"serve": service, "project": projector}


def projections(client):
    return client.get("/projections").json()["projections"]


def wait_for(is_so, what):
    until = time.monotonic() + PATIENT_S
    while not is_so():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.2)


def parts_told_by(address):
    """The parts that are up. What has not answered yet is told by a later scrape."""
    told = samples_in(httpx.get(address, timeout=SCRAPE_TIMEOUT_S).text)
    up = {dict(labels)["part"]: number for (name, labels), number in told.items() if name == UP}
    return {part for part, number in up.items() if number == 1}


def answers(address):
    try:
        return httpx.get(address, timeout=SCRAPE_TIMEOUT_S).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("of", ["serve", "project"])
def test_promtool_finds_nothing_to_say_about_what_is_told(scraped_ones, of):
    text = httpx.get(scraped_ones[of], timeout=SCRAPE_TIMEOUT_S).text
    assert "casetimeline_projection_lag_events{" in text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("of", ["serve", "project"])
def test_all_that_is_told_is_on_the_page(scraped_ones, of):
    text = httpx.get(scraped_ones[of], timeout=SCRAPE_TIMEOUT_S).text
    told = set(re.findall(r"^(\w+)(?:\{| )", re.sub(r"^#.*$", "", text, flags=re.MULTILINE), re.MULTILINE))
    of_process = {name for name in told if name.startswith("process_")}
    assert of_process
    assert {name for name in told if f"`{name}`" not in PAGE.read_text()} == set()


@pytest.mark.parametrize("of", ["serve", "project"])
def test_who_asks_for_openmetrics_gets_it_and_nobody_else(scraped_ones, of):
    answer = httpx.get(scraped_ones[of], headers={"accept": PROMETHEUS_ACCEPTS}, timeout=SCRAPE_TIMEOUT_S)
    assert answer.headers["content-type"].startswith(OPENMETRICS)
    told = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"casetimeline_part_up", "casetimeline_build", "casetimeline_projection_lag_events"} <= told
    assert answer.text.endswith("# EOF\n")
    for accept in ("*/*", "text/plain", "text/html,application/xhtml+xml"):
        plain = httpx.get(scraped_ones[of], headers={"accept": accept}, timeout=SCRAPE_TIMEOUT_S)
        assert plain.headers["content-type"].startswith("text/plain; version=")
        assert "# EOF" not in plain.text


def test_an_exemplar_holds_a_trace_id_and_nothing_else(scraped_ones):
    text = httpx.get(
        scraped_ones["serve"], headers={"accept": PROMETHEUS_ACCEPTS}, timeout=SCRAPE_TIMEOUT_S
    ).text
    exemplars = {
        (sample.name, sample.labels["route"]): sample.exemplar.labels
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.exemplar
    }
    bucket = "casetimeline_http_request_duration_seconds_bucket"
    routes = ("/children/{child}/clocks", "/clocks", "other")
    assert exemplars == {(bucket, route): {"trace_id": TRACE} for route in routes}


@pytest.mark.parametrize("accept", ["text/plain", PROMETHEUS_ACCEPTS])
@pytest.mark.parametrize("of", ["serve", "project"])
def test_nobody_is_named_to_who_scrapes(scraped_ones, of, accept):
    text = httpx.get(scraped_ones[of], headers={"accept": accept}, timeout=SCRAPE_TIMEOUT_S).text
    assert CHILD not in text
    assert NAME not in text
