"""Projectors and rebuilds killed at length: ``python -m tests.kills --kills 100 --log both --views both``."""

import argparse
import random
import sys
import tempfile
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from tests.kills.places import places
from tests.kills.run import run
from tests.servers.kafka import running
from tests.servers.postgres import own_postgres

CHILDREN = 12


def main() -> None:
    """Run each pair of places for log and views, and print what was killed and what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="for each pair of log and views")
    parser.add_argument("--seed", type=int, help="of what is killed, and when, and of the facts")
    parser.add_argument("--log", choices=("sqlite", "kafka", "both"), default="both")
    parser.add_argument("--views", choices=("sqlite", "postgresql", "both"), default="both")
    asked = parser.parse_args()
    seed = random.randrange(10**6) if asked.seed is None else asked.seed
    logs = ("sqlite", "kafka") if asked.log == "both" else (asked.log,)
    views = ("sqlite", "postgresql") if asked.views == "both" else (asked.views,)
    is_well = True
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        kafka = stack.enter_context(running(folder / "kafka", 1)) if "kafka" in logs else None
        server = stack.enter_context(own_postgres(folder / "postgres")) if "postgresql" in views else None
        for log, view in product(logs, views):
            where = places(
                folder / f"{log}-{view}",
                kafka if log == "kafka" else None,
                server if view == "postgresql" else None,
            )
            print(f"{where.name}, seed {seed}", flush=True)
            report = run(
                where,
                seed=seed,
                kills=asked.kills,
                children=CHILDREN,
                tell=lambda said: print(said, flush=True),
            )
            print(report.told(), flush=True)
            is_well = is_well and not report.violations
    print("No violation." if is_well else f"There are violations; --seed {seed} draws the same again.")
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
