"""Processes of their own for what one alone takes too long for, each with the whole service as configured."""

import atexit
import gc
import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

from services.compose import Parts, composed
from services.config import Config
from services.held import Beside
from services.with_parent import end_with_starter

_parts: list[Parts] = []
_beside: list[Beside] = []


@contextmanager
def workers(config: Config, count: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which end with this; what they run finds its parts by `own_parts`."""
    # Forked, they would share this one's connections and threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_compose, initargs=(config,)) as executor:
        try:
            yield executor
        except BaseException:
            # Whoever waited is gone: nobody wants what has not begun.
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def own_parts() -> Parts:
    """The service as this process has it."""
    return _parts[0]


def beside() -> Beside:
    """What this process keeps from share to share; nothing where it is none of these, and lives on."""
    return _beside[0].tidied() if _beside else Beside()


def tidy() -> None:
    """Let go of what refers to itself; to be called after each piece of work.

    What was kept after one piece is not looked through after the next.
    """
    gc.collect(1)


def _compose(config: Config) -> None:
    end_with_starter()
    # Ctrl-C is for the process that gave out the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Millions of facts are made and let go of by counting alone; what refers to itself waits for `tidy`.
    gc.disable()
    stack = ExitStack()
    _parts.append(stack.enter_context(composed(config)))
    _beside.append(Beside())
    atexit.register(stack.close)
    # What is there before any work stays, and is not looked through each time.
    gc.freeze()
