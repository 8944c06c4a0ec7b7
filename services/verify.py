"""Walking the whole log, and saying what in it is not as it must be."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from infra.codec import Codec
from infra.errors import Tampered, Unreadable
from infra.log.commit import LogDamaged, LogNotification
from services.ready import commit_id

PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be: at which partition and offset of the log, and what."""

    partition: int
    offset: int
    what: str


class Log(Protocol):
    """What verifying asks of the log."""

    def heads(self) -> tuple[int, ...]: ...
    def page(self, partition: int, after: int, limit: int) -> Sequence[LogNotification]: ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def faults(self) -> Iterator[tuple[int, int, str]]: ...
    @property
    def damaged(self) -> Sequence[LogDamaged]: ...
    def find_all(self, commit_ids: Iterable[bytes]) -> dict[bytes, tuple[LogNotification, ...]]: ...


def verify(
    log: Log, codec: Codec, tell: Callable[[int, int], object] = lambda done, of: None
) -> Iterator[Fault]:
    """Every fault of the log, from its first record to the last it has when this begins.

    Each record must follow the one before it in its partition (its number, the version in its stream, and no
    earlier time), be a fact that can be read and was not tampered with, and be found again under its source
    and id, unless that counts in another partition.
    """
    heads = log.heads()
    for partition, offset, what in log.faults():
        yield Fault(partition, offset, what)
    damaged = {error.partition for error in log.damaged}
    before = 0
    for partition, end in enumerate(heads):
        if partition in damaged:
            # What it lacks is told above; its events cannot be read.
            continue
        for last, faults in _walk(log, codec, partition, end):
            yield from faults
            tell(before + last, sum(heads))
        before += end


def _walk(log: Log, codec: Codec, partition: int, end: int) -> Iterator[tuple[int, list[Fault]]]:
    """The faults of one partition, page by page, with the number each page goes to."""
    last, offset, versions = 0, -1, dict[str, int]()
    earliest: datetime | None = None
    while last < end:
        page = log.page(partition, last, PAGE)
        faults: list[Fault] = []

        def found(offset: int, what: str, faults: list[Fault] = faults) -> None:
            faults.append(Fault(partition, offset, what))

        if not page:
            found(offset + 1, f"the log ends here, {end - last} events before its last")
            yield end, faults
            return
        identities: dict[bytes, LogNotification] = {}
        for record in page:
            stream = str(record.originator_id)
            if record.id != last + 1:
                found(record.offset, f"follows offset {offset}: what was between them is gone")
            if record.originator_version != versions.get(stream, 0) + 1:
                found(
                    record.offset, f"is version {record.originator_version} after {versions.get(stream, 0)}"
                )
            if earliest is not None and record.recorded_at < earliest:
                found(record.offset, "was recorded before the one before it")
            last, offset = record.id, record.offset
            versions[stream], earliest = record.originator_version, record.recorded_at
            try:
                fact = codec.decode(record)
            except (Unreadable, Tampered) as error:
                found(record.offset, str(error))
            else:
                identities[commit_id(fact.source, fact.id)] = record
        stored = log.find_all(identities)
        doubles = {(one.partition, one.id) for one in log.doubles()}
        for identity, record in identities.items():
            if (partition, record.id) in doubles:
                continue
            places = [(one.partition, one.id) for one in stored.get(identity, ())]
            if places != [(partition, record.id)]:
                found(record.offset, "is not what the log finds under its source and id")
        yield last, faults
