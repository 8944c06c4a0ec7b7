"""The hypothesis profile of every test (HYPOTHESIS_PROFILE; ``ci`` where CI is set), the real servers, and
which tests run where.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.shared import folder_of_run

# No deadline in either: the cores are shared, and a slow machine is not a broken rule.
settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "explore"))

pytest_plugins = ("tests.servers.kafka", "tests.servers.postgres")

SLOW_S = 10.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that are given the longest, lest a worker be left with one of them at the end."""
    given_s: dict[Path, float] = {}
    for item in items:
        timeout = item.get_closest_marker("timeout")
        slow_s = SLOW_S if item.get_closest_marker("slow") else 0.0
        given_s[item.path] = given_s.get(item.path, 0.0) + (timeout.args[0] if timeout else slow_s)
    items.sort(key=lambda item: -given_s[item.path])


@pytest.fixture(scope="module", autouse=True)
def _one_worker_runs_all_of_a_file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a file's tests share is made once, and none takes it away from under another."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        note = folder_of_run(tmp_path_factory, "files") / request.node.nodeid.replace("/", ".")
        with note.open("a+") as told:
            told.write(f"{worker}\n")
            told.seek(0)
            assert set(told) == {f"{worker}\n"}, "run with --dist loadfile"
