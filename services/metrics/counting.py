"""What a process counts while it answers: plain numbers, made into metrics only when somebody asks."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.core import Exemplar, Metric
from prometheus_client.registry import Collector

from services.metrics import names

SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
PACKED = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
OUTCOMES = ("recorded", "duplicate", "conflict", "refused")


class Histogram:
    """How many of what was observed are up to each bound."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> int:
        """Count a value, and tell which bucket it went to."""
        bucket = bisect_left(self._bounds, value)
        self._counts[bucket] += 1
        self._total += value
        return bucket

    @property
    def buckets(self) -> list[tuple[str, float]]:
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self._counts)), strict=True))

    @property
    def total(self) -> float:
        return self._total


class Counts(Collector):
    """Requests and events. Counted from the event loop alone, so that nothing has to be locked."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._durations: dict[str, Histogram] = {}
        self._traces: dict[str, dict[int, Exemplar]] = {}
        self._events = dict.fromkeys(OUTCOMES, 0)

    def request(
        self, method: str, route: str, status: int, seconds: float, trace_id: str | None = None
    ) -> None:
        """Count an answer. ``trace_id``, where the caller told one, is kept as the latest of its bucket."""
        self._requests[method if method in _METHODS else "other", route, status] += 1
        durations = self._durations.get(route)
        if durations is None:
            durations = self._durations[route] = Histogram(SECONDS)
        bucket = durations.observe(seconds)
        if trace_id is not None:
            exemplar = Exemplar({"trace_id": trace_id}, seconds, time.time())
            self._traces.setdefault(route, {})[bucket] = exemplar

    def events(self, outcome: str, count: int) -> None:
        self._events[outcome] += count

    def collect(self) -> Iterable[Metric]:
        yield names.REQUESTS.family(
            ((method, route, str(status)), count)
            for (method, route, status), count in list(self._requests.items())
        )
        durations = names.REQUEST_DURATION.buckets(
            ((route,), of.buckets, of.total) for route, of in list(self._durations.items())
        )
        _add_exemplars(durations, self._traces)
        yield durations
        yield names.EVENTS.family(((outcome,), count) for outcome, count in self._events.items())


class Appends(Collector):
    """What the log's writer tells of each append. Told from its one thread."""

    def __init__(self) -> None:
        self._packs = Histogram(PACKED)
        self._durations = Histogram(SECONDS)

    def appended(self, events: int, seconds: float) -> None:
        self._packs.observe(events)
        self._durations.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        yield names.PACK_EVENTS.buckets([((), self._packs.buckets, self._packs.total)])
        yield names.APPEND_DURATION.buckets([((), self._durations.buckets, self._durations.total)])


def _add_exemplars(metric: Metric, traces: dict[str, dict[int, Exemplar]]) -> None:
    """Put the exemplar of each bucket on its sample; plain text leaves them out."""
    bounds = [*map(str, SECONDS), "+Inf"]
    for place, sample in enumerate(metric.samples):
        if sample.name.endswith("_bucket"):
            exemplar = traces.get(sample.labels["route"], {}).get(bounds.index(sample.labels["le"]))
            if exemplar is not None:
                metric.samples[place] = sample._replace(exemplar=exemplar)
