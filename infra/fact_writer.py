"""Facts written as the log keeps them: Avro behind a schema id, with what is personal sealed."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from domain.catalogue import FIELDS, PREFIX
from infra.avro import Write
from infra.avro_of_shape import writer_of
from infra.avro_releases import Compiled
from infra.incoming import NO_EXTENSIONS, Incoming
from infra.sealing import CLEAR_EXTENSIONS, divide, identity, sealed

MAGIC = 0
HEADER_BYTES = 5
AS_JSON = {
    name: tuple(field.name for field in of_event if field.kind.name in ("changes", "value"))
    for name, of_event in FIELDS.items()
}
"""The fields of each event that are stored as JSON text."""

Shape = tuple[Any, ...]
"""What tells facts apart whose records differ in more than values: the type, whether each time is absent, and
the fields in the order in which they were told.
"""

MAX_SHAPES = 1_000
"""Shapes for which a writer is made: there are as many as callers like."""

_to_json = msgspec.json.Encoder().encode


class FactWriter:
    """Writes facts under the newest schema of their type. It has no keys, and is given those it needs."""

    def __init__(self, releases: Mapping[int, Compiled]) -> None:
        """``releases`` are in the order of their ids."""
        self._writers: dict[str, tuple[bytes, Write]] = {}
        self._schemas: dict[str, dict[str, Any]] = {}
        self._of_shape: dict[Shape, Callable[..., bytes]] = {}
        for id, release in releases.items():
            name = release.name.removeprefix(PREFIX)
            self._writers[name] = (bytes([MAGIC]) + id.to_bytes(4, "big"), release.write)
            self._schemas[name] = release.schema

    def open(self, fact: Incoming) -> bytes | None:
        """The bytes of a fact of which nothing is personal; None where something is."""
        written = self.known(fact)
        if written is not None:
            return written
        clear, secret = divide(fact.type, fact.data, fact.extensions)
        return None if secret else self.write(fact, clear, secret, None)

    def known(self, fact: Incoming) -> bytes | None:
        """The bytes of a fact of a shape that was written before, of which none has anything personal; None
        of any other.
        """
        data = fact.data
        write = self._of_shape.get((fact.type, fact.time is None, fact.recordedtime is None, *data))
        if write is None or fact.extensions or fact.dataschema is not None or None in data.values():
            return None
        return _written(write, fact, data)

    def write(
        self, fact: Incoming, clear: Mapping[str, Any], secret: dict[str, Any], key: bytes | None
    ) -> bytes:
        """The bytes of a fact, divided into what may be read and what is sealed under a key, if any."""
        if not secret and not fact.extensions and fact.dataschema is None and not AS_JSON[fact.type]:
            return self._write_plain(fact, clear)
        return self._write_any(fact, clear, secret, key)

    def _write_plain(self, fact: Incoming, clear: Mapping[str, Any]) -> bytes:
        """The same for a fact of which nothing is personal, and nothing told but its times."""
        shape: Shape = (fact.type, fact.time is None, fact.recordedtime is None, *clear)
        write = self._of_shape.get(shape)
        if write is None:
            if len(self._of_shape) >= MAX_SHAPES:
                return self._write_any(fact, clear, {}, None)
            write = self._of_shape[shape] = self._writer_of(shape)
        return _written(write, fact, clear)

    def _writer_of(self, shape: Shape) -> Callable[..., bytes]:
        name, without_time, without_recordedtime, *fields = shape
        told = ["envelope.source", "envelope.id", "envelope.historic"]
        if not without_time:
            told.append("envelope.time")
        if not without_recordedtime:
            told.append("envelope.recordedtime")
        return writer_of(self._schemas[name], (*told, *fields), self._writers[name][0])

    def _write_any(
        self, fact: Incoming, clear: Mapping[str, Any], secret: dict[str, Any], key: bytes | None
    ) -> bytes:
        name = fact.type
        envelope: dict[str, Any] = {"source": fact.source, "id": fact.id, "historic": fact.historic}
        if fact.time is not None:
            envelope["time"] = fact.time
        if fact.recordedtime is not None:
            envelope["recordedtime"] = fact.recordedtime
        if fact.dataschema is not None:
            envelope["dataschema"] = fact.dataschema
        if secret:
            assert key is not None
            envelope["personal"] = sealed(secret, key, identity(fact.stream, name, fact.source, fact.id))
        envelope["extensions"] = (
            {k: _to_json(v).decode() for k, v in fact.extensions.items() if k in CLEAR_EXTENSIONS}
            if fact.extensions
            else NO_EXTENSIONS
        )
        record = {"envelope": envelope, **clear}
        for each in AS_JSON[name]:
            if each in record:
                record[each] = _to_json(record[each]).decode()
        header, write = self._writers[name]
        return header + write(record)


def _written(write: Callable[..., bytes], fact: Incoming, clear: Mapping[str, Any]) -> bytes:
    """A fact as a writer of its shape writes it."""
    _, source, id, _, _, time, recordedtime, _, _, historic = fact
    if recordedtime is None:
        return write(source, id, historic, *(() if time is None else (time,)), *clear.values())
    if time is None:
        return write(source, id, historic, recordedtime, *clear.values())
    return write(source, id, historic, time, recordedtime, *clear.values())
