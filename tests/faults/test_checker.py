"""The checker finds every kind of lie, and nothing in a true history; its rule is the domain's."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from infra.log.commit import OWN, Accepted, Commit
from infra.log.kafka_pack import encode
from infra.log.settle import Before, settle
from tests.faults import history as told
from tests.faults.checker import index_violations, violations
from tests.faults.history import Answer, History, Read
from tests.faults.rule import truth
from tests.faults.topic import Written, _commits

A, B = "aa", "bb"


def written(offset, id, version, state=None, stream="C1"):
    """A commit that claims a version of a child."""
    return Written(offset, id, 2, None, ((stream, version, state or id * 2),))


TOPIC = [[written(1, A, 1), written(2, B, 2)]]


def commit(id, *answers, begun=0):
    return told.Commit(id, begun, "C1", (id * 2,), None, list(answers))


def ok(at, version, offset):
    return Answer(at, "ok", (("C1", version, 0, offset),))


def found(*commits, reads=(), topic=TOPIC):
    history = History({one.id: one for one in commits}, list(reads), [])
    return " | ".join(violations(history, truth(topic), []))


TRUE = (commit(A, ok(10, 1, 1)), commit(B, ok(30, 2, 2), begun=20))


def test_a_true_history_is_left_alone():
    assert found(*TRUE, reads=[Read(40, "C1", 0, (1, 2)), Read(15, "C1", 0, (1,))]) == ""
    assert found(commit(A, Answer(5, "unknown"), ok(10, 1, 1)), TRUE[1]) == ""
    assert found(*TRUE, commit("cc", Answer(9, "refused")), commit("dd", Answer(9, "never"))) == ""


@pytest.mark.parametrize(
    ("commits", "sign"),
    [
        ((*TRUE, commit("cc", ok(40, 3, 3))), "acknowledged and is not there"),
        ((commit(A, ok(10, 2, 1)), TRUE[1]), "was said to be at"),
        ((commit(A, Answer(10, "refused")), TRUE[1]), "answered refused and is there"),
        ((commit(A, Answer(10, "never")), TRUE[1]), "answered never and is there"),
        ((commit(A, Answer(10, "unknown")), TRUE[1]), "never given a definite answer"),
        ((TRUE[0],), "nobody asked for it"),
        ((commit(A, ok(40, 1, 1), begun=35), TRUE[1]), "before one acknowledged earlier"),
    ],
)
def test_a_wrong_answer_is_found(commits, sign):
    assert sign in found(*commits)


@pytest.mark.parametrize(
    ("read", "sign"),
    [
        (Read(40, "C1", 0, (1,)), "2 was acknowledged"),
        (Read(40, "C1", 0, (1, 3)), "gaps"),
        (Read(40, "C1", 0, (1, 2, 3)), "2 is the last"),
    ],
)
def test_a_wrong_read_is_found(read, sign):
    assert sign in found(*TRUE, reads=[read])


def test_an_event_that_is_there_twice_is_found():
    twice = [[written(1, A, 1, "77"), written(2, B, 2, "77")]]
    assert "is there 2 times" in found(*TRUE, topic=twice)


@pytest.mark.parametrize(
    ("stands", "rows", "is_well"), [(3, 2, True), (2, 1, True), (3, 1, False), (2, 2, False)]
)
def test_an_index_is_a_prefix_of_the_truth_or_it_is_found(tmp_path, stands, rows, is_well):
    with closing(sqlite3.connect(tmp_path / "index.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE log_positions (partition, next_offset)")
        connection.execute("CREATE TABLE log_events (partition, number, log_offset, stream, version, state)")
        connection.execute("INSERT INTO log_positions VALUES (0, ?)", (stands,))
        for number, id in list(enumerate((A, B), 1))[:rows]:
            row = (number, number, number, bytes.fromhex(id * 2))
            connection.execute("INSERT INTO log_events VALUES (0, ?, ?, 'C1', ?, ?)", row)
    assert (index_violations(tmp_path / "index.sqlite3", truth(TOPIC)) == []) is is_well


commits = st.builds(
    lambda id, stream, claims, expected: Commit(
        bytes([id]),
        tuple(StoredEvent(stream, claim, "t", bytes([id, n])) for n, claim in enumerate(claims)),
        expected,
    ),
    id=st.integers(0, 9),
    stream=st.sampled_from(["C1", "C2"]),
    claims=st.lists(st.integers(1, 6), max_size=3),
    expected=st.none() | st.just(OWN) | st.integers(0, 4),
)


@given(st.lists(st.lists(commits, min_size=1, max_size=3), max_size=8))
def test_the_slow_rule_and_the_domain_agree(packs):
    flat = [one for pack in packs for one in pack]
    slow = truth([[one for at, pack in enumerate(packs) for one in _commits(at + 1, encode(pack))]])
    settled = settle(flat, Before(0, {}, {}, {}, {}), datetime(2026, 1, 5, tzinfo=UTC), 0)
    counted = {
        one.id.hex(): tuple(
            (n.originator_id, n.originator_version, n.state.hex()) for n in became.notifications
        )
        for one, became in zip(flat, settled.outcomes, strict=True)
        if isinstance(became, Accepted) and became.notifications
    }
    assert counted == {
        id: tuple((e.stream, e.version, e.state) for e in events) for id, events in slow.commits.items()
    }
