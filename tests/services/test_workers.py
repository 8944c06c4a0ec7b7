"""Processes that work for another: whatever befalls them, whoever gave the work goes on, and none stays."""

import os
import signal
import time
from concurrent.futures import BrokenExecutor
from multiprocessing import active_children

import pytest

from services.config import read_config
from services.workers import workers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

LONG_S = 300
"""Longer than a test may take."""


class Unkind(Exception):
    """Can be sent, and not be received."""

    def __init__(self, one: str, *, other: str) -> None:
        super().__init__(one, other)


def fail(error):
    raise error


def fail_unkindly():
    raise Unkind("one", other="two")


@pytest.fixture
def config(tmp_path):
    return read_config({"CASETIMELINE_DATA": str(tmp_path)})


@pytest.fixture(autouse=True)
def _none_stays():
    before = set(active_children())
    yield
    stay = set(active_children()) - before
    for process in stay:
        process.kill()
    assert stay == set()


def test_one_that_is_killed_while_what_waits_is_given_up_ends_the_others_with_it(config):
    with workers(config, 2) as made:
        pid = made.submit(os.getpid).result()
        at_work = [made.submit(time.sleep, LONG_S) for _ in range(2)]
        waits = [made.submit(os.getpid) for _ in range(20)]
        time.sleep(0.5)
        for one in waits:
            one.cancel()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenExecutor):
            at_work[0].result(timeout=20)


def test_one_that_is_killed_before_it_began_is_told_of(config):
    before = set(active_children())
    with workers(config, 1) as made:
        asked = made.submit(os.getpid)
        while not (begun := set(active_children()) - before):
            time.sleep(0.001)
        begun.pop().kill()
        with pytest.raises(BrokenExecutor):
            asked.result(timeout=20)


@pytest.mark.parametrize("is_at_work", [True, False], ids=["at work", "idle"])
def test_one_that_is_held_up_holds_up_nobody_who_ends(config, is_at_work, monkeypatch):
    monkeypatch.setattr("services.workers.ENDS_WITHIN_S", 0.5)
    with workers(config, 1) as made:
        os.kill(made.submit(os.getpid).result(), signal.SIGSTOP)
        if is_at_work:
            asked = made.submit(os.getpid)
            while not asked.running():
                time.sleep(0.001)


def test_what_fails_is_told_to_who_asked_and_ends_nothing(config):
    with workers(config, 1) as made:
        pid = made.submit(os.getpid).result()
        with pytest.raises(LookupError, match="of what is asked"):
            made.submit(fail, LookupError("of what is asked")).result()
        with pytest.raises(RuntimeError, match="Unkind"):
            made.submit(fail_unkindly).result()
        with pytest.raises(TypeError):
            made.submit(os.scandir, ".").result()
        assert made.submit(os.getpid).result() == pid


def test_each_is_begun_when_there_is_work_that_no_other_is_free_for(config):
    before = set(active_children())
    with workers(config, 3) as made:
        assert set(active_children()) == before
        pids = {made.submit(os.getpid).result() for _ in range(3)}
        assert len(set(active_children()) - before) == len(pids) == 1
        for one in [made.submit(time.sleep, 0.5) for _ in range(3)]:
            one.result()
        assert len(set(active_children()) - before) == 3
