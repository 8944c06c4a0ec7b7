"""Facts as the events of an `eventsourcing` application, so that its programs can keep and read them."""

from dataclasses import dataclass

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from domain.catalogue import PREFIX
from infra.codec import Codec
from infra.incoming import Incoming


@dataclass(frozen=True, slots=True)
class FactRecorded:
    """A fact with its place in its stream, under the names that the library asks for."""

    originator_id: str
    originator_version: int
    fact: Incoming


class FactMapper(Mapper[str]):
    """A mapper over the codec. Unlike the library's own, it imports nothing that a record names."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Raises Erased as `Codec.encode` does."""
        assert isinstance(domain_event, FactRecorded)
        fact = domain_event.fact
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            PREFIX + fact.type,
            self._codec.encode(fact),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Raises Unreadable, Tampered and Erased as `Codec.as_reported` does."""
        fact = self._codec.as_reported(stored_event)
        return FactRecorded(fact.stream, stored_event.originator_version, fact)
