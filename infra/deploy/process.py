"""A process that lives on when its starter ends, and is found again by its folder."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LOOK_AGAIN_S = 0.05
_KILLED_WITHIN_S = 10.0
_APPEARS_WITHIN_S = 1.0


class NotRunning(OSError):
    """A process did not start, or is not there; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process whose id and output are in ``folder``. ``mark`` is in its command line, and in no other's."""

    folder: Path
    mark: str

    @property
    def output(self) -> Path:
        return self.folder / "output.txt"

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it, unless it runs. Ctrl-C does not reach it."""
        if self.is_running():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        background = 'out="$1"; pid="$2"; shift 2; "$@" >"$out" 2>&1 </dev/null & echo $! >"$pid"'
        files = [str(self.output), str(self._pid_file)]
        subprocess.run(
            ["sh", "-c", background, "sh", *files, *command],
            check=True,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        # While it becomes another program, the system tells no command line of it.
        until = time.monotonic() + _APPEARS_WITHIN_S
        while not self.is_running() and time.monotonic() < until:
            time.sleep(_LOOK_AGAIN_S)

    def wait(self, is_ready: Callable[[], bool], timeout_s: float) -> None:
        """Returns once it is ready. Raises NotRunning where it ends before, or takes too long."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and self.is_running():
            if is_ready():
                return
            time.sleep(_LOOK_AGAIN_S)
        raise NotRunning(f"it did not start; look into {self.folder}")

    def tell_to_stop(self) -> None:
        """Send SIGTERM, also to one that is paused."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def wait_stopped(self, timeout_s: float) -> None:
        """Returns once it has ended: by force, where it takes too long."""
        until = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > until:
                self._signal(signal.SIGKILL)
            time.sleep(_LOOK_AGAIN_S)

    def kill(self) -> None:
        """End it as a crash does (``kill -9``)."""
        self._signal(signal.SIGKILL)
        self.wait_stopped(_KILLED_WITHIN_S)

    def pause(self) -> None:
        """Have it do nothing, its connections open, until it is resumed."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def is_running(self) -> bool:
        return self.pid() is not None

    def pid(self) -> int | None:
        """Its process id; None where it does not run, though another process may have its old id."""
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text())
            if self.mark in _command_of(pid):
                return pid
        return None

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _signal(self, number: int) -> None:
        pid = self.pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _command_of(pid: int) -> str:
    """The words of a process, each with a blank after it; none where it is dead and waits to be noticed."""
    if Path("/proc/self").exists():
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return f"{listed.stdout.rstrip()} "
