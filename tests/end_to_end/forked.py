"""Services that start quickly: forked from a process that has already imported what they are made of.

None has a projector: who kills it soon kills it before one is up, and what is imported for that in vain takes
the processor from the next.
"""

import multiprocessing
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.running import READY_WITHIN_S
from tests.servers.ports import free_port

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.end_to_end.preloaded"])


class Forked:
    """A service in a process of its own, run as the command line runs it."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        address = f"127.0.0.1:{port or free_port()}"
        self.address = f"http://{address}"
        self._said = folder / "said.txt"
        self._said.write_bytes(b"")
        settings = {"CASETIMELINE_DATA": str(folder / "data"), "CASETIMELINE_HTTP": address}
        self._process = _FORKING.Process(target=_serve, args=(settings, self._said))
        self._process.start()

    def wait(self) -> None:
        """Returns once the service says that it is ready. Fails with what it said where it is not."""
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until and self._process.is_alive():
            if "is ready on" in self._said.read_text():
                return
            time.sleep(0.005)
        raise AssertionError(f"the service did not become ready: {self._said.read_text()}")

    def kill(self) -> None:
        with suppress(ValueError):
            self._process.kill()
            self._process.join()
            self._process.close()


def _serve(settings: dict[str, str], said: Path) -> None:
    os.environ.update(settings)
    out = os.open(said, os.O_WRONLY | os.O_APPEND)
    os.dup2(out, 2)
    sys.argv = ["casetimeline", "serve", "--no-projector"]
    from services.cli.main import main

    main()
