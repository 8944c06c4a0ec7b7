"""A server shared by every worker of a test run: started by the first that asks, stopped after the last.

Who uses it holds a lock on a file in the server's folder, shared with the others. A keeper, a process of
its own, starts the server and then waits to have that file for itself: the kernel lets it in when the last
user is gone, however that one ended.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]
_READY = b"ready\n"
_STOP_WITHIN_S = 15.0
_keepers: list["subprocess.Popen[bytes]"] = []


def folder_of_run(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all workers of this run, and no other run, know by that name."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def shared(folder: Path, keeper: str) -> Iterator[None]:
    """The server that the module ``keeper`` keeps in a folder, running while this is open."""
    with (folder / "users").open("w") as users:
        with (folder / "one-at-a-time").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            if not (folder / "is-running").exists():
                _keep(folder, keeper)
        yield
    _wait_a_while()


def keep(folder: Path, start: Callable[[], None], stop: Callable[[], None]) -> None:
    """What a keeper does: run the server of a folder for as long as anyone uses it."""
    try:
        start()
        (folder / "is-running").touch()
        sys.stdout.buffer.write(_READY)
        sys.stdout.close()
        with (folder / "users").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            # Whoever asks now waits for the file, and then for a keeper of its own.
            (folder / "is-running").unlink()
            stop()
    except BaseException:
        stop()
        raise


def _keep(folder: Path, keeper: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", keeper, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    said, errors = _streams(process)
    if said.readline() != _READY:
        raise AssertionError(f"{keeper} did not start: {errors.read().decode()}")
    said.close()
    errors.close()
    _keepers.append(process)


def _streams(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout, process.stderr


def _wait_a_while() -> None:
    """Let the keeper end in sight where this was the last user; others may go on using it for long."""
    for process in _keepers:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_WITHIN_S)
