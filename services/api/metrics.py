"""The Prometheus names, in one place; none has a child or a worker in a label."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BOUNDS = (*map(str, _SECONDS), "+Inf")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
OUTCOMES = ("recorded", "duplicate", "conflict", "refused")


class Metrics(Collector):
    """What this process counts: plain numbers, made into metrics only when somebody asks for them.

    Counted from the event loop alone, so that nothing has to be locked.
    """

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._durations: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._events = dict.fromkeys(OUTCOMES, 0)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests[method if method in _METHODS else "other", route, status] += 1
        durations = self._durations.get(route)
        if durations is None:
            durations = self._durations[route] = [0] * len(_BOUNDS)
            self._seconds[route] = 0.0
        durations[bisect_left(_SECONDS, seconds)] += 1
        self._seconds[route] += seconds

    def events(self, outcome: str, count: int) -> None:
        self._events[outcome] += count

    def collect(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "casetimeline_http_requests",
            "Requests answered, by the template of their address.",
            labels=("method", "route", "status"),
        )
        for (method, route, status), count in list(self._requests.items()):
            requests.add_metric((method, route, str(status)), count)
        yield requests
        durations = HistogramMetricFamily(
            "casetimeline_http_request_duration_seconds",
            "How long requests took to answer.",
            labels=("route",),
        )
        for route, counts in list(self._durations.items()):
            buckets = list(zip(_BOUNDS, accumulate(counts), strict=True))
            durations.add_metric((route,), buckets, self._seconds[route])
        yield durations
        events = CounterMetricFamily(
            "casetimeline_events", "Events received, by what became of them.", labels=("outcome",)
        )
        for outcome, count in self._events.items():
            events.add_metric((outcome,), count)
        yield events


class Standing(Collector):
    """What is read from the log and the views whenever it is asked for."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()

    def describe(self) -> Iterable[Metric]:
        return []


def gauge(name: str, told: str, value: float) -> Metric:
    """One number, in the present."""
    return GaugeMetricFamily(name, told, value=value)


def gauges(
    name: str, told: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    """Several numbers, told apart by labels."""
    family = GaugeMetricFamily(name, told, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family
