"""Facts as bytes in the log: Avro behind a schema id, with what is personal sealed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from domain.catalogue import EVENT_TYPES, PREFIX, recall
from domain.history import Recorded
from domain.moment import read_instant
from domain.personal import join
from infra.avro_releases import compiled_releases
from infra.errors import Unreadable
from infra.fact_writer import AS_JSON, HEADER_BYTES, MAGIC, FactWriter
from infra.incoming import Incoming
from infra.keyed_hash import Keyed, keyed_hash
from infra.keys import Erased, KeyStore
from infra.schemas import FOLDER
from infra.sealing import divide, identity, unsealed

MATCHES = "#matches"
"""The name, which no subject can have, of the key under which children are compared."""

_NAMES = {PREFIX + name: name for name in EVENT_TYPES}

_from_json = msgspec.json.Decoder().decode


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
        self._releases = compiled_releases(schemas)
        self._writer = FactWriter(self._releases)

    def encode(self, fact: Incoming) -> bytes:
        """The bytes to store. Raises Erased where part of the fact is personal and its key was destroyed."""
        clear, secret = divide(fact.type, fact.data, fact.extensions)
        return self._writer.write(fact, clear, secret, self._keys.key_for(fact.stream) if secret else None)

    def encode_all(self, facts: Sequence[Incoming]) -> list[bytes | Erased]:
        """The same for many, making their keys in one go; Erased stands for one that cannot be kept."""
        found: list[bytes | Erased | None] = [self._writer.known(fact) for fact in facts]
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
                else self._writer.write(fact, clear, secret, keys.get(fact.stream))
            )
        return cast("list[bytes | Erased]", found)

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
        release = self._releases.get(schema_id)
        if release is None:
            raise Unreadable(f"schema id {schema_id} is not in schemas/registry.json")
        if release.name != topic:
            raise Unreadable(f"schema id {schema_id} is that of {release.name}, not of {topic}")
        try:
            data, end = release.read(state, HEADER_BYTES)
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
