"""What is published to a real Kafka is taken in: each fact once, the rest set aside, and nothing held up."""

import json
import os
import time
from threading import Event, Thread

import pytest
from confluent_kafka import Producer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from infra.errors import Unavailable, Unsuitable
from infra.intake.aside import AsideReader, AsideWriter
from infra.intake.reader import Reader
from infra.intake.taken import Taken, Why
from infra.intake.topics import SET_ASIDE, prepare
from infra.kafka_place import KafkaPlace, read_place
from services.compose import composed, taking_in
from services.config import read_config
from services.intake_reads import IntakeReads
from tests.ending import Ending
from tests.published import Message, avro, binary, structured
from tests.reported import referral
from tests.running import command, serving
from tests.servers.kafka import unique

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
FORMS = (structured, binary, avro)
WITHIN_S = 60.0


@pytest.fixture
def place(kafka_broker) -> KafkaPlace:
    """A topic of this test's own, not made yet."""
    return read_place(f"kafka://{kafka_broker.bootstrap}/{unique('intake')}")


def config_of(folder, place: KafkaPlace):
    return read_config({"CASETIMELINE_DATA": str(folder / "data"), "CASETIMELINE_INTAKE": str(place)})


def publish(place: KafkaPlace, *messages: Message) -> None:
    producer = KafkaProducer(bootstrap_servers=list(place.servers), linger_ms=20, batch_size=200_000)
    try:
        sent = [producer.send(place.topic, m.value, m.key, m.headers) for m in messages]
        producer.flush()
        for one in sent:
            one.get(WITHIN_S)
    finally:
        producer.close()


def wait_for(what) -> None:
    until = time.monotonic() + WITHIN_S
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def metrics_of(http) -> str:
    text: str = http.get("/metrics").text
    return text


def delete_up_to(place: KafkaPlace, number: int) -> None:
    """As somebody does who has looked at what was set aside."""
    admin = KafkaAdminClient(bootstrap_servers=list(place.servers))
    try:
        admin.delete_records({TopicPartition(place.topic + SET_ASIDE, 0): number})
    finally:
        admin.close()


def lag_of(place: KafkaPlace) -> int | None:
    """How many records are not read yet; None where no broker tells just now."""
    try:
        lag: int = IntakeReads(place, {}).standing()["lag"]
    except Unavailable:
        return None
    return lag


def take_in_all(intake, place: KafkaPlace) -> int:
    """Take in all that is published, and return how many records that was."""
    count = intake.step()
    while lag_of(place) != 0:
        count += intake.step()
    return count


