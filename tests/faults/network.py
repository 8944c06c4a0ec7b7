"""A Kafka whose nodes can be cut off: each in a network namespace of its own, on a bridge with the tests."""

import ctypes
import os
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.kafka.cluster import FOR_TESTS, JAVA_FOR_TESTS, Cluster, make
from tests.servers.kafka import made

PORT = 9_092
_NEW_NETWORK = 0x4000_0000


def can_cut() -> bool:
    """Whether this machine lets us make network namespaces: it takes root, and Linux."""
    name = f"ct{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Network:
    """A cluster, and the links and namespaces of its nodes; none where they cannot be cut off."""

    cluster: Cluster
    servers: tuple[str, ...]
    links: tuple[str, ...]
    namespaces: tuple[str, ...]
    addresses: tuple[str, ...] = ()

    def start(self, node: int) -> None:
        """Start a node, where its network is."""
        if not self.namespaces:
            self.cluster.nodes[node].start()
            return
        within(self.namespaces[node], self.cluster.nodes[node].start)

    def cut(self, node: int) -> None:
        """Take the cable out: nothing comes through to a node any more, from nobody."""
        _ip("link", "set", self.links[node], "down")

    def mend(self, node: int) -> None:
        _ip("link", "set", self.links[node], "up")

    def part(self, node: int) -> None:
        """Let a node and the others hear nothing of each other; clients go on reaching all of them."""
        self._between(node, "add")

    def unite(self, node: int) -> None:
        self._between(node, "del")

    def _between(self, node: int, what: str) -> None:
        for other, address in enumerate(self.addresses):
            if other != node:
                _ip("-n", self.namespaces[node], "route", what, "blackhole", f"{address}/32")


def within(namespace: str, do: Callable[[], object]) -> None:
    """Do something in a thread whose network is a namespace; the processes that it starts stay there."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with Path(f"/run/netns/{namespace}").open() as file:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(file.fileno(), _NEW_NETWORK):
                    raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
            do()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


@contextmanager
def networked(folder: Path, nodes: int) -> Iterator[Network]:
    """A running cluster of one's own, whose nodes can be cut off where this machine lets us; gone after."""
    with _on_a_bridge(folder, nodes) if can_cut() else _on_loopback(folder, nodes) as network:
        try:
            for node in range(nodes):
                network.start(node)
            for each in network.cluster.nodes:
                each.wait()
            yield network
        finally:
            network.cluster.kill()


@contextmanager
def _on_loopback(folder: Path, nodes: int) -> Iterator[Network]:
    cluster = made(folder, nodes)
    yield Network(cluster, tuple(cluster.bootstrap.split(",")), (), ())


@contextmanager
def _on_a_bridge(folder: Path, nodes: int) -> Iterator[Network]:
    # Of those run side by side no two have the same names and addresses.
    number = secrets.randbelow(16_384)
    net = f"10.{64 + number // 256}.{number % 256}"
    bridge = f"ctb{number}"
    links = tuple(f"ctl{number}n{node}" for node in range(nodes))
    namespaces = tuple(f"ct{number}n{node}" for node in range(nodes))
    addresses = tuple(f"{net}.{node + 2}" for node in range(nodes))
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{net}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for namespace, link, address in zip(namespaces, links, addresses, strict=True):
            _ip("netns", "add", namespace)
            _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
            _ip("link", "set", link, "master", bridge)
            _ip("link", "set", link, "up")
            _ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", namespace, "link", "set", "eth0", "up")
            _ip("-n", namespace, "link", "set", "lo", "up")
        servers = tuple(f"{address}:{PORT + 2 * node}" for node, address in enumerate(addresses))
        yield Network(_with_addresses(folder, addresses), servers, links, namespaces, addresses)
    finally:
        for link in (*links, bridge):
            with suppress(subprocess.CalledProcessError):
                _ip("link", "del", link)
        for namespace in namespaces:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", namespace)


def _with_addresses(folder: Path, addresses: Sequence[str]) -> Cluster:
    """A cluster whose nodes are told these addresses instead of the loopback's."""
    ports = [PORT + 2 * node for node in range(len(addresses))]
    cluster = make(folder, ports, java=JAVA_FOR_TESTS, settings=FOR_TESTS)
    for node in cluster.nodes:
        text = node.settings.read_text()
        for port, address in zip(ports, addresses, strict=True):
            for each in (port, port + 1):
                text = text.replace(f"127.0.0.1:{each}", f"{address}:{each}")
        node.settings.write_text(text)
    return cluster


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
