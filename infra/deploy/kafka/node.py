"""One node of Kafka as a process: started apart from its starter, found again by its folder."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.kafka.jars import jars

LOGGING = Path(__file__).with_name("log4j2.properties")
STARTED = "Kafka Server started"
"""What a node writes once it is part of the cluster and answers clients."""

_LOOK_AGAIN_S = 0.05


class NotRunning(OSError):
    """A node did not start, or is not there; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node whose settings, data, log and process id are in ``folder``. ``java``: its machine's options."""

    folder: Path
    java: tuple[str, ...] = ("-Xmx1g",)

    @property
    def settings(self) -> Path:
        return self.folder / "server.properties"

    @property
    def said(self) -> Path:
        return self.folder / "server.log"

    def format(self, cluster: str, users: Sequence[str] = ()) -> None:
        """Make its storage part of a cluster, with users as the storage tool takes them; never twice."""
        # With "=", for one in 64 ids begins with a dash.
        asked = [f"--cluster-id={cluster}", f"--config={self.settings}"]
        added = [f"--add-scram={user}" for user in users]
        tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
        command = [*self._machine("format.log"), *tool, *asked, *added]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NotRunning(f"cannot format {self.folder}: {(done.stderr or done.stdout).strip()}")

    def start(self) -> None:
        """Start it, unless it runs. It lives on when this process ends, and Ctrl-C does not reach it."""
        if self.is_running():
            return
        with suppress(FileNotFoundError):
            self.said.replace(self.said.with_suffix(".before.log"))
        command = [*self._machine("server.log"), "kafka.Kafka", str(self.settings)]
        background = 'out="$1"; pid="$2"; shift 2; "$@" >"$out" 2>&1 </dev/null & echo $! >"$pid"'
        files = [str(self.folder / "output.txt"), str(self._pid_file)]
        subprocess.run(["sh", "-c", background, "sh", *files, *command], check=True, start_new_session=True)

    def wait(self, timeout_s: float = 60.0) -> None:
        """Returns once it answers. Raises NotRunning, with the last it said, if it ends or takes too long."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and self.is_running():
            if self.said.exists() and STARTED in self.said.read_text():
                return
            time.sleep(_LOOK_AGAIN_S)
        raise NotRunning(f"Kafka did not start; {self._last_said()}")

    def stop(self, timeout_s: float = 20.0) -> None:
        """Have it hand over and stop; by force where it takes too long."""
        self.tell_to_stop()
        self.wait_stopped(timeout_s)

    def tell_to_stop(self) -> None:
        """Send SIGTERM, also to one that is paused."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def wait_stopped(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > until:
                self._signal(signal.SIGKILL)
            time.sleep(_LOOK_AGAIN_S)

    def kill(self) -> None:
        """End it as a crash does (``kill -9``)."""
        self._signal(signal.SIGKILL)
        self.wait_stopped(10.0)

    def pause(self) -> None:
        """Have it do nothing, its connections open, until it is resumed."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self, timeout_s: float = 60.0) -> None:
        """Start it again, after a stop or a kill, and wait until it answers."""
        self.stop()
        self.start()
        self.wait(timeout_s)

    def is_running(self) -> bool:
        return self.pid() is not None

    def pid(self) -> int | None:
        """Its process id; None where it does not run, though another process may have its old id."""
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text())
            if str(self.settings) in _command_of(pid):
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

    def _machine(self, log: str) -> list[str]:
        if shutil.which("java") is None:
            raise NotRunning("Java is missing, which Kafka runs on; run: infra/deploy/install_debian java")
        logging = [f"-Dlog4j2.configurationFile={LOGGING}", f"-Dkafka.log.file={self.folder / log}"]
        return ["java", *self.java, *logging, "-cp", f"{jars()}/*"]

    def _last_said(self) -> str:
        for file in (self.said, self.folder / "output.txt"):
            if file.exists() and (text := file.read_text().strip()):
                return f"the last of {file}:\n" + "\n".join(text.splitlines()[-15:])
        return f"it wrote nothing in {self.folder}"


def _command_of(pid: int) -> str:
    """The command line of a process; empty where there is none, or it is dead and waits to be noticed."""
    if Path("/proc/self").exists():
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return listed.stdout
