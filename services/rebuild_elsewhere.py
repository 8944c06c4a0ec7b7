"""Shares of a rebuild filled in processes of their own, each with the whole service as configured."""

import atexit
import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

from services.compose import Parts, composed
from services.config import Config
from services.rebuild import Share, Submit, fill_share

_parts: list[Parts] = []


@contextmanager
def processes(config: Config, count: int) -> Iterator[Submit]:
    """Has shares filled in so many processes, which end with this."""
    # Forked, they would share this one's connections and threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_compose, initargs=(config,)) as executor:
        yield lambda share: executor.submit(_fill, share)


def _fill(share: Share) -> int:
    """Fill a share in this process; how many streams it has."""
    parts = _parts[0]
    return fill_share(parts.log, parts.folding, parts.views, parts.now, share)


def _compose(config: Config) -> None:
    # Ctrl-C is for the process that gave out the shares.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stack = ExitStack()
    _parts.append(stack.enter_context(composed(config)))
    atexit.register(stack.close)
