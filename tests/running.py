"""A real service in a process of its own, for tests from the outside."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.main import main
from tests.servers.ports import free_port

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 100


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers at ``address``; what it says goes to a file."""

    process: subprocess.Popen[bytes]
    address: str
    said: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=30)

    def wait(self) -> None:
        """Returns once the service says that it is ready. Fails with what it said where it is not."""
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until and self.process.poll() is None:
            if "is ready on" in self.said.read_text():
                return
            time.sleep(0.02)
        raise AssertionError(f"the service did not become ready: {self.said.read_text()}")

    def is_running(self) -> bool:
        return self.process.poll() is None

    def end(self) -> int:
        """Tell it to stop, and wait; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


def children_of(pid: int) -> list[int]:
    """The processes that any thread of a process started."""
    told = (tasks.read_text().split() for tasks in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for children in told for child in children]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def start(folder: Path, *, port: int | None = None, options: Sequence[str] = (), **settings: str) -> Running:
    """A service on the data in a folder, not waited for. ``settings`` are named without their prefix."""
    address = f"127.0.0.1:{port or free_port()}"
    environment = settings_of(folder, {"http": address, **settings})
    said = folder / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "serve", *options],
            cwd=ROOT,
            env=os.environ | environment,
            stderr=out,
            stdout=subprocess.DEVNULL,
        )
    return Running(process, f"http://{address}", said)


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Running]:
    """A service that is ready, and stopped after."""
    running = start(folder, **settings)
    try:
        running.wait()
        yield running
    finally:
        if running.is_running():
            running.end()


@contextmanager
def projecting(folder: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A projector in a process of its own, that tells of itself at a port."""
    environment = settings_of(folder, {"metrics": f"127.0.0.1:{port}", **settings})
    process = subprocess.Popen(
        [sys.executable, "-m", "services", "project"], cwd=ROOT, env={**environment, "PATH": "/usr/bin:/bin"}
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def settings_of(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Settings, named without their prefix, as an environment in which a folder holds the data."""
    told = {"data": str(folder / "data"), **settings}
    return {f"CASETIMELINE_{name.upper()}": value for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed where."""

    returncode: int
    stdout: bytes
    stderr: bytes


def command(folder: Path, *arguments: str, stdin: bytes = b"", **settings: str) -> Done:
    """Run a command on the data in a folder, in this process: importing takes most of a command's time."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (settings_of(folder, settings) | {"COLUMNS": "200"}).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["casetimeline"])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out.flush()
        err.flush()
    assert isinstance(out.buffer, io.BytesIO)
    assert isinstance(err.buffer, io.BytesIO)
    return Done(int(ended.value.code or 0), out.buffer.getvalue(), err.buffer.getvalue())
