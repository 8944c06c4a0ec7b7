"""Metrics of many days as OpenMetrics text, family by family and series by series."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from math import isnan, nan

from prometheus_client.core import Metric
from prometheus_client.samples import Sample

Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Days:
    """The samples of several days, as many numbers as there are series and days, and nothing else."""

    def __init__(self, timestamps_s: list[float]) -> None:
        self._timestamps_s = timestamps_s
        self._families: dict[str, tuple[str, str]] = {}
        self._series: dict[str, dict[Series, array[float]]] = {}

    def add(self, place: int, metrics: Iterable[Metric]) -> None:
        """Keep the samples of one of the days."""
        for metric in metrics:
            if metric.name not in self._families:
                self._families[metric.name] = (metric.type, metric.documentation)
                self._series[metric.name] = {}
            known = self._series[metric.name]
            for sample in metric.samples:
                of = _series(sample)
                values = known.get(of)
                if values is None:
                    values = known[of] = array("d", [nan]) * len(self._timestamps_s)
                values[place] = sample.value

    def lines(self) -> Iterator[str]:
        """The text, a line at a time: each family once, each metric with its days in order."""
        times = [f" {time:.0f}\n" for time in self._timestamps_s]
        for family, (kind, told) in self._families.items():
            yield f"# HELP {family} {told.translate(_ESCAPED)}\n# TYPE {family} {kind}\n"
            in_order = sorted(self._series[family].items(), key=_in_order)
            for _, together in groupby(in_order, key=lambda one: _of_metric(one[0][1])):
                series = [(_head(*of), values) for of, values in together]
                for place, time in enumerate(times):
                    for head, values in series:
                        value = values[place]
                        if not isnan(value):
                            yield f"{head}{value!r}{time}"
        yield "# EOF\n"


def _series(sample: Sample) -> Series:
    return sample.name, tuple(sample.labels.items())


def _head(name: str, labels: Labels) -> str:
    inside = ",".join(f'{label}="{value.translate(_ESCAPED)}"' for label, value in labels)
    return f"{name}{{{inside}}} " if labels else f"{name} "


def _of_metric(labels: Labels) -> Labels:
    """What tells metrics of a family apart: the buckets of a histogram are one."""
    return tuple(label for label in labels if label[0] != "le")


def _in_order(one: tuple[Series, object]) -> tuple[Labels, str, float]:
    """What belongs to one metric stands together, its buckets first and in order."""
    name, labels = one[0]
    bound = dict(labels).get("le")
    return _of_metric(labels), "" if bound else name, float(bound) if bound else 0.0
