"""While brokers and writers are killed, paused and cut off, no commit is lost, doubled or misplaced."""

import random

import pytest

from tests.faults.network import networked
from tests.faults.run import Report, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

EVERY_KIND = {"broker killed", "broker paused", "writer killed", "writer paused"}


def checked(report: Report) -> Report:
    """The report, told where a test that fails shows it."""
    print(report.told())
    return report


@pytest.fixture(scope="module")
def one_broker(tmp_path_factory):
    with networked(tmp_path_factory.mktemp("faults") / "kafka", 1) as network:
        yield network


def rage(network, folder, seconds):
    report = checked(run(network, folder / "run", seed=random.randrange(10**6), seconds=seconds))
    assert report.violations == []
    of_networks = {"broker cut off", "broker parted"} if len(network.links) > 1 else {"broker cut off"}
    assert set(report.befell) == EVERY_KIND | (of_networks if network.links else set())
    assert report.answers["ok"] and report.answers["refused"]


@pytest.mark.xdist_group("faults")
def test_with_one_broker_whatever_fails_every_answer_is_true(one_broker, tmp_path):
    rage(one_broker, tmp_path, 20)


@pytest.mark.xdist_group("faults")
def test_with_three_brokers_whatever_fails_every_answer_is_true(tmp_path):
    with networked(tmp_path / "kafka", 3) as network:
        rage(network, tmp_path, 25)


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize(
    ("broken", "sign"),
    [("check-then-produce", "acknowledged and is not there"), ("position-apart", "stands at offset")],
)
def test_a_log_that_is_broken_is_found_out(one_broker, tmp_path, broken, sign):
    for attempt in range(4):
        folder = tmp_path / f"{broken}-{attempt}"
        report = checked(run(one_broker, folder, seed=attempt, seconds=5, broken=broken, calm=True))
        if any(sign in said for said in report.violations):
            return
    pytest.fail(f"the checker found nothing wrong with {broken}")
