"""What is told of the intake: how far it is, what became of what was published, and what was set aside."""

from dataclasses import asdict
from typing import Any

from infra.intake.aside import Aside, AsideReader
from infra.intake.standing import Standing, standing
from infra.intake.tally import Tally
from infra.kafka_place import KafkaPlace
from services.config import Config
from services.timeline import instant_json


def standing_json(place: KafkaPlace, config: Config) -> dict[str, Any]:
    """How far each partition is, and the sums. Raises Unavailable."""
    found = standing(place, config.kafka_client)
    return {
        "topic": place.topic,
        "lag": sum(one.lag for one in found),
        "tally": asdict(sum((one.tally for one in found), Tally())),
        "partitions": [_partition(one) for one in found],
    }


def _partition(one: Standing) -> dict[str, Any]:
    return {
        "partition": one.partition,
        "read_to": one.read_to,
        "end": one.end,
        "lag": one.lag,
        "tally": asdict(one.tally),
    }


def set_aside_json(place: KafkaPlace, config: Config, after: int, limit: int) -> dict[str, Any]:
    """A page of what was set aside, without what it held. Raises Unavailable."""
    found = AsideReader(place, config.kafka_client).page(after, limit + 1)
    more = len(found) > limit
    return {
        "set_aside": [_aside(one) for one in found[:limit]],
        "next": str(found[limit - 1].number) if more else None,
    }


def aside_at(place: KafkaPlace, config: Config, number: int) -> Aside | None:
    """What was set aside under a number. Raises Unavailable."""
    found = AsideReader(place, config.kafka_client).page(number - 1, 1)
    return found[0] if found and found[0].number == number else None


def _aside(one: Aside) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": instant_json(one.at),
        "topic": one.topic,
        "partition": one.record.partition,
        "offset": one.record.offset,
        "kind": one.why.kind,
        "reason": one.why.detail,
        "pointer": list(one.why.pointers),
        "bytes": len(one.record.value or b""),
        "cut": one.is_cut,
    }
