"""Facts as bytes in the log: Avro behind a schema id, with what is personal sealed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import msgspec

from domain.catalogue import EVENT_TYPES, FIELDS, PREFIX, recall
from domain.history import Recorded
from domain.moment import read_instant
from domain.personal import join
from infra.avro import Read, Write, compiled
from infra.avro_of_shape import writer_of
from infra.errors import Unreadable
from infra.keyed_hash import Keyed, keyed_hash
from infra.keys import Erased, KeyStore
from infra.schemas import FOLDER, registry, released
from infra.sealing import CLEAR_EXTENSIONS, divide, identity, sealed, unsealed

MATCHES = "#matches"
"""The name, which no subject can have, of the key under which children are compared."""

NO_EXTENSIONS: Mapping[str, Any] = {}

MAGIC = 0
HEADER_BYTES = 5
_NAMES = {PREFIX + name: name for name in EVENT_TYPES}
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
_from_json = msgspec.json.Decoder().decode


class Incoming(NamedTuple):
    """A fact as it came in: checked, not yet on the record.

    ``type`` is its name without the prefix, ``data`` its fields as reported; a null is an absent field.
    ``time``, ``recordedtime`` and ``dataschema`` are CloudEvents attributes as text, ``extensions`` the rest.
    """

    stream: str
    source: str
    id: str
    type: str
    data: Mapping[str, Any]
    time: str | None = None
    recordedtime: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, Any] = NO_EXTENSIONS
    historic: bool = False


class Stored(Protocol):
    """What of a stored event tells the fact (eventsourcing's StoredEvent has it)."""

    @property
    def originator_id(self) -> Any: ...
    @property
    def topic(self) -> str: ...
    @property
    def state(self) -> bytes: ...


class Logged(Stored, Protocol):
    """A stored event with its place in the log."""

    @property
    def originator_version(self) -> int: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...


class Codec:
    """Writes facts for the log and reads them back, with the keys of a key store."""

    def __init__(self, keys: KeyStore, schemas: Path = FOLDER) -> None:
        self._keys = keys
        self.keyed: Keyed = keyed_hash(lambda: keys.key_for(MATCHES))
        """Hashes what is compared between children and may stand nowhere in the clear."""
        self._readers: dict[int, tuple[str, Read]] = {}
        self._writers: dict[str, tuple[bytes, Write]] = {}
        self._schemas: dict[str, dict[str, Any]] = {}
        self._of_shape: dict[Shape, Callable[..., bytes]] = {}
        # In the order of their ids, which only grow: the newest version of a type comes last.
        for id, release in sorted(registry(schemas).items()):
            schema = released(release, schemas)
            write, read = compiled(schema)
            self._readers[id] = (release.name, read)
            name = release.name.removeprefix(PREFIX)
            self._writers[name] = (bytes([MAGIC]) + id.to_bytes(4, "big"), write)
            self._schemas[name] = schema

    def encode(self, fact: Incoming) -> bytes:
        """The bytes to store. Raises Erased where part of the fact is personal and its key was destroyed."""
        clear, secret = divide(fact.type, fact.data, fact.extensions)
        return self._encode(fact, clear, secret, self._keys.key_for(fact.stream) if secret else None)

    def encode_all(self, facts: Sequence[Incoming]) -> list[bytes | Erased]:
        """The same for many, making their keys in one go; Erased stands for one that cannot be kept."""
        found: list[bytes | Erased | None] = [self._as_known(fact) for fact in facts]
        if None not in found:
            return cast("list[bytes | Erased]", found)
        left = [at for at, state in enumerate(found) if state is None]
        divided = [divide(facts[at].type, facts[at].data, facts[at].extensions) for at in left]
        keys = self._keys.keys_for(
            facts[at].stream for at, (_, secret) in zip(left, divided, strict=True) if secret
        )
        for at, (clear, secret) in zip(left, divided, strict=True):
            fact = facts[at]
            found[at] = (
                Erased("the key of this stream was destroyed; whoever returns needs a new reference")
                if secret and fact.stream not in keys
                else self._encode(fact, clear, secret, keys.get(fact.stream))
            )
        return cast("list[bytes | Erased]", found)

    def _as_known(self, fact: Incoming) -> bytes | None:
        """The bytes of a fact of a shape that was written before, of which none has anything personal."""
        data = fact.data
        write = self._of_shape.get((fact.type, fact.time is None, fact.recordedtime is None, *data))
        if write is None or fact.extensions or fact.dataschema is not None or None in data.values():
            return None
        return _written(write, fact, data)

    def decode(self, logged: Logged) -> Recorded:
        """The fact that a record of the log holds.

        Raises Unreadable for what is not one of our facts, and Tampered where the personal part, or its key,
        is not what was stored. Where the key was destroyed, the fact is bereft of it and marked as erased.
        """
        name, envelope, data, extensions, is_erased = self._read(logged)
        entered = envelope.get("recordedtime")
        try:
            fact = recall(name, data)
            entered_at = None if entered is None else read_instant(entered)
        except (ValueError, KeyError) as error:
            raise Unreadable(f"a {name} does not hold a fact: {error}") from error
        return Recorded(
            stream=logged.originator_id,
            version=logged.originator_version,
            source=envelope["source"],
            id=envelope["id"],
            type=name,
            occurred_on=fact.occurred_on,
            entered_at=entered_at,
            recorded_at=logged.recorded_at,
            partition=logged.partition,
            offset=logged.offset,
            data=data,
            fact=fact,
            extensions=extensions,
            time=envelope.get("time"),
            historic=envelope["historic"],
            is_erased=is_erased,
        )

    def decode_all(self, logged: Iterable[Logged]) -> list[Recorded | Unreadable]:
        """The same for many, fetching their keys in one go; Unreadable stands for one to set aside."""
        logged = list(logged)
        self._keys.held_for(each.originator_id for each in logged)
        found: list[Recorded | Unreadable] = []
        for each in logged:
            try:
                found.append(self.decode(each))
            except Unreadable as error:
                found.append(error)
        return found

    def as_reported(self, stored: Stored) -> Incoming:
        """What came in, to compare with what comes in again.

        Raises as `decode` does, and Erased where the key was destroyed, so that it cannot be told.
        """
        name, envelope, data, extensions, is_erased = self._read(stored)
        if is_erased:
            raise Erased("the key of this stream was destroyed: what came in cannot be told")
        return Incoming(
            stream=stored.originator_id,
            source=envelope["source"],
            id=envelope["id"],
            type=name,
            data=data,
            time=envelope.get("time"),
            recordedtime=envelope.get("recordedtime"),
            dataschema=envelope.get("dataschema"),
            extensions=extensions,
            historic=envelope["historic"],
        )

    def _encode(
        self, fact: Incoming, clear: Mapping[str, Any], secret: dict[str, Any], key: bytes | None
    ) -> bytes:
        if not secret and not fact.extensions and fact.dataschema is None and not AS_JSON[fact.type]:
            return self._encode_plain(fact, clear)
        return self._encode_any(fact, clear, secret, key)

    def _encode_plain(self, fact: Incoming, clear: Mapping[str, Any]) -> bytes:
        """The same for a fact of which nothing is personal, and nothing told but its times."""
        shape: Shape = (fact.type, fact.time is None, fact.recordedtime is None, *clear)
        write = self._of_shape.get(shape)
        if write is None:
            if len(self._of_shape) >= MAX_SHAPES:
                return self._encode_any(fact, clear, {}, None)
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

    def _encode_any(
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

    def _read(self, stored: Stored) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], bool]:
        """The name of a fact, its envelope, data and extensions, and whether what was personal is erased."""
        name, envelope, data = self._parsed(stored.topic, stored.state)
        extensions = envelope["extensions"]
        personal = envelope.get("personal")
        if personal is None:
            return name, envelope, data, extensions, False
        stream = stored.originator_id
        key = self._keys.held(stream)
        if key is None:
            return name, envelope, data, extensions, True
        secret = unsealed(personal, key, identity(stream, name, envelope["source"], envelope["id"]))
        if "data" in secret:
            data = join(data, secret["data"])
        if "extensions" in secret:
            extensions = {**extensions, **secret["extensions"]}
        return name, envelope, data, extensions, False

    def _parsed(self, topic: str, state: bytes) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The name of a fact, its envelope, and what of its data is in the clear."""
        name = _NAMES.get(topic)
        if name is None:
            raise Unreadable(f"the topic {topic!r:.100} is not one of ours")
        if len(state) < HEADER_BYTES or state[0] != MAGIC:
            raise Unreadable("it does not begin with a zero byte and a schema id")
        schema_id = int.from_bytes(state[1:HEADER_BYTES], "big")
        found = self._readers.get(schema_id)
        if found is None:
            raise Unreadable(f"schema id {schema_id} is not in schemas/registry.json")
        of_schema, read = found
        if of_schema != topic:
            raise Unreadable(f"schema id {schema_id} is that of {of_schema}, not of {topic}")
        try:
            data, end = read(state, HEADER_BYTES)
            envelope = data.pop("envelope")
            for each in AS_JSON[name]:
                if each in data:
                    data[each] = _from_json(data[each])
            if envelope["extensions"]:
                envelope["extensions"] = {k: _from_json(v) for k, v in envelope["extensions"].items()}
        except (ValueError, IndexError) as error:
            raise Unreadable(f"it is not what schema {schema_id} writes: {error}") from error
        if end != len(state):
            raise Unreadable("it goes on after its end")
        return name, envelope, data


def _written(write: Callable[..., bytes], fact: Incoming, clear: Mapping[str, Any]) -> bytes:
    """A fact as a writer of its shape writes it."""
    _, source, id, _, _, time, recordedtime, _, _, historic = fact
    if recordedtime is None:
        return write(source, id, historic, *(() if time is None else (time,)), *clear.values())
    if time is None:
        return write(source, id, historic, recordedtime, *clear.values())
    return write(source, id, historic, time, recordedtime, *clear.values())
