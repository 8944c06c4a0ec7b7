"""The whole service on one machine: Kafka, PostgreSQL, its own processes apart, and Prometheus, which watches
them. `make up`, `make down`.

    python -m infra.deploy.stack up [--nodes 3] [--serve 2] [--project 2]
    python -m infra.deploy.stack down

All state is below one folder. What runs already is left alone, so `up` also mends what has died.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from infra.deploy import postgres
from infra.deploy.kafka import cluster
from infra.deploy.process import NotRunning, Process
from infra.deploy.watcher import Watcher

LOG_TOPIC, INTAKE_TOPIC = "casetimeline.log", "casetimeline.intake"
DATABASE = "casetimeline"
DRAINED_WITHIN_S = 10.0
READY_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs below a folder: as many brokers, servers and projectors as asked, from such ports on."""

    data: Path
    kafka_port: int
    postgres_port: int
    http_port: int
    nodes: int = 1
    servers: int = 1
    projectors: int = 1
    memory: str = "512m"
    prometheus_port: int = 9090
    metrics_port: int = 9101
    """Where the first process that does not serve tells of itself; the others follow."""

    def up(self) -> None:
        """Start all that does not run, and return once the service answers. Raises NotRunning."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        kafka = self._kafka()
        kafka.start()
        settings = self._settings(kafka.bootstrap, self._database())
        self._write_settings(settings)
        for number in range(self.servers):
            self._start("serve", number, settings | self._http(number), "--no-projector", "--no-intake")
        for number in range(self.projectors):
            self._start("project", number, settings | self._metrics(1 + number))
        self._start("intake", 0, settings | self._metrics(0))
        for number in range(self.servers):
            self._wait("serve", number, f"{self.address(number)}/readyz")
        for number in range(self.projectors):
            self._wait("project", number, f"http://{self._told_at(1 + number)}/metrics")
        self._wait("intake", 0, f"http://{self._told_at(0)}/metrics")
        self._watcher().start()

    def address(self, number: int = 0) -> str:
        """Where a server answers."""
        return f"http://127.0.0.1:{self.http_port + number}"

    def _http(self, number: int) -> dict[str, str]:
        return {"CASETIMELINE_HTTP": self.address(number).removeprefix("http://")}

    def _metrics(self, number: int) -> dict[str, str]:
        return {"CASETIMELINE_METRICS": self._told_at(number)}

    def _told_at(self, number: int) -> str:
        """Where a process that does not serve tells of itself; the intake first, for projectors are added."""
        return f"127.0.0.1:{self.metrics_port + number}"

    def _watcher(self) -> Watcher:
        serving = [self.address(number).removeprefix("http://") for number in range(self.servers)]
        projecting = [self._told_at(1 + number) for number in range(self.projectors)]
        taking_in = [self._told_at(0)]
        jobs = {"serve": serving, "project": projecting, "intake": taking_in}
        targets = {f"casetimeline-{name}": addresses for name, addresses in jobs.items()}
        return Watcher(self.data / "prometheus", self.prometheus_port, targets)

    def _kafka(self) -> cluster.Cluster:
        apart = cluster.PORTS_OF_A_NODE
        ports = range(self.kafka_port, self.kafka_port + apart * self.nodes, apart)
        return cluster.make(self.data / "kafka", ports, java=(f"-Xmx{self.memory}",))

    def _database(self) -> str:
        server = postgres.make(self.data / "postgres", self.postgres_port)
        server.start()
        if not server.has_database(DATABASE):
            server.create_database(DATABASE)
        return server.url(DATABASE)

    def _settings(self, bootstrap: str, database: str) -> dict[str, str]:
        return {
            "CASETIMELINE_DATA": str(self.data),
            "CASETIMELINE_LOG": f"kafka://{bootstrap}/{LOG_TOPIC}",
            "CASETIMELINE_INDEX": database,
            "CASETIMELINE_VIEWS": database,
            "CASETIMELINE_INTAKE": f"kafka://{bootstrap}/{INTAKE_TOPIC}",
        }

    def _write_settings(self, settings: Mapping[str, str]) -> None:
        """Where a person reads them from, to give commands to what runs: they hold a password."""
        file = os.open(settings_file(self.data), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            out.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())

    def _start(self, command: str, number: int, settings: Mapping[str, str], *options: str) -> None:
        words = ["services", command, "--data", str(self.data), *options]
        process_of(self.data, command, number).start([sys.executable, "-m", *words], settings)

    def _wait(self, command: str, number: int, address: str) -> None:
        process = process_of(self.data, command, number)
        try:
            process.wait(lambda: _answers(address), READY_WITHIN_S)
        except NotRunning:
            said = process.output.read_text()[-2_000:].strip()
            raise NotRunning(f"{command} did not start; the last of {process.output}:\n{said}") from None


def down(data: Path) -> None:
    """Stop all that runs below a folder: the service first, so that what it was told is kept."""
    started = [folder.name.rsplit("-", 1) for folder in sorted((data / "run").glob("*-*"))]
    running = [process_of(data, command, int(number)) for command, number in started]
    for process in running:
        process.tell_to_stop()
    for process in running:
        process.wait_stopped(DRAINED_WITHIN_S)
    Watcher(data / "prometheus", 0, {}).stop()
    with suppress(NotRunning):
        cluster.at(data / "kafka").stop()
    with suppress(NotRunning):
        postgres.at(data / "postgres").stop()


def settings_file(data: Path) -> Path:
    return data / "settings.sh"


def process_of(data: Path, command: str, number: int) -> Process:
    return Process(data / "run" / f"{command}-{number}")


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring it up or down, as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.stack", description=__doc__)
    parser.add_argument("what", choices=("up", "down"))
    parser.add_argument("--data", type=Path, default=Path("data"), help="the folder of all state")
    parser.add_argument("--http-port", type=int, default=8000, help="of the first server")
    parser.add_argument("--kafka-port", type=int, default=9092, help="of the first broker; each has three")
    parser.add_argument("--postgres-port", type=int, default=5433)
    parser.add_argument("--prometheus-port", type=int, default=9090)
    parser.add_argument("--metrics-port", type=int, default=9101, help="of the first that does not serve")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="how many brokers")
    parser.add_argument("--serve", type=int, default=1, metavar="N", help="how many servers")
    parser.add_argument("--project", type=int, default=1, metavar="N", help="how many projectors")
    parser.add_argument("--memory", default="512m", help="of each broker's heap")
    asked = parser.parse_args(arguments)
    data = asked.data.absolute()
    try:
        if asked.what == "down":
            down(data)
            print("Stopped; what was recorded is in", data)
            return
        stack = Stack(
            data,
            asked.kafka_port,
            asked.postgres_port,
            asked.http_port,
            asked.nodes,
            asked.serve,
            asked.project,
            asked.memory,
            asked.prometheus_port,
            asked.metrics_port,
        )
        stack.up()
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(_where_to_look(stack))


def _where_to_look(stack: Stack) -> str:
    kafka = cluster.at(stack.data / "kafka").bootstrap
    lines = [
        f"  {stack.address()}/overview    who is late, and what hides it",
        f"  {stack.address()}/docs        everything that can be asked",
        f"  {stack.data}/run             what each process says, {stack.data}/kafka what the brokers say",
        f"  http://127.0.0.1:{stack.prometheus_port}             Prometheus, which watches it all",
        f"  Kafka answers on {kafka}, PostgreSQL on 127.0.0.1:{stack.postgres_port}",
        f"  . {settings_file(stack.data)}    gives commands in this terminal the same settings",
        "  make down stops it all.",
    ]
    return "\n".join(("The service is up:", *lines))


if __name__ == "__main__":
    main()
