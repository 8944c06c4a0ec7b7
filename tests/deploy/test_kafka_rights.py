"""Who may do what on a real broker that lets in only who has a right: each attempt is made."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException
from confluent_kafka import KafkaError as OutsideError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from kafka.protocol.consumer import FetchRequest

from infra.deploy.kafka import rights
from infra.deploy.kafka.cluster import FOR_TESTS, JAVA_FOR_TESTS, PORTS_OF_A_NODE, Cluster, make
from infra.deploy.kafka.guarded import ADMIN, Security, reached_as
from infra.deploy.kafka.rights import AUDITOR, PUBLISHER, SERVICE, Topics
from infra.log.commit import LogUnavailable, WrongLog
from infra.log.kafka_topic import settings_for
from services.compose import composed, sharing, taking_in
from services.config import read_config
from services.record import Receipt
from services.verify import verify
from tests.authority_of_facts import event, put
from tests.servers.ports import free_ports

pytestmark = pytest.mark.slow

TOPICS = Topics()
LOG, INTAKE, ASIDE = TOPICS.all()
EVERY_RIGHT = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)
AS_ASKED: dict[str, Any] = {"raise_on_unknown": False}
"""The client would look first whether there is such a setting, which is refused too."""
UNKNOWN_TOPIC = UnknownTopicOrPartitionError.errno
USERS = (PUBLISHER, SERVICE, AUDITOR)


@dataclass
class Guarded:
    """A cluster whose clients may come in each of three ways, on a port for each."""

    cluster: Cluster
    ports: dict[Security, int]
    _admins: dict[str, KafkaAdminClient] = field(default_factory=dict)

    def reached(self, user: str, security: Security = "sasl_tls") -> dict[str, Any]:
        where = f"127.0.0.1:{self.ports[security]}"
        told = reached_as(user, where, self.cluster.folder, security)
        return told | {"bootstrap_timeout_ms": 60_000}

    def admin(self, user: str) -> KafkaAdminClient:
        if user not in self._admins:
            self._admins[user] = KafkaAdminClient(**self.reached(user))
        return self._admins[user]

    def create(self, topic: str, copies: int) -> None:
        """Have the service make a topic once the brokers know its right: they learn within a second."""
        asked = {topic: {"num_partitions": 1, "replication_factor": copies}}
        until(lambda: not is_refused(answer_to(lambda: self.admin(SERVICE).create_topics(asked))))
        self.admin(SERVICE).wait_for_topics([topic])

    def write(self, user: str, topic: str, security: Security = "sasl_tls", **how: Any) -> None:
        """Returns once a record is acknowledged."""
        producer = KafkaProducer(**self.reached(user, security), max_block_ms=60_000, **how)
        try:
            producer.send(topic, b"x", partition=0).get(60)
        finally:
            producer.close()

    def read(self, user: str, topic: str, group: str | None = None) -> None:
        """Returns once a record is read, and with a group once that is said."""
        consumer = KafkaConsumer(
            group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **self.reached(user)
        )
        try:
            consumer.assign([TopicPartition(topic, 0)])
            for _ in range(10):
                if consumer.poll(2_000, max_records=1):
                    if group:
                        consumer.commit()
                    return
            raise AssertionError(f"nothing to read on {topic}")
        finally:
            consumer.close(autocommit=False)

    def outside(self, user: str, **more: Any) -> Consumer:
        """Another client, that tells what the broker said where kafka-python waits."""
        told = self.reached(user)
        return Consumer(
            {
                "bootstrap.servers": ",".join(told["bootstrap_servers"]),
                "security.protocol": told["security_protocol"],
                "sasl.mechanism": told["sasl_mechanism"],
                "sasl.username": told["sasl_plain_username"],
                "sasl.password": told["sasl_plain_password"],
                "ssl.ca.location": told["ssl_cafile"],
                "group.id": "nobody",
                "enable.auto.commit": False,
                **more,
            }
        )

    def state(self) -> object:
        """All that nobody may change: the topics, how they are set, where they begin, users and rights."""
        admin = self.admin(ADMIN)
        consumer = KafkaConsumer(**self.reached(ADMIN))
        try:
            begins = consumer.beginning_offsets([TopicPartition(topic, 0) for topic in TOPICS.all()])
        finally:
            consumer.close()
        topics = {each["name"]: len(each["partitions"]) for each in admin.describe_topics()}
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in TOPICS.all()]
        asked.append(ConfigResource(ConfigResourceType.BROKER, "1"))
        given, _ = admin.describe_acls(EVERY_RIGHT)
        return (
            begins,
            topics,
            admin.describe_configs(asked),
            len(given),
            admin.describe_user_scram_credentials(),
        )

    def close(self) -> None:
        for admin in self._admins.values():
            admin.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Iterator[Guarded]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    port, tls, plain = free_ports(3, PORTS_OF_A_NODE)
    more = {
        "listeners": (
            f"CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{port + 1},NODES://127.0.0.1:{port + 2},"
            f"TLS://127.0.0.1:{tls},PLAIN://127.0.0.1:{plain}"
        ),
        "advertised.listeners": (
            f"CLIENTS://127.0.0.1:{port},NODES://127.0.0.1:{port + 2},"
            f"TLS://127.0.0.1:{tls},PLAIN://127.0.0.1:{plain}"
        ),
        "listener.security.protocol.map": (
            "CLIENTS:SASL_SSL,CONTROLLER:SSL,NODES:SSL,TLS:SSL,PLAIN:SASL_PLAINTEXT"
        ),
        "listener.name.plain.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
    }
    cluster = make(folder, [port], java=JAVA_FOR_TESTS, settings={**FOR_TESTS, **more}, security="sasl_tls")
    try:
        cluster.start()
        rights.main([str(folder)])
        found = Guarded(cluster, {"sasl_tls": port, "tls": tls, "sasl_plaintext": plain})
        for topic in TOPICS.all():
            found.create(topic, copies=1)
        yield found
        found.close()
    finally:
        cluster.kill()


@pytest.mark.parametrize("security", ["sasl_tls", "tls", "sasl_plaintext"])
def test_a_publisher_writes_to_the_intake_however_it_comes(guarded, security):
    guarded.write(PUBLISHER, INTAKE, security)


def test_the_service_reads_the_intake_in_its_group_and_sets_aside(guarded):
    guarded.write(PUBLISHER, INTAKE)
    guarded.read(SERVICE, INTAKE, group=INTAKE)
    guarded.write(SERVICE, ASIDE)
    guarded.read(SERVICE, ASIDE)


def test_the_service_writes_and_reads_the_log_and_sees_how_it_is_set(guarded):
    guarded.write(SERVICE, LOG)
    guarded.read(SERVICE, LOG)
    asked = ConfigResource(ConfigResourceType.TOPIC, LOG)
    told = guarded.admin(SERVICE).describe_configs([asked], config_filter="all")["topic"][LOG]
    assert told["message.timestamp.type"]["value"] == "LogAppendTime"


def test_an_auditor_reads_the_log_and_what_was_set_aside(guarded):
    guarded.write(SERVICE, LOG)
    guarded.write(SERVICE, ASIDE)
    guarded.read(AUDITOR, LOG)
    guarded.read(AUDITOR, ASIDE)


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        (PUBLISHER, LOG),
        (PUBLISHER, ASIDE),
        (SERVICE, INTAKE),
        (AUDITOR, LOG),
        (AUDITOR, ASIDE),
        (AUDITOR, INTAKE),
    ],
)
def test_nobody_writes_where_it_is_not_theirs_to_write(guarded, user, topic):
    with pytest.raises(TopicAuthorizationFailedError):
        guarded.write(user, topic, enable_idempotence=False)


@pytest.mark.parametrize(
    ("user", "topic"), [(PUBLISHER, LOG), (PUBLISHER, INTAKE), (PUBLISHER, ASIDE), (AUDITOR, INTAKE)]
)
def test_nobody_reads_what_is_not_theirs_to_read(guarded, user, topic):
    (answer,) = fetched(guarded.admin(user), topic).responses
    assert [part.error_code for part in answer.partitions] == [TopicAuthorizationFailedError.errno]


def test_what_may_be_read_is_fetched_so_too(guarded):
    guarded.write(SERVICE, LOG)
    (answer,) = fetched(guarded.admin(AUDITOR), LOG).responses
    assert [(part.error_code, part.records != b"") for part in answer.partitions] == [(0, True)]


def fetched(admin: KafkaAdminClient, topic: str) -> Any:
    """The broker's answer to a bare fetch: a consumer that may not see a topic does not even ask."""
    part = FetchRequest.FetchTopic.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1_000)
    asked = FetchRequest(
        replica_id=-1,
        max_wait_ms=100,
        min_bytes=1,
        max_bytes=1_000,
        isolation_level=0,
        topics=[FetchRequest.FetchTopic(topic=topic, partitions=[part])],
        max_version=11,
    )
    return admin._manager.run(admin._manager.send, asked, 1)


