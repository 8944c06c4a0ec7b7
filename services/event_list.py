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
from services.timeline import instant_json

SCANNED = 5_000
"""Records read for one page at most: a page may be short, and still have a next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which facts are asked for; None of a field wants any. The instants bound when they were recorded.

    ``after`` is the number of the last fact that is not wanted any more.
    """

    subject: str | None = None
    type: str | None = None
    source: str | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None
    after: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Facts, and the number after which to ask for more (None: there are none)."""

    facts: list[dict[str, Any]]
    next: int | None


class Log(Protocol):
    """What listing asks of the log."""

    def select_events(self, originator_id: str) -> Sequence[LogNotification]: ...
    def select_notifications(
        self, start: int | None, limit: int, *, topics: Sequence[str] = ..., inclusive_of_start: bool = ...
    ) -> Sequence[LogNotification]: ...
    def known_by(self, known_at: datetime) -> int: ...


def page(log: Log, codec: Codec, wanted: Wanted) -> Page:
    """A page of facts. A record that cannot be read is left out: it is on the list of what was set aside."""
    after = wanted.after
    if wanted.recorded_from is not None:
        after = max(after, _before(log, wanted.recorded_from))
    facts: list[dict[str, Any]] = []
    scanned = 0
    for record in _records(log, wanted, after):
        if wanted.recorded_before is not None and record.recorded_at >= wanted.recorded_before:
            return Page(facts, None)
        if len(facts) == wanted.limit or scanned == SCANNED:
            return Page(facts, after)
        scanned += 1
        after = record.id
        try:
            fact = codec.decode(record)
        except Unreadable:
            continue
        if wanted.source is None or fact.source == wanted.source:
            facts.append(fact_json(fact))
    return Page(facts, None)


def _records(log: Log, wanted: Wanted, after: int) -> Iterator[LogNotification]:
    topics = () if wanted.type is None else (wanted.type,)
    if wanted.subject is not None:
        for record in log.select_events(wanted.subject):
            if record.id > after and (not topics or record.topic in topics):
                yield record
        return
    size = wanted.limit + 1
    while page := log.select_notifications(after, size, topics=topics, inclusive_of_start=False):
        yield from page
        after = page[-1].id
        size = 1_000


def _before(log: Log, instant: datetime) -> int:
    """The number of the last record before an instant."""
    return log.known_by(instant - timedelta(microseconds=1))


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
