"""Recording what several callers bring at the same time in one go: one encoding, one append, one waking."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

from infra.log.commit import LogBusy, LogUnavailable, Outcome
from services.record import Conflict, Fact, Prepared, Recording, Result

WAITING = 20_000
"""Facts that may wait; whoever brings more is told to come back later."""

IN_ONE_GO = 2_000
UNDER_WAY = 4
"""Appends under way: while one is written, the next is made ready, where it is worth an append of its own."""

WORTH_WHILE = 8
"""Facts that are: an append costs so much itself that fewer do better to wait for more to come along."""

WORTH_WHILE_IN_SEVERAL = 16
"""The same in a log of several partitions, for each of which an append has a record of its own."""


class _Brought(NamedTuple):
    """What one caller brought, and where the results go."""

    facts: Sequence[Fact]
    results: "asyncio.Future[list[Result]]"


class Together:
    """Gathers facts on one event loop. Everything is called from that loop."""

    def __init__(self, recording: Recording, worth_while: int = WORTH_WHILE) -> None:
        self._recording = recording
        self._worth_while = worth_while
        self._waiting: list[_Brought] = []
        self._count = 0
        self._under_way = 0
        self._is_called = False
        self._listing: set[asyncio.Task[None]] = set()

    async def record(self, facts: Sequence[Fact]) -> list[Result]:
        """The results of facts, in their order, once those recorded are durable and readable.

        Raises LogBusy where too much is waiting, and LogUnavailable as `Recording.record` does.
        """
        if self._waiting and self._count + len(facts) > WAITING:
            raise LogBusy("Too much is waiting to be recorded; retry later.")
        loop = asyncio.get_running_loop()
        brought = _Brought(facts, loop.create_future())
        self._waiting.append(brought)
        self._count += len(facts)
        if not self._is_called and self._may_send():
            # Whoever else is ready in this turn of the loop comes along.
            self._is_called = True
            loop.call_soon(self._send_next)
        return await brought.results

    def _may_send(self) -> bool:
        return self._under_way == 0 or (self._under_way < UNDER_WAY and self._count >= self._worth_while)

    def _send_next(self) -> None:
        self._is_called = False
        while self._waiting and self._may_send():
            together: list[_Brought] = []
            count = 0
            while self._waiting and (not together or count + len(self._waiting[0].facts) <= IN_ONE_GO):
                together.append(self._waiting.pop(0))
                count += len(together[-1].facts)
            self._count -= count
            self._send(together)

    def _send(self, together: list[_Brought]) -> None:
        facts = [fact for brought in together for fact in brought.facts]
        try:
            prepared = self._recording.prepare(facts)
            future = self._recording.submit(prepared)
        except Exception as error:
            self._fail(together, error)
            return
        self._under_way += 1
        loop = asyncio.get_running_loop()
        future.add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._finish, together, facts, prepared, done)
        )

    def _finish(
        self,
        together: list[_Brought],
        facts: Sequence[Fact],
        prepared: Prepared,
        future: "Future[list[Outcome]]",
    ) -> None:
        self._under_way -= 1
        try:
            results = self._recording.results(facts, future.result(), prepared)
        except Exception as error:
            self._fail(together, error)
        else:
            start = 0
            for brought in together:
                end = start + len(brought.facts)
                self._answer(brought, results[start:end])
                start = end
        self._send_next()

    def _fail(self, together: list[_Brought], error: Exception) -> None:
        """Tell the callers; where one of several may be to blame, each is tried alone."""
        if len(together) > 1 and not isinstance(error, LogUnavailable):
            for brought in together:
                self._send([brought])
            return
        for brought in together:
            if not brought.results.done():
                brought.results.set_exception(error)

    def _answer(self, brought: _Brought, results: list[Result]) -> None:
        if Conflict in set(map(type, results)):
            task = asyncio.get_running_loop().create_task(self._list(brought, results))
            self._listing.add(task)
            task.add_done_callback(self._listing.discard)
        elif not brought.results.done():
            brought.results.set_result(results)

    async def _list(self, brought: _Brought, results: list[Result]) -> None:
        """Answer once the conflicts are listed."""
        try:
            await asyncio.to_thread(self._recording.list_conflicts, brought.facts, results)
        except Exception as error:
            if not brought.results.done():
                brought.results.set_exception(error)
        else:
            if not brought.results.done():
                brought.results.set_result(results)
