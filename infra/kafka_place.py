"""A topic's place as settings name it: ``kafka://host:port[,host:port]/topic``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEME = "kafka://"
REACHED_WITHIN_MS = 5_000

_PLACE = re.compile(r"kafka://(?P<servers>[^/@?#]+)/(?P<topic>[A-Za-z0-9._-]{1,200})", re.ASCII)
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class KafkaPlace:
    """A topic, and some of the brokers of its cluster as ``host:port``."""

    servers: tuple[str, ...]
    topic: str

    def __str__(self) -> str:
        return f"{SCHEME}{','.join(self.servers)}/{self.topic}"


def read_place(text: str) -> KafkaPlace:
    """The place that a setting names. Raises ValueError, saying what it must be."""
    found = _PLACE.fullmatch(text)
    servers = tuple(found["servers"].split(",")) if found else ()
    if found is None or not all(_is_server(server) for server in servers):
        raise ValueError(f"must be {SCHEME}host:port[,host:port]/topic")
    if found["topic"] in (".", ".."):
        raise ValueError("must name a topic that is neither . nor ..")
    return KafkaPlace(servers, found["topic"])


def reaching(place: KafkaPlace, client: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a client of kafka-python that reaches a place, ``client`` being those of security."""
    return {
        "bootstrap_timeout_ms": REACHED_WITHIN_MS,
        # A broker that returns is noticed within a second rather than half a minute.
        "reconnect_backoff_max_ms": 500,
        **client,
        "bootstrap_servers": list(place.servers),
    }


def _is_server(text: str) -> bool:
    found = _SERVER.fullmatch(text)
    return found is not None and 0 < int(found["port"]) <= 65_535
