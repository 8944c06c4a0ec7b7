"""An invented authority for demonstrations: filled in once, and recognised later."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice

from infra.log.in_order import in_order
from services.compose import Parts
from services.intake import incoming, read
from services.reporting import Reporting
from services.simulate.simulation import TO_DATE, simulate, source

BATCH = 1_000
LAST_DAY: date = TO_DATE
"""The last day of the invented authority: what stands for today while it is shown."""


def fill(parts: Parts, children: int, seed: int, move: Callable[[int, int], object]) -> None:
    """Record the authority of a seed, the worked example in it, telling how many of its children are done."""
    report = Reporting(parts.recording, parts.now)
    seen: set[str] = set()
    lines = simulate(children, seed, showcase=True)
    for batch in _batches(lines):
        facts = [incoming(read(line), parts.now()) for line in batch]
        report.record(facts)
        seen.update(fact.stream for fact in facts)
        move(min(len(seen), children), children)


def is_invented(parts: Parts) -> bool:
    """Whether the log begins with an invented authority."""
    first = next(in_order(parts.log, first_page=1), None)
    prefix = source(0).removesuffix("0")
    return first is not None and parts.codec.decode(first).source.startswith(prefix)


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(lines, BATCH)):
        yield batch
