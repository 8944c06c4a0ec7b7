"""No scrape waits for a part that is slow or away, nor fails because of it."""

import threading
from time import monotonic

from services.metrics import names
from services.metrics.gathering import Gathered, Reachable
from tests.metrics.samples import samples_of, value

PATIENT_S = 20


def one(number):
    return [names.CHILDREN_WITHOUT_WORKER.of(number)]


def told(part):
    return value(samples_of(part.collect()), "casetimeline_children_without_worker")


def up(part):
    return samples_of(Reachable([part]).collect())


def test_what_can_be_read_is_told_and_the_part_is_up():
    part = Gathered("views", lambda: one(3), wait_s=PATIENT_S)
    assert told(part) == 3
    assert value(up(part), "casetimeline_part_up", part="views") == 1


def test_a_part_that_fails_is_absent_and_down():
    def fail():
        raise OSError("nobody there")

    part = Gathered("views", fail, wait_s=PATIENT_S)
    assert list(part.collect()) == []
    assert up(part) == {("casetimeline_part_up", frozenset({("part", "views")})): 0}


def test_a_part_that_comes_back_is_told_again():
    answers = iter([OSError(), one(4)])

    def read():
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    part = Gathered("views", read, wait_s=PATIENT_S)
    assert list(part.collect()) == []
    assert told(part) == 4
    assert value(up(part), "casetimeline_part_up", part="views") == 1


def test_a_slow_part_is_not_waited_for_and_told_as_it_was_last():
    release = threading.Event()
    answers = iter([one(1), None])

    def read():
        answer = next(answers)
        if answer is None:
            release.wait(20)
            return one(2)
        return answer

    part = Gathered("views", read, wait_s=0.2)
    while told(part) != 1:
        pass
    began = monotonic()
    assert told(part) == 1
    assert monotonic() - began < 10
    release.set()


def test_nothing_is_known_of_a_part_that_was_never_read():
    part = Gathered("views", lambda: one(1))
    assert up(part) == {}


def test_what_has_not_changed_is_not_read_again():
    reads = []

    def read():
        reads.append(1)
        return one(len(reads))

    state = ["a"]
    part = Gathered("practice", read, lambda: state[0], wait_s=PATIENT_S)
    assert [told(part), told(part), told(part)] == [1, 1, 1]
    state[0] = "b"
    assert told(part) == 2
