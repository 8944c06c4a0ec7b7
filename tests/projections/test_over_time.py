"""What is told of a child over time is what is answered as at each of its days."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from domain.pieces import pieces
from domain.question import Question
from services.simulate.simulation import simulate
from tests.authority_of_facts import put, service_in
from tests.domain.reference_facts import as_recorded
from tests.projections.asked_each_day import pieces_of, told_otherwise
from tests.projections.put_right import crowded, one_child, two_children
from tests.reference.every_history import CHILD
from tests.reference.histories import histories

TODAY = date(2019, 10, 22)
searching = settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))


@searching
@given(histories(most_amendments=3))
def test_needs_and_what_amends_them_are_told_as_asked(facts):
    assert told_otherwise(CHILD, as_recorded(facts)) is None


@pytest.mark.parametrize("seed", range(0, 160, 8))
def test_every_clock_corrected_withdrawn_and_ruled_on_is_told_as_asked(seed):
    for one in range(seed, seed + 8):
        assert told_otherwise(CHILD, one_child(one)) is None, one


@pytest.mark.parametrize("seed", range(0, 24, 4))
def test_two_references_that_are_one_child_for_a_while_are_told_as_asked(seed):
    for one in range(seed, seed + 4):
        children, facts = two_children(one)
        assert [told_otherwise(child, facts) for child in children] == [None, None], one


@pytest.mark.parametrize("seed", range(0, 60, 10))
def test_what_later_facts_turn_the_order_of_is_told_as_asked(seed):
    assert [told_otherwise(CHILD, crowded(one)) for one in range(seed, seed + 10)] == [None] * 10


def test_an_order_that_later_facts_turn_is_noticed():
    """Read in one go, each of these would be told otherwise."""
    for seed in (520, 544, 592):
        assert not all(piece.reads_day_by_day for piece in pieces_of(CHILD, crowded(seed))), seed
        assert told_otherwise(CHILD, crowded(seed)) is None, seed


def test_every_child_of_a_believable_authority_is_read_day_by_day(tmp_path):
    with service_in(tmp_path, TODAY.isoformat()) as service:
        put(service, list(simulate(120, 7, showcase=True)))
        for stream in service.log.streams():
            history = service.histories.of(stream)
            assert history is not None
            case = service.histories.case(history, Question(TODAY))
            for piece in pieces(
                stream, case.amended, case.follows, date(2017, 6, 1), TODAY, case.calendar, case.policy
            ):
                assert piece.reads_day_by_day, (stream, piece.since)
