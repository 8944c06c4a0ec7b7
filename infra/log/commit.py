"""What is handed to the log, and what the log answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec
from eventsourcing.persistence import Notification, OperationalError, Tracking

from infra.errors import Tampered


class Own(Enum):
    """Stands for the versions that stored events carry themselves."""

    OWN = "own"


OWN: Final = Own.OWN


class Event(Protocol):
    """An event as it is handed over: eventsourcing's StoredEvent, or a NewEvent."""

    @property
    def originator_id(self) -> Any: ...
    @property
    def originator_version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def state(self) -> bytes: ...


# Here and below a Struct, which takes far less time to make: there is one for every event.
class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event whose version the log assigns."""

    originator_id: str
    topic: str
    state: bytes
    originator_version: int = 0


class Commit(msgspec.Struct, frozen=True, gc=False):
    """Events that are stored together or not at all, under an id that is stored once.

    ``expected_version``: the head that every stream of the commit must have; None: any, and versions
    are assigned in log order; ``OWN``: the versions in the events are the ones they must get.
    ``marks``: (kind, value, extra), kept with the first event: what streams share, to find them by.
    ``tracking``: how far the writer has read elsewhere, stored with the events; it must rise. A commit of
    tracking alone is known by that, and not by its id.
    """

    id: bytes
    events: tuple[Event, ...]
    expected_version: int | Literal[Own.OWN] | None = OWN
    marks: tuple[tuple[str, str, str], ...] = ()
    tracking: Tracking | None = None


@dataclass(frozen=True, init=False)
class LogNotification(Notification):
    """An event as the log holds it: its place, and the aware UTC instant at which it was appended."""

    partition: int
    offset: int
    recorded_at: datetime

    # Written out as it is made for every event read or written, and the generated one takes twice the time.
    def __init__(
        self,
        originator_id: UUID | str,
        originator_version: int,
        topic: str,
        state: bytes,
        id: int,
        partition: int,
        offset: int,
        recorded_at: datetime,
    ) -> None:
        fields = self.__dict__
        fields["originator_id"] = originator_id
        fields["originator_version"] = originator_version
        fields["topic"] = topic
        fields["state"] = state
        fields["id"] = id
        fields["partition"] = partition
        fields["offset"] = offset
        fields["recorded_at"] = recorded_at


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The commit counts, and is durable."""

    notifications: tuple[LogNotification, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A commit of this id counted before: here is what it stored."""

    notifications: tuple[LogNotification, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The commit does not count: read and decide again.

    ``stream`` is the first whose head, ``head``, is not the one expected (None: it is empty);
    None where versions do not follow each other, or tracking does not rise.
    """

    head: int | None = None
    stream: str | None = None


class LogUnavailable(OperationalError):
    """The log could not be reached, written or read. Wait and retry, with the same commit ids."""


class LogFull(LogUnavailable):
    """The disk is full, or fails, and takes nothing more. See to it, and retry with the same commit ids."""


class LogBusy(LogUnavailable):
    """More is waiting to be written than the log takes in. Retry later."""


class LogClosed(LogUnavailable):
    """This end of the log was closed. Open it again."""


class LogDamaged(Tampered):
    """A partition lacks what it held, or holds what it cannot: nothing is answered from it until mended."""

    def __init__(self, partition: int, said: str) -> None:
        super().__init__(said)
        self.partition = partition


Outcome = Accepted | Repeated | Refused | LogDamaged
"""An error stands for a commit that nothing became of, beside others in partitions that are as they were."""


class WrongLog(ValueError):
    """The topic is not one this program may use, as it is; the message says what to do."""


def stream_of(event: Event) -> str:
    """The name a stream is stored under: UUIDs as 32 hexadecimal digits."""
    originator_id = event.originator_id
    return originator_id if isinstance(originator_id, str) else originator_id.hex


def told_nobody(events: int, seconds: float) -> None:
    """Stands for whoever is told of appends where nobody is."""
