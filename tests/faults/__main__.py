"""Faults at length, and what the checker finds: ``python -m tests.faults --minutes 10 --brokers 3``."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.network import Network, networked
from tests.faults.run import run

ROUND_S = 120.0


def main() -> None:
    """Run one round after another, each on a topic of its own, and print a summary."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of faults, for each number of brokers")
    parser.add_argument("--brokers", type=int, choices=(1, 3), help="without it, first one and then three")
    parser.add_argument("--seed", type=int, help="of the first round; the next have the numbers after it")
    asked = parser.parse_args()
    seed = random.randrange(10**6) if asked.seed is None else asked.seed
    is_well = True
    for brokers in (1, 3) if asked.brokers is None else (asked.brokers,):
        with tempfile.TemporaryDirectory() as name, networked(Path(name) / "kafka", brokers) as network:
            if not network.links:
                print("This machine makes no network namespaces: no broker is cut off.", file=sys.stderr)
            is_well = rounds(network, Path(name), seed, asked.minutes * 60) and is_well
    print("No violation." if is_well else "There are violations; the seed above brings them back.")
    sys.exit(0 if is_well else 1)


def rounds(network: Network, folder: Path, seed: int, seconds: float) -> bool:
    """One round after another for so long; whether nothing was found in any."""
    is_well = True
    while seconds > 0:
        began = time.monotonic()
        report = run(network, folder / f"round-{seed}", seed=seed, seconds=min(seconds, ROUND_S))
        print(report.told(), f"  {time.monotonic() - began:.0f} s", sep="\n", flush=True)
        is_well = is_well and not report.violations
        seconds -= ROUND_S
        seed += 1
    return is_well


if __name__ == "__main__":
    main()
