"""Commands that start quickly, to be killed: forked from a process that has imported what they need."""

import multiprocessing
import os
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.end_to_end.preloaded"])
_WITHIN_S = 20
_ASLEEP_FOR = 30
"""Looks in a row at which it sleeps: it has nothing to do, or waits for the database."""


class ForkedCommand:
    """A projector, or rebuilds in many small shares, in a process of its own."""

    def __init__(self, settings: Mapping[str, str], doing: str, said: Path) -> None:
        target = {"project": _project, "rebuild": _rebuild}[doing]
        self._ready, ready = _FORKING.Pipe(duplex=False)
        self._process = _FORKING.Process(target=target, args=(dict(settings), said, ready))
        self._process.start()
        self._began_s = 0.0
        ready.close()

    def wait(self) -> None:
        """Returns once it is about to begin, or has ended."""
        self._ready.poll(_WITHIN_S)
        self._began_s = self._worked_s()

    def let_work(self, seconds: float) -> None:
        """Returns once it has had a processor for so long, however busy that is, or sleeps or has ended."""
        until = time.monotonic() + _WITHIN_S
        asleep = 0
        while self._worked_s() - self._began_s < seconds and time.monotonic() < until:
            if self._process.exitcode is not None:
                return
            asleep = asleep + 1 if self._is_asleep() else 0
            if asleep > _ASLEEP_FOR:
                return
            time.sleep(0.005)

    def _is_asleep(self) -> bool:
        try:
            return Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
        except FileNotFoundError:
            return True

    def _worked_s(self) -> float:
        try:
            return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[0]) / 1e9
        except FileNotFoundError:
            return float("inf")

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._ready.close()


def _project(settings: dict[str, str], said: Path, ready: Connection) -> None:
    import threading

    from services.compose import composed
    from services.config import read_config

    _say_to(said)
    with composed(read_config(settings)) as parts:
        ready.send_bytes(b"")
        parts.projector.run(threading.Event())


def _rebuild(settings: dict[str, str], said: Path, ready: Connection) -> None:
    from projections.catalogue import PROJECTIONS
    from services import rebuild
    from services.compose import composed
    from services.config import read_config

    _say_to(said)
    rebuild.EVENTS_IN_A_SHARE = 40
    with composed(read_config(settings)) as parts:
        ready.send_bytes(b"")
        while True:
            parts.rebuild.run([projection.name for projection in PROJECTIONS], lambda step: None)


def _say_to(said: Path) -> None:
    os.dup2(os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