def deleting_records(admin: KafkaAdminClient, topic: str) -> object:
    return admin.delete_records({TopicPartition(topic, 0): 1}, partition_leader_id=1)


def deleting_the_topic(admin: KafkaAdminClient, topic: str) -> object:
    return admin.delete_topics([topic])


def setting_retention(admin: KafkaAdminClient, topic: str) -> object:
    return admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "1"})], **AS_ASKED
    )


def compacting(admin: KafkaAdminClient, topic: str) -> object:
    asked = ConfigResource(ConfigResourceType.TOPIC, topic, {"cleanup.policy": "compact"})
    return admin.alter_configs([asked], **AS_ASKED)


def adding_partitions(admin: KafkaAdminClient, topic: str) -> object:
    return admin.create_partitions({topic: 2})


def moving_replicas(admin: KafkaAdminClient, topic: str) -> object:
    return admin.alter_partition_reassignments({TopicPartition(topic, 0): [1]})


TO_A_TOPIC = (
    deleting_records,
    deleting_the_topic,
    setting_retention,
    compacting,
    adding_partitions,
    moving_replicas,
)


def answer_to(attempt: Callable[..., object], *words: object) -> str:
    """What the brokers say to an attempt: some of it is raised, some returned."""
    try:
        return str(attempt(*words))
    except KafkaError as error:
        return str(error)


