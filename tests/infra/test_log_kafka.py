"""What the log on Kafka promises beyond the library's recorder, on a real broker."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError, ProgrammingError, Tracking
from kafka import KafkaAdminClient, TopicPartition

from infra.deploy.kafka.cluster import Cluster
from infra.log.commit import Accepted, Commit, LogDamaged, LogUnavailable, Refused, Repeated, WrongLog
from infra.log.index_digest import content_digest
from infra.log.kafka_genesis import HASH, RULE, partition_of
from infra.log.kafka_log import KafkaLog
from infra.log.kafka_pack import GENESIS_ID, Genesis, encode, encode_genesis
from infra.log.kafka_producer import Producer
from infra.log.kafka_topic import MAX_RECORD_BYTES, settings_for
from infra.log.kafka_writer import CommitTooLarge
from infra.log.marks import Mark, Marked
from tests.infra.on_kafka import PARTITIONS, Topic, a_topic, append, event, fact, stream_in

pytestmark = pytest.mark.slow


@pytest.fixture
def topic(kafka_broker: Cluster, tmp_path: Path) -> Iterator[Topic]:
    with a_topic(kafka_broker.bootstrap, tmp_path) as topic:
        yield topic


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, topic: Topic) -> KafkaLog:
    """A log with its index on either database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return topic.log(url)


def admin_of(topic: Topic) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=list(topic.brokers.place.servers))


# Which commits count


def test_a_commit_counts_once_however_often_it_is_handed_over(log):
    first = append(log, fact("a", "C1"))[0]
    assert isinstance(first, Accepted)
    assert append(log, fact("a", "C1"), fact("a", "C1")) == [Repeated(first.notifications)] * 2
    assert append(log, fact("b", "C1"), fact("b", "C1"))[1].notifications[0].originator_version == 2
    assert [one.state for one in log.select_events("C1")] == [b"state"] * 2


