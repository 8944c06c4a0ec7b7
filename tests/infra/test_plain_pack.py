"""Plain packs, beside what is read of the same bytes as of any pack."""

from itertools import chain

from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import Unreadable
from infra.log.commit import Commit
from infra.log.kafka_pack import decode, encode
from infra.log.plain_pack import PlainPack, PlainPacks
from tests.infra.test_kafka_pack import GOLDEN_BYTES, some_commits


def is_plain(commit: Commit) -> bool:
    return bool(commit.events) and commit.expected_version is None and commit.tracking is None


def made_plain(commit: Commit) -> Commit:
    events = tuple(StoredEvent(event.originator_id, 0, event.topic, event.state) for event in commit.events)
    return Commit(commit.id, events, None, commit.marks)


plain_commits = some_commits().filter(lambda commit: bool(commit.events)).map(made_plain)


def told_alike(pack: PlainPack, commits: list[Commit]) -> None:
    events = list(chain.from_iterable(commit.events for commit in commits))
    assert list(pack.commit_ids) == [commit.id for commit in commits]
    assert [pack.streams[place] for place in pack.of_stream] == [event.originator_id for event in events]
    assert [pack.topics[place] for place in pack.of_topic] == [event.topic for event in events]
    assert list(pack.states) == [event.state for event in events]


@given(st.lists(plain_commits, min_size=1, max_size=6))
def test_a_plain_pack_is_read_as_any_pack_is(commits):
    pack = PlainPacks().read(encode(commits))
    assert pack is not None
    told_alike(pack, decode(encode(commits)))


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=9_000), min_size=130, max_size=150), st.booleans())
def test_a_long_one_is_too(states, is_of_one_stream):
    commits = []
    for n, state in enumerate(states):
        event = StoredEvent("C0" if is_of_one_stream else f"C{n}", 0, "x:Y", state)
        commits.append(Commit(b"%d" % n, (event,), None, (("batch", f"B-{n}", "é" * n),)))
    pack = PlainPacks().read(encode(commits))
    assert pack is not None
    told_alike(pack, commits)


@given(st.lists(some_commits(), max_size=4))
def test_no_other_pack_is_taken_for_a_plain_one(commits):
    found = PlainPacks().read(encode(commits))
    assert (found is None) == (not commits or not all(map(is_plain, commits)))
    assert PlainPacks().read(GOLDEN_BYTES) is None


@settings(max_examples=300)
@given(st.lists(plain_commits, min_size=1, max_size=4), st.data())
def test_of_a_pack_that_was_changed_is_read_what_is_read_of_any(commits, data):
    value = bytearray(encode(commits))
    value[data.draw(st.integers(5, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = PlainPacks().read(bytes(value))
    try:
        expected = decode(bytes(value))
    except Unreadable:
        assert found is None
        return
    if found is not None:
        assert all(map(is_plain, expected))
        told_alike(found, expected)


def test_a_name_is_the_same_object_in_all_packs():
    packs = PlainPacks()
    value = encode([made_plain(commit) for commit in decode(GOLDEN_BYTES) if commit.events])
    one, other = packs.read(value), packs.read(value)
    assert one is not None and other is not None
    for mine, its in zip(one.streams + one.topics, other.streams + other.topics, strict=True):
        assert mine is its
