"""How fast all projections are rebuilt from Kafka into PostgreSQL, beside what else a Python user could pick.

Give it two hours, or ``--small`` and a minute: filling the topic and its index takes half of the time.
"""

import argparse
import atexit
import gc
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.references import consumed, decoded, folded, run_library
from benchmarks.seeding import Topic, reported, seed
from infra.codec import Codec
from infra.columnar import ColumnarCodec
from infra.deploy import postgres
from infra.deploy.kafka import cluster
from infra.holidays import england
from infra.kafka_place import KafkaPlace
from infra.keys import open_embedded
from infra.log.kafka_client import Brokers
from infra.log.kafka_log import KafkaLog
from infra.log.partition_rows import read_partition
from projections.catalogue import PROJECTIONS
from services.compose import Parts, composed
from services.config import Config, read_config
from services.held import FACTS_AT_ONCE, of_partition
from services.rebuild_elsewhere import processes
from tests.servers.ports import free_ports

TOPIC = "log"
PARTITIONS = 8
FACTS_OF_A_CHILD = 170
"""So many an invented child has on average, and a few more: there are at least as many facts as asked for."""

RICHNESS = 15.0
TODAY = "2019-10-22"
SLOW_FACTS = 60_000
"""Facts that the slow references read: a sample."""

LIBRARY_FACTS = 2_000


def ours(servers: str, topic: str, partition: int, stop: int, data: Path) -> int:
    """Read a partition whole, judge it, and decode its facts in columns; how many there are."""
    brokers = Brokers(KafkaPlace(tuple(servers.split(",")), topic))
    rows = read_partition(brokers, partition, stop, 30.0)
    held = of_partition(partition, rows, ())
    codec = columnar(data)
    places = [place for of_stream in held.places.values() for place in of_stream]
    for start in range(0, len(places), FACTS_AT_ONCE):
        codec.decode_rows(held.rows.at(places[start : start + FACTS_AT_ONCE]))
    return len(places)


@cache
def columnar(data: Path) -> ColumnarCodec:
    """What a process of a rebuild decodes with, however many partitions it reads."""
    keys = open_embedded(data)
    atexit.register(keys.close)
    return ColumnarCodec(Codec(keys))


def warm(data: Path) -> None:
    """Have ready what takes long the first time, and count garbage as a rebuild does."""
    england()
    columnar(data)
    gc.disable()


def timed(pool: ProcessPoolExecutor, work: Callable[..., int], calls: Sequence[tuple[Any, ...]]) -> float:
    """How many a second a pool works off."""
    began = time.perf_counter()
    done = sum(future.result() for future in [pool.submit(work, *call) for call in calls])
    return done / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebuild", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument(
        "--small", action="store_const", dest="events", const=200_000, help="--events 200000, in minutes"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="casetimeline-rebuild-"))
    kafka = cluster.make(folder / "kafka", free_ports(1, cluster.PORTS_OF_A_NODE))
    server = postgres.make(folder / "postgres", free_ports(1)[0], postgres.FOR_TESTS)
    try:
        kafka.start()
        server.start()
        measure(folder, kafka.bootstrap, server.create_database("views"), given.events, given.processes)
    finally:
        kafka.kill()
        postgres.remove(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, servers: str, views: str, events: int, count: int) -> None:
    config = read_config({
        "CASETIMELINE_DATA": str(folder / "data"), "CASETIMELINE_TODAY": TODAY,
        "CASETIMELINE_LOG": f"kafka://{servers}/{TOPIC}", "CASETIMELINE_VIEWS": views,
        "CASETIMELINE_KAFKA_PARTITIONS": str(PARTITIONS),
    })  # fmt: skip
    with composed(config) as parts:
        topic = Topic(servers, TOPIC, PARTITIONS, config.data)
        began = time.perf_counter()
        told = seed(topic, max(1, events // FACTS_OF_A_CHILD), RICHNESS, count)
        say("seeded", told / (time.perf_counter() - began))
        began = time.perf_counter()
        assert sum(parts.log.heads()) == told
        say("brought into the index", told / (time.perf_counter() - began))
        print(f"{told:,} facts of {max(1, events // FACTS_OF_A_CHILD):,} children, {count} processes")
        compare(parts, config, servers, told, count)


def compare(parts: Parts, config: Config, servers: str, told: int, count: int) -> None:
    assert isinstance(parts.log, KafkaLog)
    stops = {one.partition: one.next_offset for one in parts.log.index.positions()}
    every = [(servers, TOPIC, partition, stop) for partition, stop in stops.items()]
    # The slow ones read the first part of two partitions, each in a process.
    share = min(1.0, SLOW_FACTS / told * PARTITIONS / count)
    some = [(*place, max(2, int(stop * share))) for *place, stop in every[:count]]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=warm, initargs=(config.data,)) as pool:
        timed(pool, consumed, some)
        reading = told / _seconds(pool, consumed, every)
        slow_decode = timed(pool, decoded, some)
        slow_fold = timed(pool, folded, [(*call, date.fromisoformat(TODAY)) for call in some])
        quick_decode = timed(pool, ours, [(*call, config.data) for call in every])
    library = run_library(config.data / "library", list(islice(reported(20, 999, RICHNESS), LIBRARY_FACTS)))
    names = [projection.name for projection in PROJECTIONS]
    began = time.perf_counter()
    with processes(config, count) as submit:
        parts.rebuild.run(names, lambda step: None, submit=submit)
    took = time.perf_counter() - began
    rebuilt = told / took
    say("(a) kafka-python reads the topic and does nothing", reading)
    say("(b) kafka-python and fastavro, without the fold", slow_decode)
    say("(b) kafka-python and fastavro, with the same fold, rows let go of", slow_fold)
    say("(c) eventsourcing's ProjectionRunner, counting", library)
    say("read, judged and decoded, without the fold", quick_decode)
    say(f"all {len(names)} projections rebuilt into PostgreSQL, in {took:.1f} s", rebuilt)
    print(f"rebuild / (b) {rebuilt / slow_fold:.2f}   rebuild / (c) {rebuilt / library:.1f}")
    print(f"decoding / (b) without the fold {quick_decode / slow_decode:.2f}")
    print(f"at this rate 10 million facts take {10_000_000 / rebuilt:.0f} s")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"most memory of a process: {most:,.0f} MiB")


def _seconds(pool: ProcessPoolExecutor, work: Callable[..., int], calls: Sequence[tuple[Any, ...]]) -> float:
    began = time.perf_counter()
    for future in [pool.submit(work, *call) for call in calls]:
        future.result()
    return time.perf_counter() - began


def say(what: str, rate: float) -> None:
    print(f"{what:<70} {rate:>11,.0f} facts/s", flush=True)


if __name__ == "__main__":
    main()
