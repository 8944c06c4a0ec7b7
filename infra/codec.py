"""Facts as bytes in the log: Avro behind a schema id, with what is personal encrypted under the key of the stream."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.catalogue import EVENT_TYPES, FIELDS, PREFIX, recall
from domain.history import Recorded
from domain.moment import read_instant
from domain.personal import join, split
from infra.avro import Read, Write, compiled
from infra.errors import Tampered, Unreadable
from infra.keys import Erased, KeyStore
from infra.schemas import registry, released

# What these say is fixed by their own standards; any other extension may hold a name or a note, so it is encrypted.
CLEAR_EXTENSIONS = frozenset({"traceparent", "tracestate", "sequence", "sequencetype", "sampledrate"})

_MAGIC = 0
_HEADER = 5
_NONCE = 12
_AS_JSON = {
    name: tuple(f.name for f in fields if f.kind.name in ("changes", "value")) for name, fields in FIELDS.items()
}
_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A fact as it came in: checked, not yet on the record.

    ``type`` is its name without the prefix, ``data`` its fields as reported; a null is an absent field.
    ``time``, ``recordedtime`` and ``dataschema`` are the CloudEvents attributes as text, ``extensions`` the others.
    """

    stream: str
    source: str
    id: str
    type: str
    data: Mapping[str, Any]
    time: str | None = None
    recordedtime: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
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

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._readers: dict[int, tuple[str, Read]] = {}
        self._writers: dict[str, tuple[bytes, Write]] = {}
        for id, release in registry().items():
            write, read = compiled(released(release))
            self._readers[id] = (release.name, read)
            # Ids only grow, so the newest version comes last.
            self._writers[release.name] = (bytes([_MAGIC]) + id.to_bytes(4, "big"), write)

    def encode(self, fact: Incoming) -> bytes:
        """The bytes to store. Raises Erased where the fact has something personal and its key was destroyed."""
        clear, secret = _divide(fact)
        return self._encode(fact, clear, secret, self._keys.key_for(fact.stream) if secret else None)

    def encode_all(self, facts: Sequence[Incoming]) -> list[bytes | Erased]:
        """The same for many facts, making the keys they need in one go; Erased stands for a fact that cannot be kept."""
        divided = [_divide(fact) for fact in facts]
        keys = self._keys.keys_for(f.stream for f, (_, secret) in zip(facts, divided, strict=True) if secret)
        return [
            Erased("the key of this stream was destroyed")
            if secret and fact.stream not in keys
            else self._encode(fact, clear, secret, keys.get(fact.stream))
            for fact, (clear, secret) in zip(facts, divided, strict=True)
        ]

    def decode(self, logged: Logged) -> Recorded:
        """The fact that a record of the log holds.

        Raises Unreadable for what is not one of our facts, and Tampered where the personal part, or its key,
        is not what was stored. Where the key was destroyed, the fact is bereft of it and marked as erased.
        """
        name, envelope, data, extensions, is_erased = self._read(logged)
        time = envelope.get("time")
        entered = envelope.get("recordedtime")
        try:
            fact = recall(name, data if "occurred_on" in data or time is None else {"occurred_on": time, **data})
            entered_at = None if entered is None else read_instant(entered)
        except (ValueError, KeyError) as error:
            raise Unreadable(f"{name} does not hold a fact: {error}") from error
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
            time=time,
            historic=envelope["historic"],
            is_erased=is_erased,
        )

    def decode_all(self, logged: Iterable[Logged]) -> list[Recorded | Unreadable]:
        """The same for many records, fetching their keys in one go; Unreadable stands for one to set aside."""
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
        """What came in, to compare with what comes in again. Raises as `decode` does, and Erased where it cannot be told."""
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

    def _encode(self, fact: Incoming, clear: dict[str, Any], secret: dict[str, Any], key: bytes | None) -> bytes:
        name = fact.type
        for each in _AS_JSON[name]:
            if each in clear:
                clear[each] = _to_json(clear[each]).decode()
        personal = None
        if key is not None:
            nonce = os.urandom(_NONCE)
            whose = _identity(fact.stream, name, fact.source, fact.id)
            personal = nonce + _cipher(key).encrypt(nonce, _to_json(secret), whose)
        extensions = fact.extensions
        clear["envelope"] = {
            "source": fact.source,
            "id": fact.id,
            "time": fact.time,
            "recordedtime": fact.recordedtime,
            "dataschema": fact.dataschema,
            "extensions": extensions
            and {k: _to_json(v).decode() for k, v in extensions.items() if k in CLEAR_EXTENSIONS},
            "historic": fact.historic,
            "personal": personal,
        }
        header, write = self._writers[PREFIX + name]
        out = bytearray(header)
        write(out, clear)
        return bytes(out)

    def _read(self, stored: Stored) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], bool]:
        """The name of a fact, its envelope, data and extensions, and whether what was personal is erased."""
        name = _NAMES.get(stored.topic)
        if name is None:
            raise Unreadable(f"its topic {stored.topic!r:.200} is not one of ours")
        state = stored.state
        if len(state) < _HEADER or state[0] != _MAGIC:
            raise Unreadable("it does not begin with a zero byte and a schema id")
        schema_id = int.from_bytes(state[1:_HEADER], "big")
        found = self._readers.get(schema_id)
        if found is None:
            raise Unreadable(f"its schema id {schema_id} is not in schemas/registry.json")
        if found[0] != stored.topic:
            raise Unreadable(f"its schema id {schema_id} is that of {found[0]}, not of {stored.topic}")
        try:
            data, end = found[1](state, _HEADER)
            if end != len(state):
                raise Unreadable("it goes on after its end")
            envelope = data.pop("envelope")
            for each in _AS_JSON[name]:
                if each in data:
                    data[each] = _from_json(data[each])
            extensions = envelope["extensions"]
            if extensions:
                extensions = {k: _from_json(v) for k, v in extensions.items()}
        except (ValueError, IndexError) as error:
            raise Unreadable(f"it is not what schema {schema_id} writes: {error}") from error
        personal = envelope.get("personal")
        if personal is None:
            return name, envelope, data, extensions, False
        secret = self._decrypted(stored.originator_id, name, envelope, personal)
        if secret is None:
            return name, envelope, data, extensions, True
        return name, envelope, join(data, secret.get("data", {})), extensions | secret.get("extensions", {}), False

    def _decrypted(self, stream: str, name: str, envelope: dict[str, Any], personal: bytes) -> dict[str, Any] | None:
        held = self._keys.held_for((stream,))
        if stream not in held:
            raise Tampered("the key store has no key for a stream with personal data; bring it back from its backup")
        key = held[stream]
        if key is None:
            return None
        whose = _identity(stream, name, envelope["source"], envelope["id"])
        try:
            secret: dict[str, Any] = _from_json(_cipher(key).decrypt(personal[:_NONCE], personal[_NONCE:], whose))
        except (InvalidTag, ValueError):
            raise Tampered(f"the personal part of a {name} is not what was stored with it") from None
        return secret


_NAMES = {PREFIX + name: name for name in EVENT_TYPES}


def _divide(fact: Incoming) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be stored in the clear, by field; and what may not, as it is encrypted."""
    clear, personal = split(fact.type, {k: v for k, v in fact.data.items() if v is not None})
    secret: dict[str, Any] = {"data": personal} if personal else {}
    if fact.extensions:
        unknown = {k: v for k, v in fact.extensions.items() if k not in CLEAR_EXTENSIONS}
        if unknown:
            secret["extensions"] = unknown
    return clear, secret


def _identity(stream: str, name: str, source: str, id: str) -> bytes:
    """Binds what is personal to its fact; the lengths keep one identity from being read as another."""
    return f"{len(stream)} {len(source)} {name} {stream}{source}{id}".encode()


@lru_cache(maxsize=4_096)
def _cipher(key: bytes) -> AESGCM:
    """Setting up a cipher takes longer than using it; each takes 2 KiB."""
    return AESGCM(key)
