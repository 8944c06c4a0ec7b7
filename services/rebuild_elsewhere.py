"""Shares of a rebuild filled in processes of their own, each with the whole service as configured."""

import atexit
import gc
import multiprocessing
import signal
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

from services.compose import Parts, composed
from services.config import Config
from services.fold import Folding
from services.held import Beside, HeldCodec, HeldLog, HeldRows, of_partition, part_of, read_rows
from services.histories import Histories
from services.rebuild import Share, Submit, fill_share
from services.with_parent import end_with_starter
from services.workers import tidy

PARTITIONS_KEPT = 2

_filling: "list[_Filling]" = []


@contextmanager
def processes(config: Config, count: int) -> Iterator[Submit]:
    """Has shares filled in so many processes, which end with this."""
    # Forked, they would share this one's connections and threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_compose, initargs=(config,)) as executor:
        yield lambda share: executor.submit(_fill, share)


class _Filling:
    """Fills shares from what is read of them at once, and keeps the partitions it read last."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._codec = parts.columnar
        self._read: OrderedDict[int, HeldRows] = OrderedDict()
        self._beside = Beside()
        # All that is read from now on holds what the log had by now.
        self._heads = parts.log.heads()

    def fill(self, share: Share) -> int:
        parts = self._parts
        with parts.log.refreshed():
            beside = self._beside.tidied()
            log = HeldLog(parts.log, self._codec, self._heads, self._rows(share), beside.others)
            codec = HeldCodec(self._codec)
            histories = Histories(log, codec, parts.calendar, parts.policy, beside.supervised)
            return fill_share(parts.log, Folding(log, histories), parts.views, parts.now, share)

    def _rows(self, share: Share) -> HeldRows:
        log = self._parts.log
        if share.partition is None:
            return read_rows(log, share.streams)
        if share.partition not in self._read:
            while len(self._read) >= PARTITIONS_KEPT:
                self._read.popitem(last=False)
            doubles = [event.id for event in log.doubles() if event.partition == share.partition]
            read = log.read_partition(share.partition)
            self._read[share.partition] = of_partition(share.partition, read, doubles)
        self._read.move_to_end(share.partition)
        return part_of(self._read[share.partition], share.streams)


def _fill(share: Share) -> int:
    """Fill a share in this process; how many streams it has."""
    filled = _filling[0].fill(share)
    tidy()
    return filled


def _compose(config: Config) -> None:
    end_with_starter()
    # Ctrl-C is for the process that gave out the shares.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Millions of facts are made and let go of by counting alone; what refers to itself waits for the end of
    # its share.
    gc.disable()
    stack = ExitStack()
    _filling.append(_Filling(stack.enter_context(composed(config))))
    atexit.register(stack.close)
    # What is there before any share stays, and is not looked through after each.
    gc.freeze()
