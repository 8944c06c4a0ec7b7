"""Walking the whole log, and saying what in it is not as it must be."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from infra.codec import Codec
from infra.errors import Tampered, Unreadable
from infra.log.commit import LogNotification
from services.record import commit_id

PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be: at which offset of the log, and what."""

    offset: int
    what: str


class Log(Protocol):
    """What verifying asks of the log."""

    def select_notifications(
        self, start: int | None, limit: int, *, inclusive_of_start: bool = ...
    ) -> Sequence[LogNotification]: ...
    def find_all(self, commit_ids: Iterable[bytes]) -> dict[bytes, tuple[LogNotification, ...]]: ...
    def max_notification_id(self) -> int | None: ...


def verify(
    log: Log, codec: Codec, tell: Callable[[int, int], object] = lambda done, of: None
) -> Iterator[Fault]:
    """Every fault of the log, from its first record to the last it has when this begins.

    Each record must follow the one before it (its number, the version in its stream, and no earlier time), be
    a fact that can be read and was not tampered with, and be found again under its source and id.
    """
    end = log.max_notification_id() or 0
    last, versions = 0, dict[str, int]()
    earliest: datetime | None = None
    while last < end:
        page = log.select_notifications(last, PAGE, inclusive_of_start=False)
        if not page:
            yield Fault(last, f"the log ends here, before its last record at offset {end - 1}")
            return
        identities: dict[bytes, LogNotification] = {}
        for record in page:
            stream = str(record.originator_id)
            if record.id != last + 1:
                yield Fault(record.offset, f"follows offset {last - 1}: what was between them is gone")
            if record.originator_version != versions.get(stream, 0) + 1:
                yield Fault(
                    record.offset, f"is version {record.originator_version} after {versions.get(stream, 0)}"
                )
            if earliest is not None and record.recorded_at < earliest:
                yield Fault(record.offset, "was recorded before the one before it")
            last, versions[stream], earliest = record.id, record.originator_version, record.recorded_at
            try:
                fact = codec.decode(record)
            except (Unreadable, Tampered) as error:
                yield Fault(record.offset, str(error))
            else:
                identities[commit_id(fact.source, fact.id)] = record
        found = log.find_all(identities)
        for identity, record in identities.items():
            if [stored.id for stored in found.get(identity, ())] != [record.id]:
                yield Fault(record.offset, "is not what the log finds under its source and id")
        tell(last, end)
