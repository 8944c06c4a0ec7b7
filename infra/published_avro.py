"""A fact that a publisher sent as Avro behind a schema id, read with the schemas in schemas/."""

from pathlib import Path
from typing import Any, NamedTuple

from domain.catalogue import EVENT_TYPES, PREFIX
from infra.avro_releases import compiled_releases
from infra.errors import Unreadable
from infra.fact_writer import AS_JSON, HEADER_BYTES, MAGIC
from infra.schemas import FOLDER

_EVENTS = frozenset(PREFIX + name for name in EVENT_TYPES)
_ATTRIBUTES = ("source", "id", "time", "recordedtime", "dataschema")


class Published(NamedTuple):
    """What an Avro record tells of a fact; where it stands, the record cannot tell.

    ``as_json`` names the fields of ``data`` that hold JSON text, as the values of ``extensions`` do.
    ``personal`` is the JSON text of what is personal, in the clear.
    """

    type: str
    attributes: dict[str, str]
    data: dict[str, Any]
    as_json: tuple[str, ...]
    extensions: dict[str, str]
    personal: bytes | None


class PublishedAvro:
    """Reads what is published in the Confluent wire format: a zero byte, a schema id, and Avro binary."""

    def __init__(self, schemas: Path = FOLDER) -> None:
        self._readers = {
            id: (release.name, release.read)
            for id, release in compiled_releases(schemas).items()
            if release.name in _EVENTS
        }

    def read(self, value: bytes) -> Published:
        """What a record tells. Raises Unreadable for one that no schema of ours can have written."""
        if len(value) < HEADER_BYTES or value[0] != MAGIC:
            raise Unreadable("It does not begin with a zero byte and a schema id of four bytes.")
        schema_id = int.from_bytes(value[1:HEADER_BYTES], "big")
        if schema_id not in self._readers:
            raise Unreadable(f"Schema id {schema_id} is not in schemas/registry.json.")
        type_, read = self._readers[schema_id]
        try:
            data, end = read(value, HEADER_BYTES)
        except (ValueError, IndexError):
            data, end = {}, None
        if end != len(value):
            raise Unreadable(f"It is not what schema {schema_id}, that of {type_}, writes.")
        envelope = data.pop("envelope")
        if envelope["historic"]:
            raise Unreadable("Its envelope says historic, which only an import of history may say.")
        return Published(
            type_,
            {name: envelope[name] for name in _ATTRIBUTES if name in envelope},
            data,
            tuple(name for name in AS_JSON[type_.removeprefix(PREFIX)] if name in data),
            envelope["extensions"],
            envelope.get("personal"),
        )
