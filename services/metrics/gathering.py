"""Metrics that are read from parts of the service which may be slow or away: no scrape waits for them."""

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from time import monotonic

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from services.metrics import names

WAIT_S = 0.04
"""How long one scrape waits for what it has asked for."""

PATIENCE_S = 10.0
"""How long a part may take to answer: less than lies between two scrapes, so that the second one after it
began to hang says so."""

KEPT_S = 90.0
"""How long what was read may be told again: longer than lies between two scrapes, for what takes long to read
is told by the next."""


class Gathered:
    """What one part tells, read in a thread of its own whenever somebody asks and it may have changed.

    An answer has what was read last. Where the part fails, or takes longer than ``patience_s``, its metrics
    are absent and it counts as out of reach, until it has answered. ``state`` says whether reading again
    could tell anything new; ``checked`` is told of the moment before the last look that found what is told
    still true.
    """

    def __init__(
        self,
        part: str,
        read: Callable[[], Iterable[Metric]],
        state: Callable[[], Hashable] | None = None,
        checked: Callable[[], Iterable[Metric]] = tuple,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.part = part
        self._read = read
        self._state = state
        self._checked = checked
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._is_reading = False
        self._known: Sequence[Metric] = ()
        self._known_state: Hashable = None
        self._known_checked: Sequence[Metric] = ()
        self._read_at_s: float | None = None
        self._began_at_s = 0.0
        self._has_failed = False

    def _could_be_read(self) -> bool | None:
        if self._has_failed:
            return False
        if self._is_reading and monotonic() - self._began_at_s > self._patience_s:
            return False
        return None if self._read_at_s is None else True

    def wait(self, until_s: float) -> None:
        """Wait for what was begun, but no longer."""
        self._done.wait(max(until_s - monotonic(), 0))

    def known(self) -> tuple[bool | None, Sequence[Metric]]:
        """Whether the part could be read, None while nobody knows; and what was read last, if it can be told
        still. Both at one moment: of a part that is down nothing is told.
        """
        with self._lock:
            is_up = self._could_be_read()
            is_old = self._read_at_s is None or monotonic() - self._read_at_s > KEPT_S
            return is_up, (*self._known, *self._known_checked) if is_up and not is_old else ()

    def begin(self) -> None:
        """Read, unless that is under way."""
        with self._lock:
            if self._is_reading:
                return
            self._is_reading = True
            self._began_at_s = monotonic()
            self._done.clear()
        threading.Thread(target=self._gather, name=f"metrics of {self.part}", daemon=True).start()

    def _gather(self) -> None:
        try:
            checked = list(self._checked())
            state = self._state() if self._state else None
            is_same = state is not None and state == self._known_state and not self._has_failed
            found = self._known if is_same else list(self._read())
        # Whatever went wrong with it, the other metrics are told.
        except Exception:
            with self._lock:
                self._has_failed = True
        else:
            with self._lock:
                self._known, self._known_state, self._known_checked = found, state, checked
                self._read_at_s = monotonic()
                self._has_failed = False
        finally:
            with self._lock:
                self._is_reading = False
            self._done.set()


class Gathering(Collector):
    """What all parts tell, and which of them could be read. All are read at once, and waited for together."""

    def __init__(self, parts: Sequence[Gathered], wait_s: float = WAIT_S) -> None:
        self._parts = parts
        self._wait_s = wait_s

    def collect(self) -> Iterable[Metric]:
        for part in self._parts:
            part.begin()
        until_s = monotonic() + self._wait_s
        for part in self._parts:
            part.wait(until_s)
        told = [(part.part, *part.known()) for part in self._parts]
        yield from _joined(metric for _, _, metrics in told for metric in metrics)
        yield names.UP.family(((part,), float(is_up)) for part, is_up, _ in told if is_up is not None)

    def describe(self) -> Iterable[Metric]:
        return []


def _joined(metrics: Iterable[Metric]) -> Iterable[Metric]:
    """Each metric once: what several parts tell under one name stands together."""
    told: dict[str, Metric] = {}
    for metric in metrics:
        if before := told.get(metric.name):
            joined = Metric(metric.name, metric.documentation, metric.type)
            joined.samples = [*before.samples, *metric.samples]
            told[metric.name] = joined
        else:
            told[metric.name] = metric
    return told.values()