def is_refused(answer: str) -> bool:
    return re.search(r"AuthorizationFailed|needs ALTER permission", answer) is not None


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("topic", TOPICS.all())
def test_nobody_deletes_records_or_alters_a_topic(guarded, user, topic):
    before = guarded.state()
    answers = {attempt.__name__: answer_to(attempt, guarded.admin(user), topic) for attempt in TO_A_TOPIC}
    assert {name: answer for name, answer in answers.items() if not is_refused(answer)} == {}
    assert guarded.state() == before


def setting_retention_of_all(admin: KafkaAdminClient) -> object:
    return admin.alter_configs(
        [ConfigResource(ConfigResourceType.BROKER, "1", {"log.retention.ms": "1"})], **AS_ASKED
    )


def creating_a_topic(admin: KafkaAdminClient) -> object:
    return admin.create_topics({"another": {"num_partitions": 1, "replication_factor": 1}})


def giving_itself_rights(admin: KafkaAdminClient) -> object:
    return admin.create_acls([all_of_the_log("*")])


def taking_rights_away(admin: KafkaAdminClient) -> object:
    return admin.delete_acls([EVERY_RIGHT])


def changing_a_password(admin: KafkaAdminClient) -> object:
    changed = UserScramCredentialUpsertion(ADMIN, ScramMechanism.SCRAM_SHA_512, "taken over")
    return admin.alter_user_scram_credentials([changed])


TO_THE_CLUSTER = (
    setting_retention_of_all,
    creating_a_topic,
    giving_itself_rights,
    taking_rights_away,
    changing_a_password,
)


@pytest.mark.parametrize("user", USERS)
def test_nobody_alters_the_cluster(guarded, user):
    before = guarded.state()
    answers = {attempt.__name__: answer_to(attempt, guarded.admin(user)) for attempt in TO_THE_CLUSTER}
    assert {name: answer for name, answer in answers.items() if not is_refused(answer)} == {}
    assert guarded.state() == before


@pytest.mark.parametrize("user", [PUBLISHER, AUDITOR])
def test_nobody_else_says_how_far_the_service_has_read(guarded, user):
    with pytest.raises(GroupAuthorizationFailedError):
        guarded.admin(user).alter_group_offsets(INTAKE, {TopicPartition(INTAKE, 0): 0})


def test_a_right_to_everything_given_by_mistake_lets_nobody_delete(guarded):
    rights.give(guarded.admin(ADMIN), [all_of_the_log(AUDITOR)])
    # It has come to effect when the auditor, who may only read, writes.
    until(lambda: not is_refused(answer_to(guarded.write, AUDITOR, LOG)))
    before = guarded.state()
    answers = [answer_to(attempt, guarded.admin(AUDITOR), LOG) for attempt in TO_A_TOPIC]
    assert all(map(is_refused, answers)), answers
    assert guarded.state() == before


def test_who_gives_a_wrong_password_is_not_let_in(guarded):
    told: list[int] = []
    with_wrong = {"sasl.password": "guessed", "error_cb": lambda error: told.append(error.code())}
    consumer = guarded.outside(SERVICE, **with_wrong)
    with pytest.raises(KafkaException):
        consumer.list_topics(timeout=5)

    def is_told_why() -> bool:
        consumer.poll(0.2)
        return OutsideError._AUTHENTICATION in told

    until(is_told_why)
    consumer.close()


def test_who_has_no_certificate_of_this_authority_is_not_let_in(guarded, tmp_path):
    stranger = reached_as(SERVICE, f"127.0.0.1:{guarded.ports['tls']}", tmp_path, "tls")
    stranger["ssl_cafile"] = guarded.reached(SERVICE, "tls")["ssl_cafile"]
    with pytest.raises(KafkaError):
        KafkaAdminClient(**stranger, bootstrap_timeout_ms=3_000)


