"""What is told of the intake: how far it is, what became of what was published, and what was set aside."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.intake.tally import Tally
from infra.kafka_place import KafkaPlace
from services.timeline import instant_json

if TYPE_CHECKING:
    from infra.intake.aside import Aside
    from infra.intake.standing import Standing


class IntakeReads:
    """Reads of the intake's topics. Each raises Unavailable where no broker tells.

    Kafka's client takes long to import: it is imported by the first read.
    """

    def __init__(self, place: KafkaPlace, client: Mapping[str, Any]) -> None:
        self._place = place
        self._client = client

    def standing(self) -> dict[str, Any]:
        """How far each partition is, the sums, and how many records are kept of what was set aside."""
        from infra.intake.standing import standing

        found = standing(self._place, self._client)
        return {
            "topic": self._place.topic,
            "lag": sum(one.lag for one in found.partitions),
            "tally": asdict(sum((one.tally for one in found.partitions), Tally())),
            "set_aside": found.set_aside,
            "partitions": [_partition(one) for one in found.partitions],
        }

    def set_aside(self, after: int, limit: int) -> dict[str, Any]:
        """A page of what was set aside, after a number, and nothing of what it held."""
        found = self._page(after, limit + 1)
        more = len(found) > limit
        return {
            "set_aside": [_aside(one) for one in found[:limit]],
            "next": str(found[limit - 1].number) if more else None,
        }

    def aside_at(self, number: int) -> "Aside | None":
        """What was set aside under a number."""
        found = self._page(number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def _page(self, after: int, most: int) -> "list[Aside]":
        from infra.intake.aside import AsideReader

        return AsideReader(self._place, self._client).page(after, most)


def _partition(one: "Standing") -> dict[str, Any]:
    return {
        "partition": one.partition,
        "read_to": one.read_to,
        "end": one.end,
        "lag": one.lag,
        "tally": asdict(one.tally),
    }


def _aside(one: "Aside") -> dict[str, Any]:
    return {
        "number": one.number,
        "at": instant_json(one.at),
        "topic": one.topic,
        "position": {"partition": one.record.partition, "offset": one.record.offset},
        "kind": one.why.kind,
        "reason": one.why.detail,
        "pointer": list(one.why.pointers),
        "bytes": len(one.record.value or b""),
        "cut": one.is_cut,
    }
