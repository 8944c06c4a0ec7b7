"""Large batches are read in a process of their own: the one that answers has its hands full with the log."""

import asyncio
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from functools import cache
from time import monotonic
from typing import Any

import msgspec

from infra.avro_releases import compiled_releases
from infra.fact_writer import FactWriter
from infra.incoming import Incoming
from services.api.batches import Refuse, read_batch
from services.ready import Ready, ready
from services.record import Fact
from services.workers import Workers, tidy

WORTH_A_PROCESS_BYTES = 32 * 1024
"""A smaller batch is read with hardly more work than it takes to hand it over."""

BEGUN_AGAIN_AFTER_S = 5.0
"""How long after a process was begun another may be, if it died."""


READ_WITHIN_S = 3.0
"""How long a batch waits for a process that may be held up, before it is read here."""


class _Personal(msgspec.Struct, frozen=True, array_like=True, gc=False, tag_field="made", tag=True):
    """A fact of which something is to be sealed, under a key that only the process that answers asks for."""

    fact: Incoming


class _Refused(msgspec.Struct, frozen=True, array_like=True, gc=False, tag_field="made", tag=True):
    """The reply by which a fact is refused."""

    reply: dict[str, Any]


class Apart:
    """Reads batches in a process that is begun with the first of them, and begun again if it dies.

    ``begin`` makes what runs a function there. Everything is called from one event loop.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Workers]]) -> None:
        self._begin = begin
        self._stack = ExitStack()
        self._executor: Workers | None = None
        self._is_there: Future[None] | None = None
        self._begun = float("-inf")

    async def read(
        self, media_type: str, body: bytes, now: datetime, max_events: int
    ) -> list[Fact | dict[str, Any]] | None:
        """What `read_batch` finds; None where it is to be read here.

        It is while the process is beginning, is held up, or is gone; and where all of it is refused.
        """
        executor = self._there()
        if executor is None:
            return None
        try:
            reading = asyncio.wrap_future(executor.submit(_read, media_type, body, now, max_events))
            found = await asyncio.wait_for(reading, READ_WITHIN_S)
        except TimeoutError:
            return None
        except BrokenExecutor:
            self._leave(executor)
            return None
        return None if found is None else [_taken(one) for one in _decode(found)]

    def close(self) -> None:
        """End the process."""
        self._stack.close()
        self._executor = None

    def _there(self) -> Workers | None:
        """What runs functions in the process, once it runs."""
        if self._executor is None:
            if monotonic() < self._begun + BEGUN_AGAIN_AFTER_S:
                return None
            self._begun = monotonic()
            self._executor = self._stack.enter_context(self._begin())
            self._is_there = self._executor.submit(_get_going)
        assert self._is_there is not None
        if not self._is_there.done():
            return None
        if self._is_there.exception() is not None:
            self._leave(self._executor)
            return None
        return self._executor

    def _leave(self, executor: Workers) -> None:
        """Do without a process that died."""
        if self._executor is executor:
            self._executor = None
            self._stack.close()


def _taken(one: Ready | _Personal | _Refused) -> Fact | dict[str, Any]:
    if isinstance(one, Ready):
        return one
    return one.fact if isinstance(one, _Personal) else one.reply


# In the process of its own.


@cache
def _writer() -> FactWriter:
    return FactWriter(compiled_releases())


def _get_going() -> None:
    _writer()


def _read(media_type: str, body: bytes, now: datetime, max_events: int) -> bytes | None:
    """What a batch holds, for `_decode`; None where all of it is refused."""
    try:
        found = read_batch(media_type, body, now, max_events)
    except Refuse:
        return None
    read = _encode([_given(one) for one in found])
    del found
    tidy()
    return read


def _given(one: Incoming | dict[str, Any]) -> Ready | _Personal | _Refused:
    if isinstance(one, dict):
        return _Refused(one)
    state = _writer().open(one)
    return _Personal(one) if state is None else ready(one, state)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Ready | _Personal | _Refused]).decode
