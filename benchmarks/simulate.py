"""How fast an invented authority is written as NDJSON, beside writing the same events with ``json.dumps``."""

import json
import statistics
import time
from collections.abc import Callable

from infra.holidays import england
from services.simulate.simulation import simulate

CHILDREN = 5_000
SEED = 1
ROUNDS = 3


def rate(write: Callable[[], int]) -> list[float]:
    """Events a second in each round; ``write`` returns how many it wrote."""
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        written = write()
        rates.append(written / (time.perf_counter() - began))
    return sorted(rates)


def simulated() -> int:
    return sum(1 for _ in simulate(CHILDREN, SEED, showcase=True))


def main() -> None:
    england()
    # Before there are a million objects about, which the garbage collector would visit while we measure.
    simulating = rate(simulated)
    events = [json.loads(line) for line in simulate(CHILDREN, SEED, showcase=True)]

    def dumped() -> int:
        return sum(1 for event in events if (json.dumps(event) + "\n").encode())

    for name, rates in (
        ("simulate: tell and write", simulating),
        ("baseline: json.dumps of the same events, told already", rate(dumped)),
    ):
        spread = f"{rates[0]:,.0f} to {rates[-1]:,.0f}"
        print(f"{name:<56} {statistics.median(rates):>9,.0f} events/s ({spread})")
    print(f"{len(events):,} events of {CHILDREN:,} children; floor asked for: 100,000 events/s")


if __name__ == "__main__":
    main()