def test_versions_are_assigned_in_log_order_where_none_is_expected(log):
    outcomes = append(log, *(fact(f"{number}", f"C{number % 5}") for number in range(50)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    for number in range(5):
        assert [one.originator_version for one in log.select_events(f"C{number}")] == list(range(1, 11))
    assert sum(log.heads()) == 50


def test_a_version_that_is_not_the_head_is_refused_for_good(log):
    append(log, fact("a", "C1"))
    stale = Commit(b"b", (event("C1"),), 0)
    assert append(log, stale) == [Refused(1, "C1")]
    append(log, fact("c", "C1"))
    assert append(log, stale, Commit(b"b", (event("C1"),), 2)) == [Refused(1, "C1")] * 2
    assert log.find(b"b") is None
    with pytest.raises(IntegrityError):
        log.insert_events([event("C1", 1)])


def test_tracking_rises_and_a_repeat_of_it_is_known(log):
    track = Commit(b"t", (), tracking=Tracking("upstream", 5))
    assert append(log, track) == [Accepted(())]
    assert append(log, track) == [Repeated(())]
    with pytest.raises(IntegrityError):
        log.insert_tracking(Tracking("upstream", 5))
    assert log.max_tracking_id("upstream") == 5


def test_events_are_numbered_and_timed_without_gaps_in_each_partition(log):
    append(log, *(fact(f"{number}", f"C{number}") for number in range(30)))
    append(log, *(fact(f"{number}", f"C{number}") for number in range(20, 60)))
    seen = 0
    for partition, head in enumerate(log.heads()):
        page = log.page(partition, 0, 100)
        seen += len(page)
        assert [one.id for one in page] == list(range(1, head + 1))
        assert {partition_of(str(one.originator_id), PARTITIONS) for one in page} <= {partition}
        times = [one.recorded_at for one in page]
        assert times == sorted(times)
        if page:
            assert log.known_by(page[-1].recorded_at)[partition] == head
    assert seen == 60
    assert list(log.streams()) == sorted(f"C{number}" for number in range(60))


def test_streams_of_several_partitions_are_not_stored_together(log):
    apart = fact("a", stream_in(0), stream_in(1))
    with pytest.raises(ProgrammingError, match="several partitions"):
        append(log, apart)
    with pytest.raises(ProgrammingError, match="name the one"):
        log.max_notification_id()


def test_a_commit_larger_than_a_record_is_refused_alone(log):
    good = log.submit([fact("good", "C1")])
    large = log.submit([fact("large", "C1", state=b"x" * MAX_RECORD_BYTES)])
    with pytest.raises(CommitTooLarge, match="part it"):
        large.result(30)
    assert isinstance(good.result(30)[0], Accepted)
    thousand = Commit(b"thousand", tuple(event("C2", n, b"x" * 10_000) for n in range(1, 1_001)))
    assert len(append(log, thousand)[0].notifications) == 1_000


def test_a_recorder_of_several_partitions_tells_of_the_one_that_it_names_in_its_order(topic):
    one = topic.log(partition=1)
    here = [stream for stream in (f"C{n}" for n in range(30)) if partition_of(stream, PARTITIONS) == 1]
    append(one, *(fact(f"{round}-C{n}", f"C{n}") for round in range(2) for n in range(30)))
    page = one.select_notifications(1, 100)
    assert [event.id for event in page] == list(range(1, 2 * len(here) + 1))
    assert [str(event.originator_id) for event in page] == [*here, *here]
    assert one.max_notification_id() == len(page)
    with one.subscribe(gt=0) as subscription:
        assert [next(subscription).id for _ in page] == [event.id for event in page]


def test_how_far_the_index_was_behind_when_the_brokers_were_asked_is_told(topic):
    log = topic.log()
    log.heads()
    for number in range(3):
        topic.put(1, encode([fact(f"{number}", stream_in(1))]))
    log.heads()
    assert log.behind == {0: 0, 1: 3, 2: 0}
    log.heads()
    assert log.behind == {0: 0, 1: 0, 2: 0}


# Several processes


def test_what_one_instance_acknowledged_another_with_its_own_index_reads_at_once(topic):
    one, other = topic.log(), topic.log()
    for number in range(20):
        writer, reader = (one, other) if number % 2 else (other, one)
        append(writer, fact(f"{number}", "C1"))
        assert reader.head("C1") == number + 1
        assert reader.find(f"{number}".encode()) == writer.find(f"{number}".encode())


def test_instances_that_write_the_same_streams_at_once_lose_and_double_nothing(topic, postgres_url):
    logs = [topic.log(), topic.log(postgres_url), topic.log(postgres_url)]

    def write(name: int) -> list:
        log = logs[name % 3]
        # Every other commit is handed over by a second writer too.
        return [append(log, fact(f"{n if n % 2 else f'{name}-{n}'}", f"C{n % 4}"))[0] for n in range(25)]

    with ThreadPoolExecutor(6) as threads:
        outcomes = [one for told in threads.map(write, range(6)) for one in told]
    counts = Counter(type(outcome).__name__ for outcome in outcomes)
    assert counts == {"Accepted": 6 * 13 + 12, "Repeated": 5 * 12}
    for log in logs:
        events = [one for n in range(4) for one in log.select_events(f"C{n}")]
        assert len(events) == 6 * 13 + 12
        for n in range(4):
            versions = [one.originator_version for one in log.select_events(f"C{n}")]
            assert versions == list(range(1, len(versions) + 1))
    fresh = topic.log()
    assert fresh.heads() == logs[0].heads() == logs[1].heads()
    assert content_digest(fresh.index) == content_digest(logs[1].index) == content_digest(logs[0].index)


def test_an_index_made_again_from_the_topic_is_the_one_that_grew(log):
    append(log, *(fact(f"{number}", f"C{number % 7}") for number in range(100)))
    append(log, fact("5", "C5"), Commit(b"stale", (event("C1"),), 0), fact("last", "C1", "C1"))
    log.insert_tracking(Tracking("upstream", 5))
    grown = content_digest(log.index)
    log.mending.read_again()
    assert content_digest(log.index) != grown
    assert sum(log.heads()) == 102
    assert content_digest(log.index) == grown


def test_marks_are_found_in_the_order_in_which_they_stand(log):
    told = [
        Commit(
            b"%d" % n,
            (event(f"C{n % 11}", state=b"%d" % n),),
            None,
            (("batch", f"B{n % 7}", "é"), ("batch", f"B{n % 3}", f"{n}"), ("other", f"B{n % 2}", "")),
        )
        for n in range(120)
    ]
    append(log, *told)
    streams: dict[str, list[Mark]] = {f"C{n}": [] for n in range(12)}
    values: dict[str, list[Marked]] = {f"B{n}": [] for n in range(8)}
    for partition in range(PARTITIONS):
        for one in log.page(partition, 0, 1_000):
            for _, value, extra in sorted(told[int(one.state)].marks[:2], key=itemgetter(1, 2)):
                streams[str(one.originator_id)].append(Mark(value, partition, one.id, extra))
                values[value].append(Marked(str(one.originator_id), partition, one.id, extra))
    assert log.marks_of_all(list(streams), "batch") == streams
    assert log.marked_all("batch", list(values)) == values
    assert log.marks_of_all([], "batch") == log.marked_all("batch", []) == {}


def test_an_identity_recorded_at_once_under_two_subjects_counts_where_it_is_earlier(topic):
    one, other = topic.log(), topic.log()
    first, second = stream_in(0), stream_in(1)
    mark = ("batch", "B1", "")
    topic.put(0, encode([Commit(b"same", (event(first),), None, (mark,))]))
    one.heads()
    topic.put(1, encode([Commit(b"same", (event(second),), None, (mark,))]))
    append(one, fact("after", second))
    for log in (one, other):
        assert log.marked("batch", "B1") == [Marked(first, 0, 1, "")]
        assert log.marks_of(second, "batch") == []
        assert [str(double.originator_id) for double in log.doubles()] == [second]
        assert [str(stored.originator_id) for stored in log.find(b"same")] == [first]
        assert [event.originator_version for event in log.select_events(second)] == [2]
        assert len(log.page(1, 0, 10)) == 2
    assert content_digest(one.index) == content_digest(other.index)


def test_the_writer_of_an_identity_that_counts_elsewhere_is_told_what_counts(topic):
    log = topic.log()
    topic.put(0, encode([fact("same", stream_in(0))]))
    # Not in the index yet when the second is sent, so that both are recorded.
    (outcome,) = append(log, fact("same", stream_in(1)))
    log.heads()
    assert [str(one.originator_id) for one in log.find(b"same")] == [stream_in(0)]
    (again,) = append(log, fact("same", stream_in(1)))
    assert str(again.notifications[0].originator_id) == stream_in(0)
    assert isinstance(outcome, (Accepted, Repeated))


# Unknown outcomes


def test_a_commit_that_was_given_up_is_settled_to_be_stored_or_never(log):
    append(log, fact("there", "C1"))
    assert log.settle(b"there", "C1") == log.find(b"there")
    assert log.settle(b"lost", "C1") is None
    assert append(log, fact("lost", "C1")) == [Refused()]
    assert log.settle(b"lost", "C1") is None
    assert log.head("C1") == 1


def test_a_producer_that_another_thread_ended_meanwhile_costs_no_more_than_another_try(topic):
    topic.log()
    producer = Producer(topic.brokers, 10.0)

    def end() -> None:
        ended = producer._connected()
        ended._sender.force_close()
        ended._sender.join(10)

    end()
    assert producer.append(0, encode([fact("a", stream_in(0))])) == 1
    end()
    failed: list[LogUnavailable] = []
    producer.send(0, encode([fact("b", stream_in(0))]), lambda *_: None, failed.append)
    assert len(failed) == 1
    assert producer.append(0, encode([fact("b", stream_in(0))])) == 2
    producer.close()


# What is on the topic that must not be


def test_a_record_that_is_none_of_ours_counts_for_nothing_and_is_told(log, topic):
    append(log, fact("a", stream_in(0)))
    for value in (None, b"", b"{}", b"\0\0\0\0\7nonsense", encode([fact("b", stream_in(0))])[:-3]):
        topic.put(0, value)
    append(log, fact("c", stream_in(0)))
    assert [one.originator_version for one in log.select_events(stream_in(0))] == [1, 2]
    assert [(partition, offset) for partition, offset, _ in log.faults()] == [(0, n) for n in range(2, 7)]


def test_a_record_of_a_later_version_stops_its_partition_and_no_other(topic):
    log = topic.log()
    append(log, fact("a", stream_in(0)), fact("b", stream_in(1)))
    topic.put(0, b"\0" + (GENESIS_ID + 1).to_bytes(4, "big") + b"later")
    with pytest.raises(LogDamaged, match="update this program"):
        log.select_events(stream_in(0))
    assert len(log.select_events(stream_in(1))) == 1
    assert [error.partition for error in log.damaged] == [0]


# Which topics are taken


def test_a_topic_is_made_as_the_log_needs_it(topic):
    topic.log()
    with admin_of(topic) as admin:
        (described,) = admin.describe_topics([topic.brokers.place.topic])
        assert len(described["partitions"]) == PARTITIONS
    assert settings_for(1)["flush.messages"] == "1"
    assert settings_for(3)["min.insync.replicas"] == "2"
    # A second log looks at the settings of the first: none is wrong.
    assert topic.log(partitions=5).partitions == PARTITIONS


def test_a_topic_with_wrong_settings_is_refused_by_the_name_of_each(topic):
    with admin_of(topic) as admin:
        wrong = {"cleanup.policy": "compact", "message.timestamp.type": "CreateTime", "flush.messages": "9"}
        asked = {"num_partitions": 1, "replication_factor": 1, "configs": wrong}
        admin.create_topics({topic.brokers.place.topic: asked}, wait_for_metadata=True)
    with pytest.raises(WrongLog) as error:
        topic.log()
    for name in ("cleanup.policy=delete", "message.timestamp.type", "max.message.bytes", "flush.messages=1"):
        assert f"set {name}" in str(error.value)


def test_a_topic_that_holds_something_else_is_refused(topic):
    with admin_of(topic) as admin:
        asked = {"num_partitions": 1, "replication_factor": 1, "configs": settings_for(1)}
        admin.create_topics({topic.brokers.place.topic: asked}, wait_for_metadata=True)
    topic.put(0, b"something else")
    with pytest.raises(WrongLog, match="does not begin with a genesis"):
        topic.log()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"hash": "murmur2"}, "hash murmur2 .* needs blake2b-8"),
        ({"rule": RULE + 1}, f"rule {RULE + 1} .* needs {RULE}"),
        ({"partitions": 5}, "partitions 5 .* needs 1"),
        ({"partition": 3}, "partition 3 .* needs 0"),
    ],
)
def test_a_topic_that_was_made_by_another_rule_is_refused(topic, other, said):
    with admin_of(topic) as admin:
        asked = {"num_partitions": 1, "replication_factor": 1, "configs": settings_for(1)}
        admin.create_topics({topic.brokers.place.topic: asked}, wait_for_metadata=True)
    topic.put(0, encode_genesis(replace(Genesis(b"t" * 16, HASH, 1, 0, RULE), **other)))
    with pytest.raises(WrongLog, match=said):
        topic.log()


