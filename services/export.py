"""The facts of the log as CloudEvents, a line each, as they came in."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

from domain.catalogue import ASKED, PREFIX
from infra.codec import Codec
from infra.incoming import Incoming
from infra.keys import Erased
from infra.log.commit import LogNotification
from infra.log.in_order import in_order

_encode = msgspec.json.Encoder().encode


class Log(Protocol):
    """What exporting asks of the log."""

    @property
    def partitions(self) -> int: ...
    def select_events(self, originator_id: str) -> Sequence[LogNotification]: ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def page(
        self, partition: int, after: int, limit: int, topics: Sequence[str] = ...
    ) -> Sequence[LogNotification]: ...


def exported(log: Log, codec: Codec, stream: str | None = None) -> Iterator[bytes]:
    """The reported facts of the log, or of one stream, in log order, each a line of JSON.

    Rulings are left out, for they cannot be reported; so is what was erased.
    """
    records: Iterable[LogNotification] = in_order(log) if stream is None else log.select_events(stream)
    for record in records:
        try:
            fact = codec.as_reported(record)
        except Erased:
            continue
        if fact.type not in ASKED:
            yield _encode(cloud_event(fact)) + b"\n"


def cloud_event(fact: Incoming) -> dict[str, Any]:
    """A fact as the structured CloudEvent that it came in as."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": PREFIX + fact.type,
        "subject": fact.stream,
        "time": fact.time,
        "recordedtime": fact.recordedtime,
        "dataschema": fact.dataschema,
        **fact.extensions,
        "data": fact.data,
    }
    return {name: value for name, value in event.items() if value is not None}
