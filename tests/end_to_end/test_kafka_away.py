"""The service while its log's only broker is away: it says so, loses nothing, and comes back by itself."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from infra.deploy.kafka.cluster import Cluster
from tests.api.posting import STRUCTURED
from tests.reported import event
from tests.running import command, serving

UNREACHABLE = 5
WITHIN_S = 60.0


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_broker_that_is_away_is_told_and_waited_out(breakable_kafka, tmp_path: Path):
    cluster: Cluster = breakable_kafka(1)
    log = f"kafka://{cluster.bootstrap}/casetimeline.log"
    fact = event("ReferralReceived", "2019-03-05", "C1", referral_id="R-1")
    with serving(tmp_path, log=log) as running, running.client() as client:

        def post() -> httpx.Response:
            return client.post("/events", json=fact, headers={"Content-Type": STRUCTURED})

        assert post().status_code == 201
        assert len(client.get("/children/C1/timeline").json()["entries"]) == 1

        cluster.kill()
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.get("/healthz").status_code == 200
        for answer in (client.get("/children/C1/clocks"), client.get("/readyz")):
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == "urn:casetimeline:problem:log-unavailable"
        done = command(tmp_path, "doctor", log=log)
        assert (done.returncode, b"Traceback" in done.stderr) == (UNREACHABLE, False)

        cluster.start()
        until(lambda: client.get("/readyz").status_code == 200)
        assert post().json()["status"] == "duplicate"
        assert len(client.get("/children/C1/timeline").json()["entries"]) == 1
        assert "Traceback" not in running.said.read_text()
