"""What is personal in a fact: told from the rest, and encrypted under the key of its stream."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.personal import split
from infra.errors import Tampered

# What these hold is fixed by their own standards; any other extension may hold a name or a note.
CLEAR_EXTENSIONS = frozenset({"traceparent", "tracestate", "sequence", "sequencetype", "sampledrate"})

_NONCE_BYTES = 12
_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode


def divide(
    name: str, data: Mapping[str, Any], extensions: Mapping[str, Any]
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """What of an event of type ``name`` may be stored in the clear; and what must be sealed, if anything."""
    if None in data.values():
        data = {field: value for field, value in data.items() if value is not None}
    clear, personal = split(name, data)
    secret: dict[str, Any] = {"data": personal} if personal else {}
    if extensions:
        unknown = {name: value for name, value in extensions.items() if name not in CLEAR_EXTENSIONS}
        if unknown:
            secret["extensions"] = unknown
    return clear, secret


def identity(stream: str, name: str, source: str, id: str) -> bytes:
    """What seals a secret to its fact; the lengths keep one identity from being read as another."""
    return f"{len(stream)} {len(source)} {name} {stream}{source}{id}".encode()


def sealed(secret: dict[str, Any], key: bytes, whose: bytes) -> bytes:
    """A random nonce and AES-256-GCM of a JSON object, bound to an `identity`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, _to_json(secret), whose)


def unsealed(personal: bytes, key: bytes, whose: bytes) -> dict[str, Any]:
    """Undo `sealed`. Raises Tampered where it was not sealed with this key for this identity."""
    nonce, ciphertext = personal[:_NONCE_BYTES], personal[_NONCE_BYTES:]
    try:
        secret: dict[str, Any] = _from_json(_cipher(key).decrypt(nonce, ciphertext, whose))
    except (InvalidTag, ValueError):
        raise Tampered("the personal part of a fact is not what was stored with it") from None
    return secret


@lru_cache(maxsize=4_096)
def _cipher(key: bytes) -> AESGCM:
    """Setting up a cipher takes longer than using it; each takes 2 KiB."""
    return AESGCM(key)
