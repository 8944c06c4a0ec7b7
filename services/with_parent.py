"""Ending in time: with the process that started this one, however that ended, or soon after being told."""

import multiprocessing
import os
import threading
import time

DRAIN_S = 8.0
"""How long what is under way may take to end once a process is told to stop."""


def end_with_parent() -> None:
    """End this process as soon as nobody holds the other end of its standard input.

    At once, whatever is under way: what the process does must bear being killed.
    """
    threading.Thread(target=_wait, name="parent", daemon=True).start()


def _wait() -> None:
    # Not through sys.stdin, whose lock this thread would hold for ever when the process ends.
    while os.read(0, 4_096):
        pass
    os._exit(0)


def end_with_starter() -> None:
    """End this process, which another one started to work for it, as soon as that one is gone.

    At once, likewise: it would wait for ever for work that nobody gives it.
    """
    threading.Thread(target=_wait_for_starter, name="starter", daemon=True).start()


def _wait_for_starter() -> None:
    starter = multiprocessing.parent_process()
    assert starter is not None
    starter.join()
    os._exit(1)


def end_within(stop: threading.Event, drain_s: float = DRAIN_S) -> None:
    """Once told to stop, end this process in time, whatever holds it up: it must bear being killed."""
    stop.wait()
    time.sleep(drain_s)
    os._exit(0)
