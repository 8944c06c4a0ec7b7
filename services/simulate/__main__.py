"""``python -m services.simulate``: an invented authority on standard output, or in figures."""

import argparse
import sys
from datetime import date
from pathlib import Path

from infra.holidays import england
from services.simulate.simulation import FROM_DATE, PRACTICE_FROM, TO_DATE, simulate
from services.simulate.summary import summary


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.simulate", description=__doc__)
    parser.add_argument("--children", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="from_date", type=date.fromisoformat, default=FROM_DATE)
    parser.add_argument("--to", dest="to_date", type=date.fromisoformat, default=TO_DATE)
    parser.add_argument("--practice-from", type=date.fromisoformat, default=PRACTICE_FROM)
    parser.add_argument("--richness", type=float, default=1.0, help="how many times as many visits as usual")
    parser.add_argument("--showcase", action="store_true", help="begin with the worked example, C1001")
    parser.add_argument("--out", type=Path, help="write to this file, not to standard output")
    parser.add_argument("--summary", action="store_true", help="print figures, not events")
    given = parser.parse_args(arguments)
    try:
        lines = simulate(
            given.children,
            given.seed,
            given.from_date,
            given.to_date,
            given.practice_from,
            showcase=given.showcase,
            richness=given.richness,
        )
    except ValueError as error:
        parser.error(str(error))
    if given.summary:
        for line in summary(lines, given.to_date, england()):
            print(line)
    elif given.out:
        with given.out.open("wb") as file:
            file.writelines(lines)
    else:
        sys.stdout.buffer.writelines(lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