def test_of_good_and_unreadable_records_each_finds_its_place(tmp_path, place):
    config = config_of(tmp_path, place)
    junk = [
        Message(b"key-%d" % n, [("content-type", b"text/plain"), ("x", b"\xff\x00")], b"\x00\xff junk %d" % n)
        for n in range(500)
    ]
    good = [FORMS[n % 3](referral(subject=f"C{n % 300}", id=f"good-{n}")) for n in range(10_000)]
    mixed = [each for n, one in enumerate(good) for each in ([one, junk[n // 20]] if n % 20 == 0 else [one])]
    with composed(config) as parts, taking_in(config, parts) as intake:
        publish(place, *mixed)
        took = 0
        while took < len(mixed):
            took += intake.step()
        standing = IntakeReads(place, {}).standing()
        assert parts.log.heads() == (10_000,)
    assert (took, standing["lag"]) == (10_500, 0)
    assert standing["tally"] == {
        "recorded": 10_000,
        "duplicate": 0,
        "conflict": 0,
        "refused": 500,
        "missing": 0,
    }
    aside = AsideReader(place, {}).page(-1, 1_000)
    assert sorted((one.record.key, one.record.headers, one.record.value) for one in aside) == sorted(
        (each.key, tuple(each.headers), each.value) for each in junk
    )
    assert {one.why.kind for one in aside} == {"not-avro"}
    assert len({(one.record.partition, one.record.offset) for one in aside}) == 500


def test_however_a_publisher_compresses_its_records_are_read(tmp_path, place):
    config = config_of(tmp_path, place)
    with composed(config) as parts, taking_in(config, parts) as intake:
        for how in ("none", "gzip", "snappy", "lz4", "zstd"):
            producer = Producer({"bootstrap.servers": ",".join(place.servers), "compression.type": how})
            for n in range(20):
                fact = structured(referral(subject="C1", id=f"{how}-{n}"))
                producer.produce(place.topic, fact.value, fact.key, headers=dict(fact.headers))
            assert producer.flush(WITHIN_S) == 0
        assert take_in_all(intake, place) == 100
        assert parts.log.heads() == (100,)


def test_headers_without_values_hold_nothing_up_and_are_kept_as_they_were(tmp_path, place):
    config = config_of(tmp_path, place)
    producer = Producer({"bootstrap.servers": ",".join(place.servers)})
    headers: dict[str, str | bytes | None] = {
        "ce_id": None,
        "set-aside-topic": b"x",
        "other": None,
        "empty": b"",
    }
    with composed(config) as parts, taking_in(config, parts) as intake:
        producer.produce(place.topic, b"{}", b"C1", headers=headers, partition=0)
        good = structured(referral(subject="C1", id="good"))
        producer.produce(place.topic, good.value, good.key, headers={"x": None}, partition=0)
        assert producer.flush(WITHIN_S) == 0
        assert take_in_all(intake, place) == 2
        assert parts.log.heads() == (1,)
    (aside,) = AsideReader(place, {}).page(-1, 10)
    assert (aside.why.kind, aside.why.pointers[0]) == ("invalid-event", "/id")
    assert aside.record.headers == tuple(headers.items())


class Bytes(str):
    """A name of a header that is no text."""

    def encode(self, *_how: str) -> bytes:
        return b"n\xff"


def test_a_header_whose_name_is_no_text_holds_nothing_up(tmp_path, place):
    config = config_of(tmp_path, place)
    good, junk = structured(referral(subject="C1", id="good")), Message(b"k", [], b"n\xff")
    with composed(config) as parts, taking_in(config, parts) as intake:
        # What is sent unpacked the broker packs, and with it makes text of such a name.
        producer = KafkaProducer(bootstrap_servers=list(place.servers), compression_type="gzip")
        for message in (good, junk, good):
            headers = [("first", b"1"), (Bytes("name"), b"\xff"), *message.headers]
            producer.send(place.topic, message.value, message.key, headers, partition=0)
        producer.close()
        assert take_in_all(intake, place) == 3
        assert parts.log.heads() == (1,)
    (aside,) = AsideReader(place, {}).page(-1, 10)
    assert (aside.record.value, aside.record.headers) == (b"n\xff", (("first", b"1"), ("n?", b"\xff")))


def test_transactions_are_read_to_their_end_and_what_was_taken_back_was_never_published(tmp_path, place):
    config = config_of(tmp_path, place)
    with composed(config) as parts, taking_in(config, parts) as intake:
        producer = Producer({"bootstrap.servers": ",".join(place.servers), "transactional.id": place.topic})
        producer.init_transactions(WITHIN_S)
        for id, end in (("kept", producer.commit_transaction), ("back", producer.abort_transaction)):
            fact = structured(referral(subject="C1", id=id))
            producer.begin_transaction()
            for partition in (0, 1):
                producer.produce(place.topic, fact.value, fact.key, partition=partition)
            producer.flush(WITHIN_S)
            end(WITHIN_S)
        wait_for(lambda: not intake.step() and lag_of(place) == 0)
        assert parts.log.heads() == (1,)
        tally = IntakeReads(place, {}).standing()["tally"]
    assert (tally["recorded"], tally["duplicate"], tally["missing"]) == (1, 1, 0)


def test_what_was_set_aside_lies_where_it_was_published_and_says_why(tmp_path, place):
    config = config_of(tmp_path, place)
    fact = referral(id="first")
    other = referral(id="first", referral_id="R-2", note="private")
    with composed(config) as parts, taking_in(config, parts) as intake:
        publish(place, structured(fact), structured(other), structured(fact))
        take_in_all(intake, place)
        assert parts.conflicts.count() == 1
    listed = json.loads(
        command(tmp_path, "intake", "set-aside", "--output", "json", intake=str(place)).stdout
    )
    (aside,) = listed["set_aside"]
    assert (aside["kind"], aside["pointer"]) == ("conflict", ["/data/note", "/data/referral_id"])
    assert "private" not in json.dumps(listed)
    position = aside["position"]
    consumer = KafkaConsumer(bootstrap_servers=list(place.servers))
    published = TopicPartition(place.topic, position["partition"])
    consumer.assign([published])
    consumer.seek(published, position["offset"])
    (record,) = next(iter(consumer.poll(5_000, max_records=1).values()))
    consumer.close()
    assert record.value == structured(other).value
    told = json.loads(command(tmp_path, "intake", "status", "--output", "json", intake=str(place)).stdout)
    assert told["tally"] == {"recorded": 1, "duplicate": 1, "conflict": 1, "refused": 0, "missing": 0}


def test_what_is_larger_than_a_topic_can_hold_is_cut_and_holds_nothing_up(place):
    prepare(place, {})
    writer = AsideWriter(place, {})
    # Random bytes do not shrink.
    whole = os.urandom(5 << 20)
    writer.put(
        [
            (Taken(0, 7, 1, b"k", (("h", b"v"),), whole), Why("event-too-large", "too large")),
            (Taken(0, 8, 1, None, (), bytes(5 << 20)), Why("event-too-large", "too large")),
        ]
    )
    writer.put([(Taken(0, 9, 1, None, (), None), Why("not-json", "nothing"))])
    writer.close()
    cut, kept, nothing = AsideReader(place, {}).page(-1, 10)
    assert (nothing.record.key, nothing.record.value) == (None, None)
    assert (cut.is_cut, cut.record.offset, cut.record.value) == (True, 7, whole[: 64 * 1024])
    assert (kept.is_cut, kept.record.offset, kept.record.value) == (False, 8, bytes(5 << 20))


def test_readers_share_the_partitions_and_take_over_from_one_that_goes(tmp_path, place):
    config = config_of(tmp_path, place)
    facts = [structured(referral(subject=f"C{n % 30}", id=f"e-{n}")) for n in range(2_000)]
    stops = [Event(), Event()]

    def take_in(stop):
        with composed(config) as parts, taking_in(config, parts) as intake:
            intake.run(stop)

    threads = [Thread(target=take_in, args=(stop,)) for stop in stops]
    with composed(config) as parts:
        prepare(place, {})
        for thread in threads:
            thread.start()
        publish(place, *facts[:1_000])
        wait_for(lambda: parts.log.heads()[0] > 100)
        stops[0].set()
        publish(place, *facts[1_000:])
        wait_for(lambda: lag_of(place) == 0)
        stops[1].set()
        for thread in threads:
            thread.join(WITHIN_S)
        assert parts.log.heads() == (2_000,)
        assert IntakeReads(place, {}).standing()["tally"]["refused"] == 0


def test_while_the_broker_dies_and_comes_back_the_intake_waits_and_loses_nothing(tmp_path, breakable_kafka):
    broker = breakable_kafka(1)
    place = read_place(f"kafka://{broker.bootstrap}/{unique('intake')}")
    config = config_of(tmp_path, place)
    facts = [structured(referral(subject=f"C{n % 30}", id=f"e-{n}")) for n in range(6_000)]
    with composed(config) as parts, taking_in(config, parts) as intake:
        publish(place, *facts[:5_000], *[Message(None, [], b"junk")] * 20)
        stop = Event()
        thread = Thread(target=intake.run, args=(stop,), daemon=True)
        thread.start()
        wait_for(lambda: parts.log.heads()[0] > 0)
        broker.kill()
        broker.start()
        publish(place, *facts[5_000:])
        wait_for(lambda: parts.log.heads() == (6_000,))
        broker.nodes[0].pause()
        time.sleep(3)
        broker.nodes[0].resume()
        wait_for(lambda: lag_of(place) == 0)
        stop.set()
        thread.join(WITHIN_S)
        tally = IntakeReads(place, {}).standing()["tally"]
    assert tally["recorded"] + tally["duplicate"] == 6_000
    assert (tally["refused"], tally["missing"]) == (20, 0)
    assert len(AsideReader(place, {}).page(-1, 100)) == 20


def test_what_is_given_back_is_taken_again(place):
    prepare(place, {})
    publish(place, *(Message(b"k", [], b"%d" % n) for n in range(50)))
    reader = Reader(place, {})
    try:
        first: list[Taken] = []
        while not first:
            first = reader.take(1, 20)
        reader.give_back()
        again: list[Taken] = []
        while not again:
            again = reader.take(1, 20)
        assert again == first
        reader.give_back()
    finally:
        reader.close()


def test_the_topics_are_made_as_they_must_be_and_a_compacted_one_is_refused(place):
    prepare(place, {})
    prepare(place, {})
    admin = KafkaAdminClient(bootstrap_servers=list(place.servers))
    try:
        described = {
            each["name"]: each for each in admin.describe_topics([place.topic, place.topic + SET_ASIDE])
        }
        assert [len(each["partitions"]) for each in described.values()] == [8, 1]
        other = KafkaPlace(place.servers, unique("compacted"))
        settings = {"num_partitions": 1, "replication_factor": 1, "configs": {"cleanup.policy": "compact"}}
        admin.create_topics({other.topic: settings}, wait_for_metadata=True)
    finally:
        admin.close()
    with pytest.raises(Unsuitable, match=r"cleanup\.policy"):
        prepare(other, {})


def test_a_broker_that_has_not_heard_of_a_topic_just_made_is_asked_again(place, monkeypatch):
    told = KafkaAdminClient.describe_configs
    asked = []

    def describe(admin, resources, **how):
        asked.append(resources[0].name)
        found = told(admin, resources, **how)
        return {"topic": {name: {} for name in found["topic"]}} if asked.count(asked[-1]) < 3 else found

    monkeypatch.setattr(KafkaAdminClient, "describe_configs", describe)
    prepare(place, {})
    assert asked == [place.topic] * 3 + [place.topic + SET_ASIDE] * 3


def test_a_service_takes_in_what_is_published_and_stops_in_time(tmp_path, place):
    prepare(place, {})
    with serving(tmp_path, intake=str(place)) as service, service.client() as http:
        publish(place, structured(referral(subject="C1", id="e-1")), Message(None, [], b"junk"))
        wait_for(lambda: http.get("/intake").json().get("lag") == 0)
        assert [one["id"] for one in http.get("/children/C1/timeline").json()["entries"]] == ["e-1"]
        (aside,) = http.get("/intake/set-aside").json()["set_aside"]
        assert aside["kind"] == "not-json"
        for outcome in ("recorded", "refused"):
            wait_for(
                lambda o=outcome: f'casetimeline_intake_records{{outcome="{o}"}} 1.0' in metrics_of(http)
            )
        waiting = 'casetimeline_set_aside{what="intake records"} '
        wait_for(lambda: waiting + "1.0" in metrics_of(http))
        delete_up_to(place, 1)
        wait_for(lambda: waiting + "0.0" in metrics_of(http))
        assert http.get("/intake").json()["set_aside"] == 0
        ending = Ending(service.process.pid)
        service.process.terminate()
        assert ending.seconds(service.is_running) < 10


def test_without_brokers_the_commands_say_so_and_end_with_5(tmp_path):
    nowhere = "kafka://127.0.0.1:1/casetimeline.intake"
    for arguments in (("intake",), ("intake", "status")):
        done = command(tmp_path, *arguments, intake=nowhere)
        assert (done.returncode, done.stdout) == (5, b""), arguments
        assert b"Traceback" not in done.stderr
    assert command(tmp_path, "intake", "status").returncode == 2
