"""The real Kafka that the tests and the stack are run with."""

import shutil
import subprocess
import sys

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from infra.deploy.kafka.cluster import PORTS_OF_A_NODE, Cluster, make
from infra.deploy.process import NotRunning
from tests.servers.kafka import unique
from tests.servers.ports import free_ports

pytestmark = pytest.mark.slow


def made_topic(cluster: Cluster) -> str:
    """A new topic of one partition, with as many copies as there are nodes."""
    topic = unique("servers")
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    admin.create_topics([NewTopic(topic, 1, len(cluster.nodes))])
    admin.close()
    return topic


def produced(cluster: Cluster, topic: str, values: list[bytes]) -> None:
    """Returns once every value is acknowledged."""
    producer = KafkaProducer(
        # It waits for all of its time at the broker it begins with; the last is never broken here.
        bootstrap_servers=f"127.0.0.1:{cluster.ports[-1]}",
        acks="all",
        reconnect_backoff_max_ms=500,
        request_timeout_ms=3_000,
    )
    for value in values:
        producer.send(topic, value, partition=0).get(60)
    producer.close()


def read(cluster: Cluster, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    found: list[bytes] = []
    while len(found) < count:
        for records in consumer.poll(1_000).values():
            found += [record.value for record in records]
    consumer.close()
    return found


def test_what_one_broker_acknowledged_is_there_after_a_kill(breakable_kafka):
    cluster = breakable_kafka(1)
    topic = made_topic(cluster)
    produced(cluster, topic, [b"1", b"2"])
    cluster.kill()
    assert not cluster.is_running()
    cluster.start()
    assert read(cluster, topic, 2) == [b"1", b"2"]


def test_three_brokers_go_on_while_one_is_killed_or_paused(breakable_kafka):
    cluster = breakable_kafka(3)
    topic = made_topic(cluster)
    produced(cluster, topic, [b"1"])
    cluster.nodes[0].kill()
    produced(cluster, topic, [b"2"])
    cluster.nodes[0].restart()
    cluster.nodes[1].pause()
    produced(cluster, topic, [b"3"])
    cluster.nodes[1].resume()
    assert read(cluster, topic, 3) == [b"1", b"2", b"3"]


def test_a_cluster_is_kept_and_keeps_its_number_of_nodes(tmp_path):
    made = make(tmp_path, free_ports(1, PORTS_OF_A_NODE), java=("-Xmx128m",))
    formatted = (made.nodes[0].folder / "data" / "meta.properties").read_text()
    again = make(tmp_path, made.ports, java=("-Xmx128m",))
    assert (again.nodes[0].folder / "data" / "meta.properties").read_text() == formatted
    with pytest.raises(NotRunning, match="another number of nodes"):
        make(tmp_path, free_ports(3, PORTS_OF_A_NODE))


def test_a_cluster_id_may_begin_with_a_dash(tmp_path):
    (node,) = make(tmp_path / "made", free_ports(1, PORTS_OF_A_NODE), java=("-Xmx128m",)).nodes
    shutil.rmtree(node.folder / "data")
    node.format("-pk3HkLORYOgJAZGTcvN0Q")
    assert "cluster.id=-pk3" in (node.folder / "data" / "meta.properties").read_text()


def test_a_node_that_cannot_start_says_why(tmp_path, kafka_broker):
    taken = make(tmp_path, kafka_broker.ports, java=("-Xmx128m",))
    with pytest.raises(NotRunning, match="Address already in use"):
        taken.start()
    assert not taken.is_running()


def test_the_command_starts_and_stops(tmp_path):
    def run(*words: str) -> str:
        command = [sys.executable, "-m", "infra.deploy.kafka.cluster", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    (port,) = free_ports(1, PORTS_OF_A_NODE)
    assert f"127.0.0.1:{port}" in run("start", str(tmp_path), "--port", str(port), "--memory", "256m")
    assert run("status", str(tmp_path)) == f"node-1 on port {port}: running\n"
    run("stop", str(tmp_path))
    run("stop", str(tmp_path))
    assert run("status", str(tmp_path)) == f"node-1 on port {port}: stopped\n"
