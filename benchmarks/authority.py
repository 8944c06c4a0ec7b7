"""An invented authority, filled and built once in a folder for the benchmarks that ask things of it."""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import msgspec

from projections.catalogue import PROJECTIONS
from services.cli.rebuilding import run
from services.compose import Parts, composed
from services.config import read_config
from services.intake import incoming
from services.simulate.simulation import simulate

TODAY = date(2019, 10, 22)
CHILDREN, RICHNESS = 42_000, 20.0
"""What makes 5 million events."""

FEW_CHILDREN, LITTLE_RICHNESS = 1_500, 3.0
AT_ONCE = 5_000
RESULTS = Path(__file__).parent / "results"


@contextmanager
def authority(arguments: Sequence[str] | None, says: str | None) -> Iterator[tuple[Parts, int]]:
    """The service with an authority in its log and its views, and how many events it has."""
    parser = argparse.ArgumentParser(description=says)
    parser.add_argument("--small", action="store_true", help="a hundredth of the events, in minutes")
    parser.add_argument("--folder", type=Path, help="where the authority is kept, and found the next time")
    asked = parser.parse_args(arguments)
    children, richness = (FEW_CHILDREN, LITTLE_RICHNESS) if asked.small else (CHILDREN, RICHNESS)
    folder = asked.folder or RESULTS / f"authority-{children}"
    folder.mkdir(parents=True, exist_ok=True)
    config = read_config({"CASETIMELINE_DATA": str(folder), "CASETIMELINE_TODAY": TODAY.isoformat()})
    with composed(config) as parts:
        if not (filled := folder / "filled").exists():
            # What a run before this one told, and was stopped, is told again and changes nothing.
            _fill(parts, children, richness)
            filled.touch()
        events = sum(parts.log.heads())
        seconds = 0.0
        if any(one.lag(parts.log.heads()) for one in parts.views.positions()):
            began = time.perf_counter()
            run(parts, config, [projection.name for projection in PROJECTIONS])
            seconds = time.perf_counter() - began
        built = f"built in {seconds:.0f} s" if seconds else "built before"
        print(f"{children:,} children, {events:,} events, {built}, {_size(folder)}", flush=True)
        yield parts, events


def _fill(parts: Parts, children: int, richness: float) -> None:
    lines = iter(simulate(children, 7, richness=richness))
    now = datetime.now(UTC)
    while batch := [msgspec.json.decode(line) for line in islice(lines, AT_ONCE)]:
        parts.recording.record([incoming(event, now, historic=False) for event in batch])


def _size(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.glob("views*"))
    return f"{size / 1e6:,.0f} MB of views"


def held_to(seconds: float, at_most_s: float) -> str:
    """What marks a figure that took longer than it is to take."""
    return f"  OVER {at_most_s:g} s" if seconds > at_most_s else ""
