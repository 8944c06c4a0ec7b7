"""Hashes under a key: equal for equal texts, and telling nothing of them to whoever has not the key."""

import hmac
from collections.abc import Callable
from functools import cache
from hashlib import sha256

Keyed = Callable[[str], str]


def keyed_hash(key: Callable[[], bytes]) -> Keyed:
    """What hashes a text under a key, which is fetched when it is first needed."""
    held = cache(key)

    def hashed(text: str) -> str:
        return hmac.new(held(), text.encode(), sha256).hexdigest()

    return hashed
