"""Facts of the log, page by page, in the order in which they were recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from domain.catalogue import PREFIX
from domain.history import Recorded
from infra.codec import Codec
from infra.errors import Unreadable
from infra.log.commit import LogNotification
from infra.log.in_order import in_order
from services.timeline import instant_json

SCANNED = 5_000
"""Records read for one page at most: a page may be short, and still have a next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which facts are asked for; None of a field wants any. The instants bound when they were recorded.

    ``after`` has the number of the last fact of each partition that is not wanted any more; empty, all are.
    """

    subject: str | None = None
    type: str | None = None
    source: str | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None
    after: tuple[int, ...] = ()
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Facts, and the numbers after which to ask for more (None: there are none)."""

    facts: list[dict[str, Any]]
    next: tuple[int, ...] | None


class Log(Protocol):
    """What listing asks of the log."""

    @property
    def partitions(self) -> int: ...
    def select_events(self, originator_id: str) -> Sequence[LogNotification]: ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def page(
        self, partition: int, after: int, limit: int, topics: Sequence[str] = ...
    ) -> Sequence[LogNotification]: ...
    def known_by(self, known_at: datetime) -> tuple[int, ...]: ...


def page(log: Log, codec: Codec, wanted: Wanted) -> Page:
    """A page of facts. A record that cannot be read is left out: it is on the list of what was set aside."""
    after = list(wanted.after or (0,) * log.partitions)
    if wanted.recorded_from is not None:
        after = list(map(max, after, log.known_by(wanted.recorded_from - timedelta(microseconds=1))))
    facts: list[dict[str, Any]] = []
    scanned = 0
    for record in _records(log, wanted, tuple(after)):
        if wanted.recorded_before is not None and record.recorded_at >= wanted.recorded_before:
            return Page(facts, None)
        if len(facts) == wanted.limit or scanned == SCANNED:
            return Page(facts, tuple(after))
        scanned += 1
        after[record.partition] = record.id
        try:
            fact = codec.decode(record)
        except Unreadable:
            continue
        if wanted.source is None or fact.source == wanted.source:
            facts.append(fact_json(fact))
    return Page(facts, None)


def _records(log: Log, wanted: Wanted, after: tuple[int, ...]) -> Iterator[LogNotification]:
    topics = () if wanted.type is None else (wanted.type,)
    if wanted.subject is None:
        return in_order(log, after, topics, wanted.limit + 1)
    return (
        record
        for record in log.select_events(wanted.subject)
        if record.id > after[record.partition] and (not topics or record.topic in topics)
    )


def fact_json(fact: Recorded) -> dict[str, Any]:
    """A fact of the log as JSON values."""
    return {
        "type": PREFIX + fact.type,
        "source": fact.source,
        "id": fact.id,
        "subject": fact.stream,
        "time": fact.time,
        "occurred_on": fact.occurred_on.text,
        "entered_at": None if fact.entered_at is None else instant_json(fact.entered_at),
        "recorded_at": instant_json(fact.recorded_at),
        "version": fact.version,
        "position": {"partition": fact.partition, "offset": fact.offset},
        "data": fact.data,
        "extensions": fact.extensions,
        "historic": fact.historic,
        "erased": fact.is_erased,
    }
