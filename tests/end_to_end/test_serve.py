"""Starting, stopping, and what runs beside the server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.api.posting import BATCH, STRUCTURED, Posting
from tests.ending import Ending
from tests.reported import event, referral
from tests.running import (
    ROOT,
    Running,
    children_of,
    command,
    is_alive,
    serving,
    settings_of,
    start,
)
from tests.servers.ports import free_port

WITHIN_S = 120.0
"""What runs beside a server gives way to all else on a busy machine."""


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler of its own for a signal."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (caught,) = (line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (number - 1) & 1)


def until(condition) -> None:
    """Wait for something that has to come about."""
    end = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def listens(running: Running) -> bool:
    host, _, port = running.address.removeprefix("http://").rpartition(":")
    with suppress(ConnectionRefusedError), socket.create_connection((host, int(port))):
        return True
    return False


@pytest.mark.slow
def test_it_says_once_that_it_is_ready_and_listens_on_loopback(tmp_path):
    with serving(tmp_path) as running:
        assert running.said.read_text() == f"casetimeline is ready on {running.address}\n"
        with running.client() as client:
            assert client.get("/readyz").json() == {"status": "ready"}
        port = int(running.address.rpartition(":")[2])
        listening = Path("/proc/net/tcp").read_text()
        assert f"0100007F:{port:04X} 00000000:0000 0A" in listening
    assert running.process.returncode == 0


@pytest.mark.slow
def test_what_is_under_way_is_answered_before_it_stops(tmp_path):
    running = start(tmp_path)
    running.wait()
    facts = [event("ContactReceived", "2019-03-05", "C1", contact_id="K") for _ in range(500)]
    body = json.dumps(facts).encode()
    host, _, port = running.address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port))) as calling:
        head = f"Host: {host}\r\nContent-Type: {BATCH}\r\nContent-Length: {len(body)}\r\nExpect: 100-continue"
        calling.sendall(f"POST /events HTTP/1.1\r\n{head}\r\n\r\n".encode() + body[:10_000])
        # It says so once it reads the body.
        assert calling.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        running.process.send_signal(signal.SIGTERM)
        until(lambda: not listens(running))
        ending = Ending(running.process.pid)
        calling.sendall(body[10_000:])
        answer = b"".join(iter(lambda: calling.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.count(b'"status":"recorded"') == 500
    assert ending.seconds(running.is_running) < 10
    assert running.process.returncode == 0
    again = command(tmp_path, "export", "--child", "C1")
    assert again.stdout.count(b"\n") == 500


@pytest.mark.slow
def test_a_service_that_is_still_starting_stops_when_it_is_told_to(tmp_path):
    running = start(tmp_path)
    # It listens before it has opened what it answers from.
    until(lambda: listens(running))
    ending = Ending(running.process.pid)
    running.process.send_signal(signal.SIGTERM)
    try:
        assert ending.seconds(running.is_running) < 10
    finally:
        running.process.kill()
    assert running.process.wait(30) == 0


@pytest.mark.slow
def test_the_projector_is_started_again_when_it_dies_and_ends_with_the_service(tmp_path):
    with serving(tmp_path) as running, running.client() as client:
        api = Posting(client)
        until(lambda: children_of(running.process.pid))
        (first,) = children_of(running.process.pid)
        os.kill(first, signal.SIGKILL)
        api.known([referral("2010-01-04", "C1")])
        until(lambda: all(one["position"] for one in api.get("/projections").json()["projections"]))
        (second,) = children_of(running.process.pid)
        assert second != first
    until(lambda: not is_alive(second))


@pytest.mark.slow
def test_the_projector_ends_when_the_service_is_killed(tmp_path):
    running = start(tmp_path)
    running.wait()
    until(lambda: children_of(running.process.pid))
    (projector,) = children_of(running.process.pid)
    running.kill()
    until(lambda: not is_alive(projector))


@pytest.mark.slow
def test_an_address_that_is_taken_is_told(tmp_path):
    port = free_port()
    with serving(tmp_path, http=f"127.0.0.1:{port}"):
        other = start(tmp_path / "..", port=port)
        assert other.process.wait(60) == 1
        assert "cannot listen on" in other.said.read_text()


@pytest.mark.slow
def test_an_empty_log_is_filled_with_an_invented_authority_and_shown(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    said = tmp_path / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "run", "--children", "5"],
            cwd=ROOT,
            env=os.environ | settings_of(tmp_path, {"http": address}),
            stderr=out,
        )
    try:
        until(lambda: "Ctrl-C" in said.read_text() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        with httpx.Client(base_url=f"http://{address}", timeout=30) as client:
            assert client.get("/overview").status_code == 200
            assert client.get("/children/C1001/page").status_code == 200
            clocks = client.get("/children/C1001/clocks").json()
            assert clocks["as_at"] == "2019-10-22"
            assert 89 in [one["elapsed"]["working_days"] for one in clocks["clocks"]]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@pytest.mark.slow
def test_nothing_that_a_caller_sends_is_in_what_the_service_says(tmp_path):
    secret = "Wilhelmina"
    with serving(tmp_path) as running, running.client() as client:
        client.post("/events", json=referral(subject=secret), headers={"content-type": STRUCTURED})
        client.post("/events", content=secret, headers={"content-type": STRUCTURED})
        client.get(f"/children/{secret}/clocks", params={"as_at": secret})
        client.get(f"/{secret}", headers={"x-request-id": secret})
    assert secret not in running.said.read_text()


@pytest.mark.slow
def test_projecting_can_be_left_to_processes_of_their_own(tmp_path):
    running = start(tmp_path, options=("--no-projector",))
    projectors = []
    try:
        running.wait()
        with running.client() as client:
            api = Posting(client)
            api.known([referral("2010-01-04", "C1")])
            assert children_of(running.process.pid) == []
            assert not any(one["position"] for one in api.get("/projections").json()["projections"])
            projectors = [
                subprocess.Popen(
                    [sys.executable, "-m", "services", "project"],
                    cwd=ROOT,
                    env=os.environ | settings_of(tmp_path, {}),
                )
                for _ in range(2)
            ]
            until(lambda: all(one["position"] for one in api.get("/projections").json()["projections"]))
            # The other one may still be on its way up.
            until(lambda: all(handles(each.pid, signal.SIGTERM) for each in projectors))
            for each in projectors:
                each.send_signal(signal.SIGTERM)
            assert [each.wait(30) for each in projectors] == [0, 0]
    finally:
        for each in projectors:
            each.kill()
        assert running.end() == 0
