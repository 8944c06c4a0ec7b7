"""A Prometheus of one's own on this machine, with the rules of this folder: made, started, stopped."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from infra.deploy.process import NotRunning, Process

RULES = Path(__file__).parent / "prometheus"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 20.0
KEPT = "10y"
"""How long Prometheus keeps what it read: the history of years is what it is wanted for."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A Prometheus on loopback that keeps what it reads in ``folder``.

    ``targets`` are the addresses (``host:port``) of the service's processes, by the name of their job;
    ``rules`` the files of rules, in the order in which they are reckoned.
    """

    folder: Path
    port: int
    targets: Mapping[str, Sequence[str]]
    every: str = "15s"
    rules: Sequence[Path] = ()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def blocks(self) -> Path:
        """Where blocks of history are put, before it starts."""
        return self.folder / "tsdb"

    def start(self) -> None:
        """Start it unless it runs, and return once it answers. Raises NotRunning."""
        program = shutil.which("prometheus")
        if program is None:
            raise NotRunning("Prometheus is not installed; infra/deploy/install_debian prometheus brings it")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = self.folder / "prometheus.json"
        settings.write_text(json.dumps(self.settings(), indent=2))
        self._process.start([
            program,
            f"--config.file={settings}",
            f"--storage.tsdb.path={self.blocks}",
            f"--storage.tsdb.retention.time={KEPT}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ])  # fmt: skip
        self._process.wait(self._is_ready, READY_WITHIN_S)

    def stop(self) -> None:
        """Write what is not written, and stop."""
        self._process.tell_to_stop()
        self._process.wait_stopped(STOPPED_WITHIN_S)

    def is_running(self) -> bool:
        return self._process.is_running()

    def settings(self) -> dict[str, object]:
        """What Prometheus is told: JSON, which is YAML too."""
        return {
            "global": {"scrape_interval": self.every, "evaluation_interval": self.every},
            "rule_files": [str(path) for path in self.rules or rule_files()],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
                for job, addresses in self.targets.items()
            ],
        }

    @property
    def _process(self) -> Process:
        return Process(self.folder)

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"{self.address}/-/ready", timeout=2) as answer:  # noqa: S310 (it is of http)
                return bool(answer.status == 200)
        except OSError:
            return False


def rule_files() -> list[Path]:
    """The rules: what alerts compare is reckoned before them."""
    return [*sorted(RULES.glob("*.rules.yml")), *sorted(RULES.glob("*.alerts.yml"))]


def make_blocks(history: Path, blocks: Path) -> None:
    """Make blocks for Prometheus of OpenMetrics text. Raises CalledProcessError.

    Blocks of four weeks, not of a day: promtool reads the whole text for each.
    """
    longest = "--max-block-duration=672h"
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        longest,
        "--quiet",
        str(history),
        str(blocks),
    ]
    subprocess.run(command, check=True, capture_output=True)
