"""``make reference``: every clock of a whole simulated authority, and of many invented histories, read by the
engine and by the slow reference. The suite reads a sample of the same; this reads all, in some minutes.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from time import monotonic

from tests.domain.every_clock import Simulated, days_of_interest, differences
from tests.reference.every_history import seeded

CHILDREN_AT_ONCE = 50
HISTORIES_AT_ONCE = 250
SHOWN = 40


@cache
def _simulated(children: int, seed: int) -> Simulated:
    return Simulated(children, seed)


def of_children(children: int, seed: int, first: int, days: int) -> list[str]:
    """The differences of some of the children, ``first`` and on, each read on so many random days."""
    simulated = _simulated(children, seed)
    asked = simulated.children[first : first + CHILDREN_AT_ONCE]
    return [line for child in asked for line in simulated.differences(child, days)]


def of_histories(first: int, last: int) -> list[str]:
    """The differences of the histories of some seeds, each read on every day on which something is told."""
    found = []
    for seed in range(first, last):
        history = seeded(seed, most=24, most_amendments=seed % 3)
        days = days_of_interest([*history.facts, *history.held])
        found += [f"seed {seed} {line}" for line in differences(history.facts, history.held, days)]
    return found


def all_differences(children: int, seed: int, days: int, histories: int, workers: int) -> Iterator[list[str]]:
    with ProcessPoolExecutor(workers) as pool:
        parts = [
            pool.submit(of_children, children, seed, first, days)
            for first in range(0, children, CHILDREN_AT_ONCE)
        ]
        parts += [
            pool.submit(of_histories, first, min(first + HISTORIES_AT_ONCE, histories))
            for first in range(0, histories, HISTORIES_AT_ONCE)
        ]
        for number, part in enumerate(parts, start=1):
            yield part.result()
            print(f"{number} of {len(parts)} parts", file=sys.stderr, flush=True)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the comparison. Returns 1 where the two differ, and prints where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=20, help="random days on which each child is read")
    parser.add_argument("--histories", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(None if arguments is None else list(arguments))
    began_s = monotonic()
    parts = all_differences(given.children, given.seed, given.days, given.histories, given.workers)
    found = [line for part in parts for line in part]
    for line in found[:SHOWN]:
        print(line)
    print(
        f"{given.children:,} children on {given.days} days each and {given.histories:,} histories: "
        f"{len(found):,} differences ({monotonic() - began_s:.0f} s)"
    )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
