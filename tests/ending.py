"""How long a process takes to end, whatever else the machine is busy with."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENT_S = 120.0


class Ending:
    """A process that ends, from the moment at which this is made."""

    def __init__(self, pid: int | None) -> None:
        assert pid is not None
        self._pid = pid
        self._began_s = time.monotonic()
        self._waited_s = _waited_s(pid)

    def seconds(self, is_running: Callable[[], bool]) -> float:
        """Returns once it has ended: the seconds until then, but for those that it waited for a processor."""
        waited = dict(self._waited_s)
        while is_running():
            assert time.monotonic() - self._began_s < PATIENT_S
            waited |= _waited_s(self._pid)
            time.sleep(0.05)
        others = sum(waited.values()) - sum(self._waited_s.values())
        return time.monotonic() - self._began_s - others


def _waited_s(pid: int) -> dict[str, float]:
    """By thread, how long it could have run while others had the processors."""
    found = {}
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return found
