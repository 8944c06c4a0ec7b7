"""Whether rows are the same however they came about, at a size that no test has the time for.

An invented authority is built in several processes, then stopped and resumed, in part, child by child, in
the other database, and live from there on with late, corrected, withdrawn and merged facts: each time the
digests of all projections must be the same. Rates at a tenth of the events and at all of them, and the most
memory a process took, are printed beside: of few events, starting the processes takes the most. Give it some
hours, or ``--small`` and some minutes.
"""

import argparse
import os
import random
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.rebuild import FACTS_OF_A_CHILD, PARTITIONS, RICHNESS, TODAY
from benchmarks.seeding import Topic, seed
from domain.catalogue import is_child
from infra.deploy import postgres
from infra.deploy.kafka import cluster
from infra.incoming import Incoming
from infra.views.digest import Digest, digest
from projections.catalogue import PROJECTIONS
from services.compose import Parts, composed
from services.config import Config, read_config
from services.rebuild import Stopped
from services.rebuild_elsewhere import processes
from tests.servers.ports import free_ports

NAMES = tuple(projection.name for projection in PROJECTIONS)
SOURCE = "urn:invented:late"
LATE = 2_000
AT_ONCE = 500

Digests = Mapping[str, Digest]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.equality", description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument(
        "--small", action="store_const", dest="events", const=100_000, help="--events 100000, in minutes"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="casetimeline-equality-"))
    kafka = cluster.make(folder / "kafka", free_ports(1, cluster.PORTS_OF_A_NODE))
    server = postgres.make(folder / "postgres", free_ports(1)[0], postgres.FOR_TESTS)
    try:
        kafka.start()
        server.start()
        with seeded(folder, "tenth", kafka.bootstrap, server, given.events // 10, given.processes) as tenth:
            slower = built(*tenth, given.processes)
        with seeded(folder, "all", kafka.bootstrap, server, given.events, given.processes) as whole:
            rate = built(*whole, given.processes)
            told = f"{rate / slower:.0%} of the rate at a tenth of the events ({slower:,.0f} facts/s)"
            print(f"{'built in several processes':<44} {rate:>9,.0f} facts/s, {told}", flush=True)
            compare(*whole, given.processes)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"most memory of a process: {most:,.0f} MiB")
    finally:
        kafka.kill()
        postgres.remove(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def seeded(
    folder: Path, name: str, servers: str, server: postgres.Postgres, events: int, count: int
) -> Iterator[tuple[Parts, Config]]:
    """The service with so many invented events in its log, all of them in its index."""
    config = read_config({
        "CASETIMELINE_DATA": str(folder / name), "CASETIMELINE_TODAY": TODAY,
        "CASETIMELINE_LOG": f"kafka://{servers}/{name}", "CASETIMELINE_VIEWS": server.create_database(name),
        "CASETIMELINE_KAFKA_PARTITIONS": str(PARTITIONS),
    })  # fmt: skip
    with composed(config) as parts:
        topic = Topic(servers, name, PARTITIONS, config.data)
        told = seed(topic, max(1, events // FACTS_OF_A_CHILD), RICHNESS, count)
        assert sum(parts.log.heads()) == told
        print(f"{name}: {told:,} events", flush=True)
        yield parts, config


def built(parts: Parts, config: Config, count: int, names: Sequence[str] = NAMES) -> float:
    """Build projections in several processes; how many events a second."""
    began = time.perf_counter()
    with processes(config, count) as submit:
        parts.rebuild.run(names, lambda step: None, submit=submit)
    return sum(parts.log.heads()) / (time.perf_counter() - began)


def compare(parts: Parts, config: Config, count: int) -> None:
    """Have the rows come about in every way, and stop where they are not the same."""
    first = digests(parts)
    stop = threading.Event()
    with suppress(Stopped):
        parts.rebuild.run(NAMES, lambda step: stop.set(), stop)
    parts.rebuild.run(NAMES, lambda step: None)
    check("stopped, and resumed in one process", digests(parts), first)
    built(parts, config, count, NAMES[:3])
    check(f"{', '.join(NAMES[:3])} alone", digests(parts), first)
    children = [stream for stream in parts.log.streams() if is_child(stream)]
    draw = random.Random(7)
    parts.projector.refold(draw.sample(children, min(len(children), LATE)))
    check("child by child", digests(parts), first)
    facts = list(late(parts, children, draw))
    for start in range(0, len(facts), AT_ONCE):
        parts.recording.record(facts[start : start + AT_ONCE])
        parts.projector.catch_up()
    live = digests(parts)
    assert live != first, "what came late changed nothing"
    built(parts, config, count)
    check(f"live, {len(facts):,} late facts on", live, digests(parts))
    elsewhere = replace(config, views=str(make_url(f"sqlite:///{config.data / 'others.sqlite3'}")))
    with composed(elsewhere) as others:
        built(others, elsewhere, count)
        check("in SQLite", digests(others), live)


def late(parts: Parts, children: Sequence[str], draw: random.Random) -> Iterator[Incoming]:
    """Facts that come late to children, and what corrects, withdraws and merges."""
    for number, child in enumerate(draw.sample(children, min(len(children), LATE))):
        known = parts.codec.decode(draw.choice(parts.log.select_events(child)))
        of_known = {"source": known.source, "id": known.id}
        name, more = (
            ("FactCorrected", {"corrects": of_known, "changes": {"occurred_on": "2019-05-13"}}),
            ("FactWithdrawn", {"withdraws": of_known}),
            ("VisitMade", {"visit_id": f"late-{number}", "purpose": "child_protection", "seen": True}),
            ("ChildMerged", {"into": draw.choice(children)}),
        )[number % 4]
        yield Incoming(child, SOURCE, f"late-{number}", name, {"occurred_on": "2019-10-01", **more})


def digests(parts: Parts) -> Digests:
    """Those of the rows that serve, by projection."""
    with parts.views.reading() as connection:
        return {one.projection: digest(connection, one.build) for one in parts.views.positions()}


def check(how: str, found: Digests, wanted: Digests) -> None:
    different = [name for name in NAMES if found[name] != wanted[name]]
    rows = sum(one.rows for one in found.values())
    print(f"{how:<44} {f'differs in {different}' if different else f'the same {rows:,} rows'}", flush=True)
    if different:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
