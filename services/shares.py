"""Work on all streams of the log in shares, in as many processes as there are cores where that pays."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from itertools import islice
from typing import TypeVar

from services.compose import Parts
from services.held import HeldCodec, HeldLog, HeldRows, read_rows
from services.histories import Histories
from services.workers import beside, own_parts, tidy, workers

STREAMS_IN_A_SHARE = 500
PAYS_FROM_STREAMS = 3_000
"""From so many streams on, starting processes takes less than it spares."""

Tell = Callable[[int, int], None]
"""Told how many of how many streams are done."""

Answer = TypeVar("Answer")
Ask = TypeVar("Ask")


def of_shares(
    parts: Parts, work: Callable[[Parts, Sequence[str], Ask], Answer], ask: Ask, tell: Tell
) -> Iterator[Answer]:
    """What some work makes of each share of the streams, in any order, telling how far it is."""
    streams = list(parts.log.streams())
    shares = [tuple(share) for share in _shared(streams)]
    done = 0
    if len(streams) < PAYS_FROM_STREAMS:
        for share in shares:
            yield work(parts, share, ask)
            done += len(share)
            tell(done, len(streams))
        return
    with workers(parts.config, os.cpu_count() or 1) as executor:
        running = {executor.submit(_at_work, work, share, ask): len(share) for share in shares}
        for future in as_completed(running):
            yield future.result()
            done += running.pop(future)
            tell(done, len(streams))


def _shared(streams: Sequence[str]) -> Iterator[Sequence[str]]:
    rest = iter(streams)
    while share := list(islice(rest, STREAMS_IN_A_SHARE)):
        yield share


def _at_work(work: Callable[[Parts, Sequence[str], Ask], Answer], share: Sequence[str], ask: Ask) -> Answer:
    try:
        return work(own_parts(), share, ask)
    finally:
        tidy()


def held_histories(parts: Parts, streams: Sequence[str]) -> Histories:
    """Histories that have some streams in memory."""
    return histories_of(parts, read_rows(parts.log, streams))


def histories_of(parts: Parts, held: HeldRows, unasked: frozenset[str] = frozenset()) -> Histories:
    """Histories of what is held; marks of kinds that are ``unasked`` bear on nothing that is asked."""
    kept = beside()
    log = HeldLog(parts.log, parts.columnar, parts.log.heads(), held, kept.others, unasked)
    return Histories(log, HeldCodec(parts.columnar), parts.calendar, parts.policy, kept.supervised)
