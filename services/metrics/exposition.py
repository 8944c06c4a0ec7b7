"""Everything that one process tells Prometheus, and in which form."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from services.compose import Parts
from services.metrics import names
from services.metrics.from_views import figures_of_today
from services.metrics.gathering import Gathered, Gathering
from services.metrics.practice import practice_metrics
from services.metrics.standing import (
    of_conflicts,
    of_intake,
    of_keys,
    of_lag,
    of_log,
    of_room,
    of_runs,
    of_views,
)

COUNTING_S = 30.0
"""How long counting children may take, with the lists of a large authority and much else to do."""


class Exposition:
    """The metrics of this process: what it counts itself, and what it reads of the parts it leans on.

    A process tells only of itself; figures about children are told by every process that serves, alike.
    """

    def __init__(self, parts: Parts, counts: Iterable[Collector], *, with_practice: bool) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self.registry.register(_Build())
        for collector in counts:
            self.registry.register(collector)
        gathered = [
            Gathered("log", lambda: of_log(parts.log)),
            Gathered("keys", lambda: of_keys(parts.keys)),
            Gathered("views", lambda: of_views(parts.views)),
            Gathered("lag", lambda: of_lag(parts.log, parts.views, parts.now)),
            Gathered("conflicts", lambda: of_conflicts(parts.conflicts)),
            Gathered("runs", lambda: of_runs(parts.runs)),
            Gathered("disk", lambda: of_room(parts.data)),
        ]
        reads = parts.intake
        if reads is not None:
            gathered.append(Gathered("intake", lambda: of_intake(reads)))
        if with_practice:
            gathered.append(_practice(parts))
        self.registry.register(Gathering(gathered))

    def text(self, accept: str) -> tuple[bytes, str]:
        """The exposition and its content type: OpenMetrics where ``accept`` asks for it."""
        if "application/openmetrics-text" in accept:
            text: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
            return text, openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Build(Collector):
    def collect(self) -> Iterable[Metric]:
        return [names.BUILD.info(version=build())]


def build() -> str:
    """The version of the service that is installed."""
    try:
        return version("casetimeline")
    except PackageNotFoundError:
        return "0"


def _practice(parts: Parts) -> Gathered:
    def state() -> object:
        positions = parts.views.positions()
        numbers = tuple(
            (tuple(sorted(one.partitions.items())), tuple(sorted(one.set_aside.items()))) for one in positions
        )
        return parts.today(), tuple(one.build for one in positions), numbers

    def read() -> Iterable[Metric]:
        return practice_metrics(figures_of_today(parts.views, parts.today()))

    def checked() -> Iterable[Metric]:
        return [names.PRACTICE_READ.of(parts.now().timestamp())]

    return Gathered("practice", read, state, checked, COUNTING_S)
