"""Records without ids are paired by start, and what is left in order, at the least distance."""

from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.alignment import match_equal, match_in_order

DAYS = st.lists(st.integers(0, 30), max_size=6).map(
    lambda offsets: [date(2024, 1, 1) + timedelta(days=offset) for offset in sorted(offsets)]
)


def days(*numbers: int) -> list[date]:
    return [date(2024, 1, number) for number in numbers]


def distance(pairs, earlier, later):
    return sum(abs((earlier[i] - later[j]).days) for i, j in pairs)


@given(DAYS, DAYS)
def test_the_shorter_list_is_paired_whole_in_order_and_no_pairing_is_closer(earlier, later):
    pairs = match_in_order(earlier, later)
    few = min(len(earlier), len(later))
    assert len(pairs) == few
    assert pairs == sorted(pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == few
    every = (
        list(zip(left, right, strict=True))
        for left in combinations(range(len(earlier)), few)
        for right in combinations(range(len(later)), few)
    )
    assert distance(pairs, earlier, later) == min(distance(one, earlier, later) for one in every)


def test_the_nearest_is_paired_and_the_far_one_left():
    assert match_in_order(days(10), days(1, 11, 30)) == [(0, 1)]
    assert match_in_order(days(1, 11, 30), days(10)) == [(1, 0)]


def test_of_equally_near_ones_the_first_is_paired():
    assert match_in_order(days(10), days(9, 11)) == [(0, 0)]


def test_equals_are_paired_before_what_is_only_alike():
    pairs = match_equal(
        [("a", 1), ("a", 2)],
        [("a", 2), ("a", 3)],
        [(lambda one: one, lambda other: other), (lambda one: one[0], lambda other: other[0])],
    )
    assert pairs == [(("a", 2), ("a", 2)), (("a", 1), ("a", 3))]
