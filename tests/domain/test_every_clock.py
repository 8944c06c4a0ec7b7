"""The engine against the slow reference on every timescale, and no fact ever hiding time on any."""

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from tests.domain.every_clock import Engine, Simulated, days_of_interest, differences, differences_of_two
from tests.reference.coverage import is_held_from_now_on
from tests.reference.every_coverage import is_a_stop_of_its_own, uncovered
from tests.reference.every_history import (
    Seeded,
    every_history,
    every_insertion,
    seeded,
    two_references,
)
from tests.reference.true_clock import Reading

SEEDS, SEEDS_AT_ONCE = 500, 100
CHILDREN_READ = 80
MERGES = 30
searching = settings(
    max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


@searching
@given(every_history(most_amendments=2), st.data())
def test_every_clock_of_any_history_agrees_with_the_slow_reference(history, data):
    days = days_of_interest([*history.facts, *history.held])
    asked = data.draw(st.sets(st.sampled_from(days), min_size=1, max_size=4))
    assert differences(history.facts, history.held, asked) == []


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_AT_ONCE))
def test_every_clock_of_long_histories_agrees_with_the_slow_reference(first):
    for seed in range(first, first + SEEDS_AT_ONCE):
        history = seeded(seed, most=24, most_amendments=seed % 3)
        days = days_of_interest([*history.facts, *history.held])
        assert differences(history.facts, history.held, days[seed % 3 :: 3]) == [], seed


def test_every_clock_of_two_references_that_are_one_child_agrees_with_the_slow_reference():
    for seed in range(MERGES):
        assert differences_of_two(two_references(Seeded(seed))) == [], seed


def test_every_clock_of_a_simulated_authority_agrees_with_the_slow_reference():
    simulated = Simulated(CHILDREN_READ, seed=7)
    assert [line for child in simulated.children for line in simulated.differences(child)] == []
    assert simulated.differences_elsewhere() == []


@searching
@given(every_insertion())
def test_no_fact_shortens_ends_or_hides_any_clock_on_any_day(drawn):
    before, after, inserted = drawn
    read_before, read_after = (Reading(h.facts, held=h.held) for h in (before, after))
    assume(not is_held_from_now_on(read_before.held_ones(), read_after.held_ones(), inserted))
    told = [read_before.facts_as_read(), read_after.facts_as_read()]
    engine_before, engine_after = (Engine(h.facts, h.held) for h in (before, after))
    note(f"inserted {inserted}")
    for day in days_of_interest([*after.facts, *after.held]):
        if not any(is_a_stop_of_its_own(as_read, inserted, day) for as_read in told):
            assert uncovered(engine_before.at(day), engine_after.at(day), day) == [], day
