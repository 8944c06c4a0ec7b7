"""How fast the service takes facts in over HTTP with its log on Kafka, beside Kafka's own bare producer.

Run as ``python -m benchmarks.kafka_http [FOLDER]``: one broker is started there, that has every record on its
disk before it acknowledges it. That disk sets the pace. The service answers alone, as where projectors are
processes of their own; then batches are posted with a projector that folds on the same cores.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from kafka import KafkaProducer

from benchmarks.http import BATCH, CONNECTIONS, facts, line, sent, service
from benchmarks.http_client import request
from infra.deploy.kafka.cluster import PORTS_OF_A_NODE, Cluster, make
from infra.kafka_place import KafkaPlace
from infra.log.kafka_client import Brokers
from infra.log.kafka_topic import ensure
from tests.servers.ports import free_ports

SINGLES = 6_000
BATCHES = 320
BATCH_CONNECTIONS = 24
RECORD_BYTES = 300
ALONE = 400
TOGETHER = 8_000
ROUNDS = 3
WARMING = 2

BATCHES_BAR = 20_000
SINGLES_BAR = 1_500
MEDIAN_BAR_MS = 25


@contextmanager
def broker(folder: Path) -> Iterator[Cluster]:
    """One broker on free ports, as an operator starts it."""
    cluster = make(folder, free_ports(1, PORTS_OF_A_NODE))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def bare(cluster: Cluster) -> tuple[float, float, float]:
    """Records a second that kafka-python's producer has acknowledged: one at a time, by 32 threads, and sent
    without waiting. Its topic is set as the log's is.
    """
    place = KafkaPlace((cluster.bootstrap,), f"bare-{time.monotonic_ns()}")
    ensure(Brokers(place), 1)
    value = os.urandom(RECORD_BYTES)
    with KafkaProducer(bootstrap_servers=cluster.bootstrap, metrics_enabled=False) as producer:

        def append(_: int = 0) -> None:
            producer.send(place.topic, value, partition=0).get(30)

        append()
        began = time.perf_counter()
        for _ in range(ALONE):
            append()
        alone = ALONE / (time.perf_counter() - began)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            began = time.perf_counter()
            list(threads.map(append, range(TOGETHER // 4)))
            threaded = TOGETHER // 4 / (time.perf_counter() - began)
        began = time.perf_counter()
        futures = [producer.send(place.topic, value, partition=0) for _ in range(TOGETHER)]
        for future in futures:
            future.get(30)
        return alone, threaded, TOGETHER / (time.perf_counter() - began)


def singles(port: int, name: str) -> tuple[float, list[float]]:
    """Facts a second, each posted alone and answered once durable and readable; and how long each took."""
    media_type = "application/cloudevents+json"
    posts = [request("POST", "/events", fact, media_type) for fact in facts(SINGLES, name)]
    seconds, took = sent(port, posts, CONNECTIONS, (201,))
    return SINGLES / seconds, took


def batches(port: int, name: str, count: int = BATCHES) -> float:
    """Facts a second in batches, each answered once it is durable and readable."""
    posted = facts(count * BATCH, name, children=3_000)
    media_type = "application/cloudevents-batch+json"
    posts = [
        request("POST", "/events", b"[" + b",".join(posted[start : start + BATCH]) + b"]", media_type)
        for start in range(0, len(posted), BATCH)
    ]
    seconds, _ = sent(port, posts, BATCH_CONNECTIONS, (200,))
    with urlopen(f"http://127.0.0.1:{port}/children/{name}-0/timeline") as answer:
        assert len(json.load(answer)["entries"]) == -(-count * BATCH // 3_000), "not all can be read"
    return len(posted) / seconds


def main() -> None:
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    with TemporaryDirectory(dir=folder) as place, broker(Path(place) / "kafka") as cluster:
        # The service that is measured is started with it.
        os.environ["CASETIMELINE_LOG"] = f"kafka://{cluster.bootstrap}/casetimeline.log"
        with service(Path(place), "--no-projector") as running:
            # The broker compiles what it does often while it does it, on the same cores, for half a minute.
            for turn in range(WARMING):
                batches(running.port, f"W{turn}")
                singles(running.port, f"X{turn}")
                bare(cluster)
            bares, posted, batched, took = [], [], [], []
            for turn in range(ROUNDS):
                bares.append(bare(cluster))
                rate, seconds = singles(running.port, f"S{turn}")
                posted.append(rate)
                took += seconds
                batched.append(batches(running.port, f"B{turn}"))
        with service(Path(place)) as running:
            followed = median(batches(running.port, f"F{turn}") for turn in range(ROUNDS))
    alone, threaded, pipelined = (median(column) for column in zip(*bares, strict=True))
    line("bare kafka-python, acknowledged one at a time", f"{alone:,.0f} records/s", "")
    line(f"bare kafka-python, {CONNECTIONS} threads", f"{threaded:,.0f} records/s", "")
    line("bare kafka-python, sent without waiting", f"{pipelined:,.0f} records/s", "")
    single, batch = median(posted), median(batched)
    line(
        f"single posts, durable and readable, {CONNECTIONS} connections",
        f"{single:,.0f} events/s",
        f"{single / threaded:.2f} x {CONNECTIONS} threads (bar {SINGLES_BAR:,})",
    )
    p99 = quantiles(took, n=100)[98] * 1_000
    middle = median(took) * 1_000
    line("  of these, the median", f"{middle:,.1f} ms", f"bar {MEDIAN_BAR_MS} ms; p99 {p99:,.1f} ms")
    line(
        f"batches of {BATCH}, durable and readable",
        f"{batch:,.0f} events/s",
        f"{batch / pipelined:.1f} x sent without waiting (bar {BATCHES_BAR:,})",
    )
    line("  with a projector that folds beside", f"{followed:,.0f} events/s", f"{followed / batch:.2f} x")


if __name__ == "__main__":
    main()
