"""The topic that case systems publish to, and the one for what of it cannot be recorded."""

from collections.abc import Mapping
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

from infra.errors import Unavailable, Unsuitable
from infra.kafka_place import KafkaPlace, reaching

SET_ASIDE = ".set-aside"
"""What the name of the intake topic is followed by in that of the topic for what was set aside."""

PARTITIONS = 8
LARGEST_BYTES = 1024 * 1024
"""The largest batch that may be published; an event may have a quarter of that."""

MADE_WITHIN_S = 30.0
"""How long brokers may take to tell of a topic that was made."""
LOOK_AGAIN_S = 0.1

KEPT_MS = 30 * 24 * 3_600_000
"""How long a published record is kept, read or not: thirty days, for it may hold what is personal."""

_COMPRESSION = "gzip"

_INTAKE = {
    "cleanup.policy": "delete",
    "retention.ms": str(KEPT_MS),
    "max.message.bytes": str(LARGEST_BYTES),
    # Brokers know every compression that a publisher may use, and the client here only this one.
    "compression.type": _COMPRESSION,
}
# Room for the largest batch published, with what is added to each record, where it does not shrink.
_ASIDE = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "max.message.bytes": str(4 * LARGEST_BYTES),
    "message.timestamp.type": "LogAppendTime",
}


def prepare(place: KafkaPlace, client: Mapping[str, Any]) -> None:
    """Create the two topics where they are absent, and check them where they are there.

    Raises Unsuitable for one that would lose what is on it, and Unavailable where no broker answers.
    """
    aside = place.topic + SET_ASIDE
    try:
        admin = KafkaAdminClient(**reaching(place, client))
    except KafkaError as error:
        raise Unavailable(f"No broker of {place} answers: {type(error).__name__}.") from error
    try:
        brokers = len(admin.describe_cluster()["brokers"])
        _create(admin, place.topic, PARTITIONS, brokers, _INTAKE)
        _create(admin, aside, 1, brokers, _ASIDE)
        for topic in (place.topic, aside):
            _check(admin, topic, place.topic)
    except KafkaError as error:
        raise Unavailable(f"The topics of {place} cannot be prepared: {type(error).__name__}.") from error
    finally:
        admin.close()


def _create(
    admin: KafkaAdminClient, topic: str, partitions: int, brokers: int, settings: Mapping[str, str]
) -> None:
    if _exists(admin, topic):
        return
    copies = 3 if brokers >= 3 else 1
    configs = {**settings, "min.insync.replicas": str(2 if copies == 3 else 1)}
    if copies == 1:
        # With no other broker to hold it, a record is safe only once it is on the disk.
        configs["flush.messages"] = "1"
    asked = {"num_partitions": partitions, "replication_factor": copies, "configs": configs}
    try:
        admin.create_topics({topic: asked}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        return


def _exists(admin: KafkaAdminClient, topic: str) -> bool:
    try:
        (found,) = admin.describe_topics([topic])
    except UnknownTopicOrPartitionError:
        return False
    return not found["error_code"]


def _check(admin: KafkaAdminClient, topic: str, intake: str) -> None:
    found = _settings(admin, topic)
    if "compact" in found["cleanup.policy"]["value"]:
        raise Unsuitable(
            f"The topic {topic} is compacted, which loses facts; set its cleanup.policy to delete."
        )
    if topic == intake and found["compression.type"]["value"] not in (_COMPRESSION, "uncompressed"):
        raise Unsuitable(
            f"The topic {topic} may hold what is compressed in a way that cannot be read here; set its "
            f"compression.type to {_COMPRESSION}."
        )


def _settings(admin: KafkaAdminClient, topic: str) -> Mapping[str, Any]:
    """The settings of a topic. Of one just made each broker hears in its own time: one that has not tells of
    no setting at all, and is asked again. Raises Unavailable where that takes too long.
    """
    asked = ConfigResource(ConfigResourceType.TOPIC, topic)
    until = monotonic() + MADE_WITHIN_S
    while True:
        found: Mapping[str, Any] = {}
        with suppress(UnknownTopicOrPartitionError):
            found = admin.describe_configs([asked], config_filter="all")["topic"][topic]
        if found:
            return found
        if monotonic() > until:
            raise Unavailable(f"The topic {topic} was made, and is not there yet; retry.")
        sleep(LOOK_AGAIN_S)
