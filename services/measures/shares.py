"""A past question put to shares of the streams, in as many processes as there are cores where that pays."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from itertools import islice
from typing import TypeVar

from domain.question import Question
from infra.columnar import ColumnarCodec
from projections.projection import Case
from services.compose import Parts
from services.held import HeldCodec, HeldLog, read_rows
from services.histories import Histories
from services.measures.past import Ask, Part, Tell, cases_of, count_cases, nothing_of
from services.workers import own_parts, workers

STREAMS_IN_A_SHARE = 250
PAYS_FROM_STREAMS = 3_000
"""From so many streams on, starting processes takes less than it spares."""

Answer = TypeVar("Answer")


def past_part(parts: Parts, ask: Ask, tell: Tell) -> Part:
    """All that is counted, and the rows that are made by looking across."""
    whole = nothing_of(ask)
    for part in of_shares(parts, _count_share, ask, tell):
        whole.take(part)
    return whole


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
    return work(own_parts(), share, ask)


def _count_share(parts: Parts, streams: Sequence[str], ask: Ask) -> Part:
    return count_cases(held_cases(parts, streams, ask.wanted.asked.question), ask)


def held_cases(parts: Parts, streams: Sequence[str], question: Question) -> Iterator[Case]:
    """Some streams with a question put to each, read from the log at once."""
    return cases_of(streams, held_histories(parts, streams), question)


def held_histories(parts: Parts, streams: Sequence[str]) -> Histories:
    """Histories that have some streams in memory."""
    codec = ColumnarCodec(parts.codec)
    log = HeldLog(parts.log, codec, parts.log.heads(), read_rows(parts.log, streams))
    return Histories(log, HeldCodec(codec), parts.calendar, parts.policy)
