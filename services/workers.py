"""Processes of their own for what one alone takes too long for, each with the whole service as configured."""

import atexit
import gc
import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache

from services.compose import Parts, composed
from services.config import Config
from services.held import Beside
from services.with_parent import end_with_starter

_config: list[Config] = []
_beside: list[Beside] = []


@contextmanager
def workers(config: Config, count: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which end with this; what they run finds its parts by `own_parts`."""
    # Forked, they would share this one's connections and threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_begin, initargs=(config,)) as executor:
        try:
            yield executor
        except BaseException:
            # Whoever waited is gone: nobody wants what has not begun.
            executor.shutdown(wait=False, cancel_futures=True)
            raise


@cache
def own_parts() -> Parts:
    """The service as this process has it.

    Made by the first work that asks for it, so that what cannot be reached is told to whoever gave that.
    """
    stack = ExitStack()
    parts = stack.enter_context(composed(_config[0]))
    atexit.register(stack.close)
    # What is there before any work stays, and is not looked through each time.
    gc.freeze()
    return parts


def beside() -> Beside:
    """What this process keeps from share to share; nothing where it is none of these, and lives on."""
    return _beside[0].tidied() if _beside else Beside()


def tidy() -> None:
    """Let go of what refers to itself; to be called after each piece of work.

    What was kept after one piece is not looked through after the next.
    """
    gc.collect(1)


def _begin(config: Config) -> None:
    end_with_starter()
    # Ctrl-C is for the process that gave out the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Millions of facts are made and let go of by counting alone; what refers to itself waits for `tidy`.
    gc.disable()
    _config.append(config)
    _beside.append(Beside())
