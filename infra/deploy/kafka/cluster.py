"""A Kafka of one node or three on this machine: storage formatted, started, waited for, stopped.

    python -m infra.deploy.kafka.cluster start FOLDER --port 9092
    python -m infra.deploy.kafka.cluster stop FOLDER

A node's clients reach it on its port; nodes reach each other on the two ports after it.
"""

import argparse
import base64
import json
import shutil
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.kafka import guarded
from infra.deploy.kafka.certificates import authority
from infra.deploy.kafka.guarded import Security
from infra.deploy.kafka.node import Node
from infra.deploy.process import NotRunning

DEFAULT_PORT = 9092
PORTS_OF_A_NODE = 3
STOP_WITHIN_S = 20.0

FOR_TESTS: Mapping[str, str] = {
    # What is dead is noticed soon: a killed broker is back in 5 s where the defaults take 13 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.election.timeout.ms": "300",
    "controller.quorum.fetch.timeout.ms": "1000",
    "offsets.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "2097152",
}
"""Settings with which faults pass quickly, and which a busy network would trip over."""

JAVA_FOR_TESTS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True, slots=True)
class Cluster:
    """The nodes whose data are below one folder, and the ports that clients reach them on."""

    folder: Path
    nodes: tuple[Node, ...]
    ports: tuple[int, ...]
    security: Security | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients begin: ``host:port`` of each node, with commas between."""
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self, timeout_s: float = 60.0) -> None:
        """Start every node that does not run, and return when all answer. Raises NotRunning."""
        try:
            for node in self.nodes:
                node.start()
            for node in self.nodes:
                node.wait(timeout_s)
        except NotRunning:
            self.kill()
            raise

    def stop(self, timeout_s: float = STOP_WITHIN_S) -> None:
        """Stop every node cleanly, by force where it takes too long."""
        for node in self.nodes:
            node.tell_to_stop()
        for node in self.nodes:
            node.wait_stopped(timeout_s)

    def kill(self) -> None:
        """End every node as a power cut does to processes."""
        for node in self.nodes:
            node.kill()

    def pause(self) -> None:
        """Have every node do nothing, its connections open, until it is resumed."""
        for node in self.nodes:
            node.pause()

    def resume(self) -> None:
        for node in self.nodes:
            node.resume()

    def restart(self, timeout_s: float = 60.0) -> None:
        self.stop()
        self.start(timeout_s)

    def is_running(self) -> bool:
        return all(node.is_running() for node in self.nodes)


def make(
    folder: Path,
    ports: Sequence[int],
    *,
    java: tuple[str, ...] = ("-Xmx1g",),
    settings: Mapping[str, str] | None = None,
    security: Security | None = None,
) -> Cluster:
    """A cluster of as many nodes as ports, its storage formatted; not started.

    The two ports after each must be free too. With ``security`` nobody may do anything but ``admin``, whose
    password is in a file of ``folder / "users"``, until rights are given; without, everybody may. What was
    made there before is kept, and only its settings are written anew: the number of nodes cannot change.
    Raises NotRunning.
    """
    folder = folder.absolute()
    nodes = tuple(Node(folder / f"node-{number}", java) for number in range(1, len(ports) + 1))
    made = folder / "cluster.json"
    if made.exists() and len(json.loads(made.read_text())["ports"]) != len(ports):
        raise NotRunning(f"{folder} holds a cluster of another number of nodes; choose another folder")
    if made.exists():
        identity = str(json.loads(made.read_text())["id"])
    else:
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    for number, node in enumerate(nodes, start=1):
        node.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        asked = _settings(number, ports, node.folder / "data")
        if security is not None:
            signing = authority(folder / "certificates")
            asked |= guarded.settings(number, len(ports), ports[number - 1], signing, security)
        asked |= settings or {}
        node.settings.write_text("".join(f"{name}={value}\n" for name, value in asked.items()))
        if not made.exists():
            shutil.rmtree(node.folder / "data", ignore_errors=True)
            node.format(identity, [] if security is None else [guarded.first_user(folder / "users")])
    told = {"id": identity, "ports": list(ports), "java": list(java), "security": security}
    made.write_text(json.dumps(told))
    return at(folder)


def at(folder: Path) -> Cluster:
    """The cluster that was made in a folder. Raises NotRunning where there is none."""
    folder = folder.absolute()
    try:
        made = json.loads((folder / "cluster.json").read_text())
    except FileNotFoundError:
        raise NotRunning(f"there is no cluster in {folder}") from None
    ports, java = tuple(made["ports"]), tuple(made["java"])
    nodes = tuple(Node(folder / f"node-{number}", java) for number in range(1, len(ports) + 1))
    return Cluster(folder, nodes, ports, made["security"])


def _settings(number: int, ports: Sequence[int], data: Path) -> dict[str, str]:
    """What a node is told. Nothing is ever deleted by age or size, and topics are made on purpose only."""
    copies = len(ports)
    port = ports[number - 1]
    voters = ",".join(f"{each}@127.0.0.1:{port + 1}" for each, port in enumerate(ports, start=1))
    return {
        "node.id": str(number),
        "process.roles": "broker,controller",
        "controller.quorum.voters": voters,
        "listeners": f"CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{port + 1}",
        "advertised.listeners": f"CLIENTS://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENTS",
        "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "log.retention.ms": "-1",
        "log.retention.bytes": "-1",
        "log.message.timestamp.type": "LogAppendTime",
        "unclean.leader.election.enable": "false",
        "default.replication.factor": str(copies),
        "min.insync.replicas": str(min(copies, 2)),
        "offsets.topic.replication.factor": str(copies),
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": str(min(copies, 2)),
        "share.coordinator.state.topic.replication.factor": str(copies),
        "share.coordinator.state.topic.min.isr": str(min(copies, 2)),
        "group.initial.rebalance.delay.ms": "0",
        # With one copy, what is acknowledged must be on the disk; with three, it is in three memories.
        **({"log.flush.interval.messages": "1"} if copies == 1 else {}),
    }


def main(arguments: Iterable[str] | None = None) -> None:
    """Start, stop or look at a cluster, as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.kafka.cluster", description=__doc__)
    parser.add_argument("what", choices=("start", "stop", "status"))
    parser.add_argument("folder", type=Path, help="where the nodes keep their data and logs")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the first node; each has two")
    parser.add_argument("--security", choices=tuple(guarded.PROTOCOLS), help="let in only who has a right")
    parser.add_argument("--memory", default="1g", help="of each node's heap, for example 512m")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    try:
        if asked.what == "start":
            ports = range(asked.port, asked.port + PORTS_OF_A_NODE * asked.nodes, PORTS_OF_A_NODE)
            cluster = make(asked.folder, ports, java=(f"-Xmx{asked.memory}",), security=asked.security)
            cluster.start()
            print(f"Kafka answers on {cluster.bootstrap}; its logs are in {cluster.folder}")
        elif asked.what == "stop":
            with suppress(NotRunning):
                at(asked.folder).stop()
        else:
            for node, port in zip(at(asked.folder).nodes, at(asked.folder).ports, strict=True):
                print(f"{node.folder.name} on port {port}: {'running' if node.is_running() else 'stopped'}")
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
