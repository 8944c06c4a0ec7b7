"""What amends a history is weighed over all days in one go as it is day by day."""

import pytest

from domain import true_clock
from domain.amended import Amended
from infra.holidays import england
from tests.projections.put_right import one_child, two_children
from tests.reference.every_history import CHILD


def followed(child, facts):
    upheld = true_clock.follow(child, Amended(facts), england())
    held = [(one.amendment.reference, one.code, one.targets, one.harm_on) for one in upheld.held]
    return [one.reference for one in upheld.applied], held


@pytest.fixture
def both(monkeypatch):
    def weigh(child, facts):
        in_one_go = followed(child, facts)
        with monkeypatch.context() as patched:
            patched.setattr(true_clock._Reading, "over_time", lambda *_: None)
            return in_one_go, followed(child, facts)

    return weigh


def test_amendments_of_every_clock_are_weighed_alike(both):
    held = applied = 0
    for seed in range(200):
        in_one_go, day_by_day = both(CHILD, one_child(seed))
        assert in_one_go == day_by_day, seed
        applied, held = applied + len(in_one_go[0]), held + len(in_one_go[1])
    assert applied > 60
    assert held > 20


def test_amendments_of_two_references_are_weighed_alike(both):
    for seed in range(40):
        children, facts = two_children(seed)
        for child in children:
            in_one_go, day_by_day = both(child, facts)
            assert in_one_go == day_by_day, (seed, child)