def test_a_topic_that_got_more_partitions_is_refused(topic):
    append(topic.log(), fact("a", "C1"))
    with admin_of(topic) as admin:
        admin.create_partitions({topic.brokers.place.topic: PARTITIONS + 1})
        admin.wait_for_topics([topic.brokers.place.topic])
    with pytest.raises(WrongLog, match=f"partitions {PARTITIONS} .* needs {PARTITIONS + 1}"):
        topic.log()


def test_a_topic_whose_partition_begins_as_one_of_another_topic_is_refused(topic):
    with admin_of(topic) as admin:
        asked = {"num_partitions": 2, "replication_factor": 1, "configs": settings_for(1)}
        admin.create_topics({topic.brokers.place.topic: asked}, wait_for_metadata=True)
    for partition, topic_id in enumerate((b"t" * 16, b"u" * 16)):
        topic.put(partition, encode_genesis(Genesis(topic_id, HASH, 2, partition, RULE)))
    with pytest.raises(WrongLog, match="topic_id 75"):
        topic.log()


def test_a_topic_that_lost_its_beginning_is_refused(topic):
    log = topic.log()
    append(log, fact("a", stream_in(0)))
    with admin_of(topic) as admin:
        admin.delete_records({TopicPartition(topic.brokers.place.topic, 0): 1})
    with pytest.raises(WrongLog, match="first records were deleted"):
        topic.log()


def test_a_topic_made_anew_is_refused_by_an_index_of_the_old_one(topic):
    index = f"sqlite:///{topic.folder / 'kept.db'}"
    append(topic.log(index), fact("a", "C1"))
    topic.opened.pop().close()
    with admin_of(topic) as admin:
        admin.delete_topics([topic.brokers.place.topic])
    with pytest.raises(WrongLog, match="made anew"):
        until_made(topic, index)


def until_made(topic: Topic, index: str) -> None:
    """Open the log once the deletion is through, and the topic can be made again."""
    for _ in range(50):
        try:
            topic.log(index)
        except LogUnavailable:
            continue
        return


def test_a_log_needs_the_compiled_checksum(tmp_path):
    program = (
        "import sys; sys.modules['crc32c'] = None\n"
        "from infra.log.kafka_client import require_crc32c\n"
        "require_crc32c()\n"
    )
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert "The package crc32c is missing" in ended.stderr
