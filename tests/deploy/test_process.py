"""Processes that outlive who started them, found again by their folders."""

import os
import sys
import time

import pytest

from infra.deploy.process import NotRunning, Process

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def process(tmp_path):
    found = Process(tmp_path / "it")
    yield found
    found.kill()


def test_it_runs_at_every_look_from_its_start_on(process):
    process.start(SLEEPS)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        assert process.is_running()


def test_it_is_found_again_by_its_folder(process):
    process.start(SLEEPS)
    assert Process(process.folder).pid() == process.pid()


def test_what_is_killed_does_not_run(process):
    process.start(SLEEPS)
    process.kill()
    assert not process.is_running()


def test_one_that_has_its_old_id_is_another(process):
    process.start(SLEEPS)
    began = (process.folder / "pid").read_text().split()[1]
    (process.folder / "pid").write_text(f"{os.getpid()} {began}")
    assert not process.is_running()
    (process.folder / "pid").unlink()


def test_one_that_ends_before_it_is_ready_is_told_of(process):
    process.start([sys.executable, "-c", ""])
    with pytest.raises(NotRunning, match="did not start"):
        process.wait(lambda: False, 30)
