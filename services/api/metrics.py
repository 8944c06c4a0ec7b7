"""The Prometheus names, in one place; none has a child or a worker in a label."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What this process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "casetimeline_http_requests",
            "Requests answered, by the template of their address.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._durations = Histogram(
            "casetimeline_http_request_duration_seconds",
            "How long requests took to answer.",
            ("route",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._events = Counter(
            "casetimeline_events",
            "Events received, by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        for outcome in ("recorded", "duplicate", "conflict", "refused"):
            self._events.labels(outcome)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method, route, status)
        found = self._counters.get(key)
        if found is None:
            named = method if method in _METHODS else "other"
            found = (self._requests.labels(named, route, status), self._durations.labels(route))
            if named == method:
                self._counters[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def events(self, outcome: str, count: int) -> None:
        if count:
            self._events.labels(outcome).inc(count)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


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


def gauges(name: str, told: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    """Several numbers, told apart by a label."""
    family = GaugeMetricFamily(name, told, labels=(label,))
    for key, value in values:
        family.add_metric((key,), value)
    return family
