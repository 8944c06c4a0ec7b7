"""Whenever projectors and rebuilds are killed, and the database too, the views end in the same bytes."""

import random

import pytest

from tests.kills.deck import What
from tests.kills.places import places
from tests.kills.run import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHILDREN = 4
OF_EACH_KIND = len(What)
"""So many kills are one of each kind, while builds are half filled."""


def killed(where, restarts):
    report = run(where, seed=random.randrange(10**6), kills=OF_EACH_KIND, children=CHILDREN)
    print(report.told())
    assert report.violations == []
    assert [what for what in What if not report.half_filled(what)] == []
    assert report.killed.total() == OF_EACH_KIND
    assert bool(report.restarts) is restarts
    assert report.rows > report.facts > 0


def test_with_log_and_views_in_files(tmp_path):
    killed(places(tmp_path / "run", None, None), restarts=False)


def test_with_the_log_on_kafka_and_views_in_a_postgresql_that_is_killed_too(
    tmp_path, kafka_broker, breakable_postgres
):
    killed(places(tmp_path / "run", kafka_broker, breakable_postgres), restarts=True)
