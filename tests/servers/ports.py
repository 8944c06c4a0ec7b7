"""Free ports outside those that the system gives to whoever connects: a killed server gets its own back."""

import random
import socket

_LOWEST, _HIGHEST = 12_000, 32_000


def free_port() -> int:
    """A port that nobody listens on now."""
    (port,) = free_ports(1)
    return port


def free_ports(count: int, apart: int = 1) -> list[int]:
    """So many ports, each the first of ``apart`` in a row that nobody listens on now."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(_LOWEST, _HIGHEST, apart)
        if port not in found and all(_is_free(port + each) for each in range(apart)):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
