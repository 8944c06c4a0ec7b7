"""Processes of their own for what one alone takes too long for, each with the whole service as configured."""

import atexit
import gc
import multiprocessing
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any, TypeVar

from services.compose import Parts, composed
from services.config import Config
from services.held import Beside
from services.with_parent import end_with_starter

ENDS_WITHIN_S = 5.0
"""How long a process that has nothing to do may take to end."""

_config: list[Config] = []
_beside: list[Beside] = []
# Forked, they would share this one's connections and threads.
_SPAWNING = multiprocessing.get_context("spawn")

Answer = TypeVar("Answer")


@contextmanager
def workers(config: Config, count: int) -> Iterator["Workers"]:
    """So many processes, which end with this; what they run finds its parts by `own_parts`."""
    with closing(Workers(config, count)) as made:
        yield made


class Workers:
    """Runs functions in other processes, each begun when there is work that none is free for.

    The pool of the standard library shares its pipes among the processes, and one thread looks after all
    futures: where a process is killed as futures are cancelled, that thread fails, and the other processes
    and their starter wait for each other for ever. Here a thread waits for each process, by a pipe of its
    own, which ends with the process.
    """

    def __init__(self, config: Config, count: int) -> None:
        self._config = config
        self._threads = ThreadPoolExecutor(count, "worker")
        self._lock = Lock()
        self._begun: list[_Worker] = []
        self._free: list[_Worker] = []
        self._is_closing = False

    def submit(self, work: Callable[..., Answer], *given: Any) -> "Future[Answer]":
        """What a function makes of what it is given, all of it to be pickled.

        It raises BrokenExecutor where its process ended first, and what the function raises.
        """
        return self._threads.submit(self._do, work, given)

    def close(self) -> None:
        """End the processes: those at work at once, for whoever gave them work is gone."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_closing = True
            for worker in self._begun:
                if worker not in self._free:
                    worker.kill()
        self._threads.shutdown()
        for worker in self._begun:
            worker.let_end()
        for worker in self._begun:
            worker.end()

    def _do(self, work: Callable[..., Answer], given: tuple[Any, ...]) -> Answer:
        with self._lock:
            if self._is_closing:
                raise BrokenExecutor("nobody waits for this work any more")
            if not self._free:
                self._free.append(_Worker(self._config))
                self._begun.append(self._free[-1])
            worker = self._free.pop()
        try:
            answer: Answer = worker.do(work, given)
            return answer
        finally:
            with self._lock:
                self._free.append(worker)


class _Worker:
    """A process, and the end of the pipe by which it is given work."""

    def __init__(self, config: Config) -> None:
        self._pipe, theirs = _SPAWNING.Pipe()
        self._process = _SPAWNING.Process(target=_work, args=(theirs, config), daemon=True)
        self._process.start()
        # Only the process has it now, so that the pipe ends with that.
        theirs.close()

    def do(self, work: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        asked = pickle.dumps((work, given))
        try:
            self._pipe.send_bytes(asked)
            told = self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise BrokenExecutor("a process ended before its work was done") from error
        is_done, answer = pickle.loads(told)  # noqa: S301 (from a process of this service)
        if is_done:
            return answer
        raise answer

    def kill(self) -> None:
        self._process.kill()

    def let_end(self) -> None:
        self._pipe.close()

    def end(self) -> None:
        self._process.join(ENDS_WITHIN_S)
        self._process.kill()
        self._process.join()
        self._process.close()


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


def _work(pipe: Connection, config: Config) -> None:
    """Do what comes through a pipe until it ends."""
    _begin(config)
    while True:
        try:
            asked = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answered(asked))


def _answered(asked: bytes) -> bytes:
    try:
        work, given = pickle.loads(asked)  # noqa: S301 (from the process that started this one)
        return pickle.dumps((True, work(*given)))
    except Exception as error:
        error.add_note(traceback.format_exc())
        return _failed(error)


def _failed(error: Exception) -> bytes:
    """An error as it goes through the pipe; of one that cannot, its name."""
    try:
        told = pickle.dumps((False, error))
        pickle.loads(told)  # noqa: S301 (made here)
    except Exception:
        return pickle.dumps((False, RuntimeError(type(error).__name__)))
    return told


def _begin(config: Config) -> None:
    end_with_starter()
    # Ctrl-C is for the process that gave out the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Millions of facts are made and let go of by counting alone; what refers to itself waits for `tidy`.
    gc.disable()
    _config.append(config)
    _beside.append(Beside())
