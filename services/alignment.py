"""Which record of one snapshot is which record of the next, where records carry no ids of their own."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def match_equal(
    earlier: Sequence[A],
    later: Sequence[B],
    keys: Sequence[tuple[Callable[[A], Hashable], Callable[[B], Hashable]]],
) -> list[tuple[A, B]]:
    """Pair what has equal keys, in order; first by the first of ``keys``, then what is left by the next."""
    pairs: list[tuple[A, B]] = []
    left_earlier, left_later = list(earlier), list(later)
    for key_earlier, key_later in keys:
        waiting: dict[Hashable, list[A]] = {}
        for one in left_earlier:
            waiting.setdefault(key_earlier(one), []).append(one)
        still_later: list[B] = []
        taken: set[int] = set()
        for other in left_later:
            same = waiting.get(key_later(other))
            if same:
                one = same.pop(0)
                taken.add(id(one))
                pairs.append((one, other))
            else:
                still_later.append(other)
        left_earlier = [one for one in left_earlier if id(one) not in taken]
        left_later = still_later
    return pairs


def match_in_order(earlier: Sequence[date], later: Sequence[date]) -> list[tuple[int, int]]:
    """Pair dates in order so that the shorter list is paired whole and the days between the pairs are fewest
    in sum.

    Both must be sorted. Returns the places paired; of equally good pairings, the one that pairs the earliest
    places.
    """
    if len(earlier) > len(later):
        return sorted((i, j) for j, i in match_in_order(later, earlier))
    few, many = len(earlier), len(later)
    spare = many - few
    # costs[i][k]: the least sum for the first i of the shorter list, with k of the longer list passed over.
    costs = [[0] * (spare + 1)]
    for i in range(few):
        row: list[int] = []
        for k in range(spare + 1):
            paired = costs[i][k] + abs((earlier[i] - later[i + k]).days)
            row.append(paired if k == 0 else min(paired, row[k - 1]))
        costs.append(row)
    pairs: list[tuple[int, int]] = []
    k = spare
    for i in range(few, 0, -1):
        while k and costs[i][k] == costs[i][k - 1]:
            k -= 1
        pairs.append((i - 1, i - 1 + k))
    return pairs[::-1]
