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


class NotRunning(OSError):
    """A process did not start, or is not there; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process whose id and output are in ``folder``."""

    folder: Path

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
        pid = int(self._pid_file.read_text())
        self._pid_file.write_text(f"{pid} {_began(pid) or ''}")

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
            pid, began = self._pid_file.read_text().split(maxsplit=1)
            if _began(int(pid)) == began:
                return int(pid)
        return None

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _signal(self, number: int) -> None:
        pid = self.pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _began(pid: int) -> str | None:
    """When a process began, which with its id tells it from every other; None where it is dead.

    Its command line tells less: the system has none for it while it becomes another program.
    """
    if Path("/proc/self").exists():
        try:
            told = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # Its name, in brackets, may hold anything; then come its state and, as the twentieth, its beginning.
        state, *others = told.rpartition(")")[2].split()
        return None if state in "ZX" else others[18]
    listed = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True)
    state, _, began = listed.stdout.strip().partition(" ")
    return None if state[:1] in ("", "Z") else began.strip()
