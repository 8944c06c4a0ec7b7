"""Commands of the service that start quickly, to be killed: forked from a process that has imported much."""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.running import children_of, is_alive

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.end_to_end.preloaded"])

EVENTS_IN_A_SHARE = 10
"""So few that a rebuild of a small log has many shares."""


class Command:
    """A command as the command line runs it, but in small shares, and a projector by a ``page`` of so many
    events at a time; what it says goes to a file.
    """

    def __init__(self, settings: Mapping[str, str], words: Sequence[str], said: Path, page: int) -> None:
        self.words = tuple(words)
        self.is_excused = False
        """Whether something befell it by which it may fail."""
        self._said = said
        self._process = _FORKING.Process(target=_run, args=(dict(settings), self.words, said, page))
        self._process.start()

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    @property
    def said(self) -> str:
        return self._said.read_text() if self._said.exists() else ""

    def workers(self) -> list[int]:
        """The processes that work for it."""
        found = []
        for pid in children_of(self.pid):
            with suppress(OSError):
                if is_alive(pid) and b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def end(self, within_s: float) -> bool:
        """Wait until it has ended; whether it has."""
        self._process.join(within_s)
        return self.code is not None

    def tell_to_stop(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _run(settings: dict[str, str], words: Sequence[str], said: Path, page: int) -> None:
    from services import project, rebuild
    from services.cli.main import main

    out = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(settings)
    sys.argv = ["casetimeline", *words]
    rebuild.EVENTS_IN_A_SHARE = EVENTS_IN_A_SHARE
    # As it is with a large log: each process reads its own partitions.
    rebuild.WORTH_READING_WHOLE = 1
    if words[0] == "project":
        project.PAGE = page
    main(words)
