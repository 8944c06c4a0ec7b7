"""Shares of a rebuild filled in processes of their own, each with the whole service as configured."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from services.compose import Parts
from services.config import Config
from services.fold import Folding
from services.held import Beside, HeldCodec, HeldLog, HeldRows, of_partition, part_of, read_rows
from services.histories import Histories
from services.rebuild import Share, Submit, fill_share
from services.workers import own_parts, tidy, workers

PARTITIONS_KEPT = 2


@contextmanager
def processes(config: Config, count: int) -> Iterator[Submit]:
    """Has shares filled in so many processes, which end with this."""
    with workers(config, count) as executor:
        yield lambda share: executor.submit(_fill, share)


def _fill(share: Share) -> int:
    """Fill a share in this process; how many streams it has."""
    try:
        return _filling(share.heads).fill(share)
    finally:
        tidy()


@lru_cache(maxsize=1)
def _filling(heads: tuple[int, ...]) -> "_Filling":
    """What this process fills the shares of a rebuild from that began at these heads.

    What it keeps from share to share was read since then: the next rebuild needs what came later.
    """
    return _Filling(own_parts())


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