def test_a_client_finds_a_broker_that_another_authority_signed_for(guarded, tmp_path):
    fooled = guarded.reached(SERVICE)
    fooled["ssl_cafile"] = reached_as(SERVICE, "", tmp_path, "sasl_tls")["ssl_cafile"]
    with pytest.raises(KafkaError):
        KafkaAdminClient(**fooled | {"bootstrap_timeout_ms": 3_000})


def test_on_three_nodes_that_know_each_other_by_certificates_the_log_has_three_copies(tmp_path):
    ports = free_ports(3, PORTS_OF_A_NODE)
    cluster = make(tmp_path, ports, java=JAVA_FOR_TESTS, settings=FOR_TESTS, security="sasl_tls")
    three = Guarded(cluster, {"sasl_tls": ports[0]})
    try:
        cluster.start()
        rights.main([str(tmp_path)])
        until(lambda: three.admin(SERVICE).describe_topics([LOG])[0]["error_code"] == UNKNOWN_TOPIC)
        config = read_config(settings(three, SERVICE, tmp_path / SERVICE, TOPICS, "sasl_tls"))
        with composed(config) as service:
            put(service, [event("1", "ReferralReceived", "2019-03-05", referral_id="R-1")])
        (told,) = three.admin(AUDITOR).describe_topics([LOG])
        assert {len(each["isr_nodes"]) for each in told["partitions"]} == {3}
        asked = ConfigResource(ConfigResourceType.TOPIC, LOG)
        found = three.admin(AUDITOR).describe_configs([asked], config_filter="all")["topic"][LOG]
        wanted = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false", "retention.ms": "-1"}
        assert {name: found[name]["value"] for name in wanted} == wanted
        thin = {"num_partitions": 1, "replication_factor": 1, "configs": settings_for(1)}
        three.admin(ADMIN).create_topics({"thin.log": thin}, wait_for_metadata=True)
        alone = settings(three, ADMIN, tmp_path / ADMIN, Topics("thin.log"), "sasl_tls")
        with pytest.raises(WrongLog, match="give it 3 replicas"), composed(read_config(alone)):
            pass
    finally:
        three.close()
        cluster.kill()


def settings(guarded: Guarded, user: str, data: Path, topics: Topics, security: Security) -> dict[str, str]:
    """The service's own settings for coming as a user, in one of the ways."""
    kafka, where = guarded.cluster.folder, f"kafka://127.0.0.1:{guarded.ports[security]}"
    reached = guarded.reached(user, security)
    told: dict[str, str] = {"SECURITY": security}
    if "sasl_mechanism" in reached:
        told |= {"USER": user, "PASSWORD_FILE": str(kafka / "users" / f"{user}.password")}
    files = {"CA_FILE": "ssl_cafile", "CERT_FILE": "ssl_certfile", "KEY_FILE": "ssl_keyfile"}
    told |= {name: reached[file] for name, file in files.items() if file in reached}
    return {
        "CASETIMELINE_DATA": str(data),
        "CASETIMELINE_LOG": f"{where}/{topics.log}",
        "CASETIMELINE_INTAKE": f"{where}/{topics.intake}",
        **{f"CASETIMELINE_KAFKA_{name}": value for name, value in told.items()},
    }


@pytest.mark.parametrize("security", ["sasl_tls", "tls", "sasl_plaintext"])
def test_the_service_runs_by_its_rights_and_an_auditor_verifies_what_it_recorded(guarded, tmp_path, security):
    topics = Topics(f"{security}.log", f"{security}.intake")
    rights.give(guarded.admin(ADMIN), rights.rights(topics, [PUBLISHER]))
    until(lambda: guarded.admin(SERVICE).describe_topics([topics.log])[0]["error_code"] == UNKNOWN_TOPIC)
    referred = event("1", "ReferralReceived", "2019-03-05", referral_id="R-1")
    config = read_config(settings(guarded, SERVICE, tmp_path / SERVICE, topics, security))
    with composed(config) as service:
        assert [type(result) for result in put(service, [referred])] == [Receipt]
        with sharing(config) as mine:
            until(lambda: len(mine() or ()) == service.log.partitions)
        with taking_in(config, service):
            assert service.intake
            assert service.intake.standing()["lag"] == 0
        recorded = service.log.heads()
    auditing = read_config(settings(guarded, AUDITOR, tmp_path / AUDITOR, topics, security))
    with composed(auditing) as auditor:
        assert auditor.log.heads() == recorded
        assert list(verify(auditor.log, auditor.codec)) == []
        with pytest.raises(LogUnavailable):
            put(auditor, [event("2", "ReferralClosed", "2019-03-06", referral_id="R-1")])


def all_of_the_log(user: str) -> ACL:
    what = ResourcePattern(ResourceType.TOPIC, LOG, ACLResourcePatternType.LITERAL)
    return ACL(f"User:{user}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, what)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has to come about."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)
