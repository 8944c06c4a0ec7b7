"""The events of all partitions as one list, in the order in which they were recorded."""

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from infra.log.commit import LogNotification

PAGE = 1_000


class Log(Protocol):
    """What reading in order asks of the log."""

    @property
    def partitions(self) -> int: ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def page(
        self, partition: int, after: int, limit: int, topics: Sequence[str] = ...
    ) -> Sequence[LogNotification]: ...


def in_order(
    log: Log, after: Sequence[int] = (), topics: Sequence[str] = (), first_page: int = PAGE
) -> Iterator[LogNotification]:
    """The events that count after so many of each partition; the first read of each is of ``first_page``."""
    started = after or (0,) * log.partitions
    parts = [_events(log, partition, number, topics, first_page) for partition, number in enumerate(started)]
    events = parts[0] if len(parts) == 1 else heapq.merge(*parts, key=_place)
    doubles = {(event.partition, event.id) for event in log.doubles()}
    return (event for event in events if (event.partition, event.id) not in doubles) if doubles else events


def _events(
    log: Log, partition: int, after: int, topics: Sequence[str], size: int
) -> Iterator[LogNotification]:
    while page := log.page(partition, after, size, topics):
        yield from page
        after = page[-1].id
        size = PAGE


def _place(event: LogNotification) -> tuple[datetime, int, int]:
    return event.recorded_at, event.partition, event.id
