"""No scrape waits for a part that is slow or away, nor fails because of it."""

import threading
from time import monotonic

from services.metrics import names
from services.metrics.gathering import Gathered, Gathering
from tests.metrics.samples import samples_of, value

PATIENT_S = 20
UP = "casetimeline_part_up"


def one(number):
    return [names.CHILDREN_WITHOUT_WORKER.of(number)]


def scraped(*parts, wait_s=PATIENT_S):
    return samples_of(Gathering(parts, wait_s).collect())


def told(part, wait_s=PATIENT_S):
    return value(scraped(part, wait_s=wait_s), "casetimeline_children_without_worker")


def fail():
    raise OSError("nobody there")


def test_what_can_be_read_is_told_and_the_part_is_up():
    samples = scraped(Gathered("views", lambda: one(3)))
    assert value(samples, "casetimeline_children_without_worker") == 3
    assert value(samples, UP, part="views") == 1


def test_a_part_that_fails_is_absent_and_down():
    assert scraped(Gathered("views", fail)) == {(UP, frozenset({("part", "views")})): 0}


def test_a_part_that_fails_costs_the_others_nothing():
    samples = scraped(Gathered("log", fail), Gathered("views", lambda: one(3)))
    assert value(samples, "casetimeline_children_without_worker") == 3
    assert (value(samples, UP, part="log"), value(samples, UP, part="views")) == (0, 1)


def test_a_part_that_comes_back_is_told_again():
    answers = iter([fail, lambda: one(4)])
    part = Gathered("views", lambda: next(answers)())
    assert told(part) == 0
    samples = scraped(part)
    assert value(samples, "casetimeline_children_without_worker") == 4
    assert value(samples, UP, part="views") == 1


def test_a_slow_part_is_not_waited_for_and_told_as_it_was_last():
    release = threading.Event()
    reads = []

    def read():
        reads.append(1)
        if len(reads) > 1:
            release.wait(PATIENT_S)
        return one(len(reads))

    part = Gathered("views", read)
    assert told(part) == 1
    began = monotonic()
    assert told(part, wait_s=0.1) == 1
    assert monotonic() - began < PATIENT_S / 2
    release.set()


def test_what_has_not_changed_is_not_read_again():
    reads = []

    def read():
        reads.append(1)
        return one(len(reads))

    state = ["a"]
    part = Gathered("practice", read, lambda: state[0])
    assert [told(part), told(part), told(part)] == [1, 1, 1]
    state[0] = "b"
    assert told(part) == 2


def test_what_has_not_changed_is_told_as_known_true_at_the_last_look():
    looks = iter(range(1, 4))
    part = Gathered("practice", lambda: one(7), lambda: "same", lambda: [names.PRACTICE_READ.of(next(looks))])
    told_at = [value(scraped(part), "casetimeline_practice_read_timestamp_seconds") for _ in range(3)]
    assert told_at == [1, 2, 3]


def test_a_part_that_hangs_is_absent_and_down_once_it_was_waited_for_and_told_again_when_it_answers(
    monkeypatch,
):
    now = [0.0]
    monkeypatch.setattr("services.metrics.gathering.monotonic", lambda: now[0])
    release = threading.Event()
    reads = []

    def read():
        reads.append(1)
        if len(reads) == 2:
            release.wait(PATIENT_S)
        return one(1 if len(reads) == 1 else 2)

    part = Gathered("views", read, patience_s=5)
    assert told(part) == 1
    samples = scraped(part, wait_s=0.001)
    now[0] = 5
    assert (value(samples, UP, part="views"), told(part, wait_s=0.001)) == (1, 1)
    now[0] = 5.1
    samples = scraped(part, wait_s=0.001)
    assert samples == {(UP, frozenset({("part", "views")})): 0}
    release.set()
    assert told(part) == 2


def test_what_two_parts_tell_under_one_name_stands_together():
    def telling(what):
        return Gathered(what, lambda: [names.SET_ASIDE.family([((what,), 2)])])

    parts = [telling("children"), telling("intake records")]
    for _ in range(2):
        found = [one for one in Gathering(parts, PATIENT_S).collect() if one.name == names.SET_ASIDE.name]
        assert [len(one.samples) for one in found] == [2]


def test_a_part_that_fails_while_it_is_told_is_not_said_to_be_down_beside_what_is_told():
    answers = iter([lambda: one(3), fail])
    part = Gathered("views", lambda: next(answers)())
    collecting = iter(Gathering([part], PATIENT_S).collect())
    first = next(collecting)
    part.begin()
    part.wait(monotonic() + PATIENT_S)
    assert samples_of([first, *collecting]) == {
        ("casetimeline_children_without_worker", frozenset()): 3,
        (UP, frozenset({("part", "views")})): 1,
    }
