"""Shares of a rebuild filled in processes of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.config import Config
from services.rebuild import Share, Submit, fill_share
from services.workers import own_parts, workers


@contextmanager
def processes(config: Config, count: int) -> Iterator[Submit]:
    """Has shares filled in so many processes, which end with this."""
    with workers(config, count) as executor:
        yield lambda share: executor.submit(_fill, share)


def _fill(share: Share) -> int:
    """Fill a share in this process; how many streams it has."""
    parts = own_parts()
    return fill_share(parts.log, parts.folding, parts.views, parts.now, share)
