"""Which commits count, whoever asks."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.verdict import Verdict, expected_heads, next_version, verdict


def test_a_commit_that_expects_nothing_is_accepted():
    assert verdict(is_seen=False, expected={}, heads={"C1": 3}) is Verdict.ACCEPTED


def test_a_commit_that_expects_the_head_is_accepted():
    assert verdict(is_seen=False, expected={"C1": 3}, heads={"C1": 3}) is Verdict.ACCEPTED


@pytest.mark.parametrize("expected", [2, 4])
def test_a_commit_that_expects_another_head_is_refused(expected):
    assert verdict(is_seen=False, expected={"C1": expected}, heads={"C1": 3}) is Verdict.REFUSED


def test_one_wrong_head_of_several_refuses_the_commit():
    assert verdict(is_seen=False, expected={"C1": 3, "C2": 1}, heads={"C1": 3, "C2": 2}) is Verdict.REFUSED


@pytest.mark.parametrize("expected", [-1, 0, 7])
def test_an_empty_stream_takes_any_first_version(expected):
    assert verdict(is_seen=False, expected={"C1": expected}, heads={"C2": 3}) is Verdict.ACCEPTED


def test_an_id_that_was_seen_is_repeated_whatever_it_expects():
    assert verdict(is_seen=True, expected={"C1": 9}, heads={"C1": 3}) is Verdict.REPEATED
    assert verdict(is_seen=True, expected=None, heads={}) is Verdict.REPEATED


def test_versions_that_do_not_follow_each_other_are_refused():
    assert verdict(is_seen=False, expected=None, heads={}) is Verdict.REFUSED


@pytest.mark.parametrize(
    ("position", "reached", "judged"),
    [
        (5, 4, Verdict.ACCEPTED),
        (5, None, Verdict.ACCEPTED),
        (None, 4, Verdict.ACCEPTED),
        (4, 4, Verdict.REFUSED),
        (3, 4, Verdict.REFUSED),
    ],
)
def test_tracking_must_rise(position, reached, judged):
    assert verdict(is_seen=False, expected={}, heads={}, position=position, reached=reached) is judged


def test_events_expect_the_version_before_the_first_of_their_stream():
    assert expected_heads([("C1", 4), ("C2", 1), ("C1", 5)]) == {"C1": 3, "C2": 0}


@pytest.mark.parametrize("versions", [(4, 4), (4, 6), (5, 4)])
def test_events_of_a_stream_must_follow_each_other(versions):
    assert expected_heads([("C1", version) for version in versions]) is None


def test_the_next_version_follows_the_head():
    assert next_version(head=7, expected=None) == 8
    assert next_version(head=None, expected=None) == 1
    assert next_version(head=None, expected=-1) == 0


@dataclass(frozen=True)
class Append:
    """A commit of one event to each of some streams."""

    id: int
    expected: dict[str, int]
    streams: tuple[str, ...]


streams = st.sampled_from(["C1", "C2", "C3"])
appends = st.builds(
    Append,
    id=st.integers(0, 6),
    expected=st.dictionaries(streams, st.integers(0, 3), max_size=2),
    streams=st.lists(streams, min_size=1, max_size=2, unique=True).map(tuple),
)


def read(log):
    """What every reader of this log computes: the verdicts, and the head of each stream."""
    seen: set[int] = set()
    heads: dict[str, int] = {}
    verdicts = []
    for append in log:
        judged = verdict(is_seen=append.id in seen, expected=append.expected, heads=heads)
        verdicts.append(judged)
        seen.add(append.id)
        if judged is Verdict.ACCEPTED:
            for stream in append.streams:
                heads[stream] = next_version(heads.get(stream), append.expected.get(stream))
    return verdicts, heads


@given(st.lists(appends, max_size=30), st.integers(0, 30))
def test_what_comes_later_changes_no_verdict(log, length):
    assert read(log[:length])[0] == read(log)[0][:length]


@given(st.lists(appends, max_size=30))
def test_no_id_counts_twice(log):
    accepted = [
        append.id for append, judged in zip(log, read(log)[0], strict=True) if judged is Verdict.ACCEPTED
    ]
    assert len(accepted) == len(set(accepted))


@given(st.lists(appends, max_size=30), st.data())
def test_a_repetition_anywhere_later_changes_nothing_else(log, data):
    if not log:
        return
    first = data.draw(st.integers(0, len(log) - 1))
    later = data.draw(st.integers(first + 1, len(log)))
    verdicts, heads = read([*log[:later], log[first], *log[later:]])
    assert verdicts[later] is Verdict.REPEATED
    assert (verdicts[:later] + verdicts[later + 1 :], heads) == read(log)


@given(st.integers(0, 9))
def test_of_two_writers_who_expect_the_same_head_the_first_in_the_log_is_accepted(head):
    heads = {"C1": head}
    first = verdict(is_seen=False, expected={"C1": head}, heads=heads)
    heads["C1"] = next_version(head, head)
    second = verdict(is_seen=False, expected={"C1": head}, heads=heads)
    assert (first, second) == (Verdict.ACCEPTED, Verdict.REFUSED)
