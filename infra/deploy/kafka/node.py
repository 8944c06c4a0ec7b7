"""One node of Kafka: its storage formatted, and it as a process."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.kafka.jars import jars
from infra.deploy.process import NotRunning, Process

LOGGING = Path(__file__).with_name("log4j2.properties")
STARTED = "Kafka Server started"
"""What a node writes once it is part of the cluster and answers clients."""
_ERROR = re.compile(r"^\S+ (ERROR|FATAL) ")
_TOLD_LINES = 15


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

    @property
    def process(self) -> Process:
        return Process(self.folder)

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
        """Start it, unless it runs."""
        if not self.is_running():
            with suppress(FileNotFoundError):
                self.said.replace(self.said.with_suffix(".before.log"))
            self.process.start([*self._machine("server.log"), "kafka.Kafka", str(self.settings)])

    def wait(self, timeout_s: float = 60.0) -> None:
        """Returns once it answers. Raises NotRunning, with the last it said, if it ends or takes too long."""
        try:
            self.process.wait(lambda: self.said.exists() and STARTED in self.said.read_text(), timeout_s)
        except NotRunning:
            raise NotRunning(f"Kafka did not start; {self._last_said()}") from None

    def stop(self, timeout_s: float = 20.0) -> None:
        """Have it hand over and stop; by force where it takes too long."""
        self.tell_to_stop()
        self.wait_stopped(timeout_s)

    def tell_to_stop(self) -> None:
        self.process.tell_to_stop()

    def wait_stopped(self, timeout_s: float) -> None:
        self.process.wait_stopped(timeout_s)

    def kill(self) -> None:
        """End it as a crash does (``kill -9``)."""
        self.process.kill()

    def pause(self) -> None:
        """Have it do nothing, its connections open, until it is resumed."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def restart(self, timeout_s: float = 60.0) -> None:
        """Start it again, after a stop or a kill, and wait until it answers."""
        self.stop()
        self.start()
        self.wait(timeout_s)

    def is_running(self) -> bool:
        return self.process.is_running()

    def pid(self) -> int | None:
        return self.process.pid()

    def _machine(self, log: str) -> list[str]:
        if shutil.which("java") is None:
            raise NotRunning("Java is missing, which Kafka runs on; run: infra/deploy/install_debian java")
        logging = [f"-Dlog4j2.configurationFile={LOGGING}", f"-Dkafka.log.file={self.folder / log}"]
        return ["java", *self.java, *logging, "-cp", f"{jars()}/*"]

    def _last_said(self) -> str:
        """Its errors, where it wrote some: other parts of it go on writing after the one that failed."""
        for file in (self.said, self.process.output):
            if file.exists() and (text := file.read_text().strip()):
                lines = text.splitlines()
                errors = [number for number, line in enumerate(lines) if _ERROR.search(line)]
                first = errors[0] if errors else max(len(lines) - _TOLD_LINES, 0)
                return f"from {file}:\n" + "\n".join(lines[first : first + _TOLD_LINES])
        return f"it wrote nothing in {self.folder}"
