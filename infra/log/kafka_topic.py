"""The log's topic: made as it must be where it is absent, and looked over where it is there."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

from infra.log.commit import LogUnavailable, WrongLog
from infra.log.kafka_client import Brokers, as_log_errors, connected

MAX_RECORD_BYTES = 16 << 20
"""The largest record of the log's topic: a commit that needs more is refused before it is sent."""

MAX_BATCH_BYTES = MAX_RECORD_BYTES + (64 << 10)
"""The largest batch that brokers must take: a record and what Kafka puts around it."""

REPLICAS = 3
IN_SYNC = 2

MADE_WITHIN_S = 30.0
"""How long brokers may take to tell of a topic that was made."""
LOOK_AGAIN_S = 0.1

FOR_EVER: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "unclean.leader.election.enable": "false",
}
"""Nothing is deleted, compacted, or lost to a replica that lacks it."""

STAMPED: Mapping[str, str] = {"message.timestamp.type": "LogAppendTime"}
"""The broker says when a record was appended, and nobody else can."""

_WHY: Mapping[str, str] = {
    "cleanup.policy": "the log is never compacted",
    "retention.ms": "the log is kept for ever",
    "retention.bytes": "the log is kept for ever",
    "unclean.leader.election.enable": "a replica that lacks records must not lead",
    "message.timestamp.type": "only the broker may say when a record was appended",
    "max.message.bytes": "a commit is one record",
    "min.insync.replicas": "what is acknowledged must be on two brokers",
    "flush.messages": "with one replica a record must be on the disk before it is acknowledged",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a topic is spread."""

    partitions: int
    replicas: int


def settings_for(replicas: int) -> dict[str, str]:
    """What a topic of the log is set to, with so many replicas."""
    durable = {"min.insync.replicas": str(IN_SYNC)} if replicas >= REPLICAS else {"flush.messages": "1"}
    return {**FOR_EVER, **STAMPED, "max.message.bytes": str(MAX_BATCH_BYTES), **durable}


def wrong_settings(found: Mapping[str, str], replicas: int) -> list[str]:
    """A sentence for each setting that is not what it must be: what to set, and why."""
    said = []
    for name, wanted in settings_for(replicas).items():
        told = found.get(name, "")
        if told == wanted or (name in _AT_LEAST and _number(told) >= int(wanted)):
            continue
        said.append(f"set {name}={wanted} (it is {told or 'not told'}): {_WHY[name]}")
    return said


_AT_LEAST = frozenset({"max.message.bytes", "min.insync.replicas"})


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else -1


def ensure(brokers: Brokers, partitions: int) -> Shape:
    """How the topic is spread, which is made with so many partitions where it is absent.

    Raises WrongLog, naming every setting that is wrong and what to do, and LogUnavailable.
    """
    topic = brokers.place.topic
    with connected(KafkaAdminClient, brokers, "look at the topic") as admin, as_log_errors("see the topic"):
        nodes = len(admin.describe_cluster()["brokers"])
        if _shape(admin, topic) is None:
            _create(admin, topic, partitions, REPLICAS if nodes >= REPLICAS else 1)
        found, configs = _told(admin, topic)
        said = wrong_settings(configs, found.replicas)
    if nodes >= REPLICAS and found.replicas < REPLICAS:
        said.append(
            f"give it {REPLICAS} replicas (it has {found.replicas}), for there are {nodes} brokers: "
            "it must outlive one of them"
        )
    if said:
        raise WrongLog(f"The topic {topic} is not set as the log needs it. {'; '.join(said)}.")
    return found


def _create(admin: KafkaAdminClient, topic: str, partitions: int, replicas: int) -> None:
    asked = {
        "num_partitions": partitions,
        "replication_factor": replicas,
        "configs": settings_for(replicas),
    }
    try:
        admin.create_topics({topic: asked}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        # Another process was quicker: what it made is looked over like any other.
        admin.wait_for_topics([topic])


def _told(admin: KafkaAdminClient, topic: str) -> tuple[Shape, dict[str, str]]:
    """How a topic is spread and set. Of one just made each broker hears in its own time: one that has not
    tells of no setting at all, and is asked again.

    Raises LogUnavailable where the topic is not there in time.
    """
    until = monotonic() + MADE_WITHIN_S
    found, configs = None, dict[str, str]()
    while (found is None or not configs) and monotonic() < until:
        with suppress(UnknownTopicOrPartitionError):
            found = _shape(admin, topic)
            configs = {} if found is None else _configs(admin, topic)
        if found is None or not configs:
            sleep(LOOK_AGAIN_S)
    if found is None:
        raise LogUnavailable(f"The topic {topic} was made, and is not there yet; retry.")
    return found, configs


def _shape(admin: KafkaAdminClient, topic: str) -> Shape | None:
    (described,) = admin.describe_topics([topic])
    found = described["partitions"]
    if described["error_code"] or not found:
        return None
    return Shape(len(found), min(len(partition["replica_nodes"]) for partition in found))


def _configs(admin: KafkaAdminClient, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    answered: dict[Any, Any] = admin.describe_configs([resource], config_filter="all")
    (of_topic,) = answered.values()
    return {name: str(config["value"]) for name, config in of_topic[topic].items()}
