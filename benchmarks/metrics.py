"""How long Prometheus waits for the metrics of an authority, and how long their past takes to be written.

Baselines of the same run: for a scrape, formatting as many numbers that are there already; for the past,
asking for each child's clocks as at each of a few days. Of 5 million events a scrape is to take less than a
tenth of a second, and five years less than five minutes.
"""

import statistics
import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from benchmarks.authority import TODAY, authority, held_to
from domain.question import Question
from projections.clock_rows import clock_rows
from services.compose import Parts
from services.metrics.counting import Counts
from services.metrics.exposition import Exposition
from services.metrics.history import Range, as_openmetrics, past_figures

YEARS = 5
SCRAPES = 30
SCRAPE_S, PAST_S = 0.1, 300.0
"""What a scrape, and the past of an authority of 5 million events, are to take no longer than."""

ASKED_CHILDREN, ASKED_DAYS = 60, 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long scrapes and the past take, beside their baselines."""
    with authority(arguments, __doc__) as (parts, events):
        _measure_scrapes(parts)
        _measure_past(parts, events)


def _measure_scrapes(parts: Parts) -> None:
    exposition = Exposition(parts, [Counts()], with_practice=True)
    while b"casetimeline_practice_read" not in exposition.text("")[0]:
        time.sleep(0.1)
    text = exposition.text("")[0]
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    idle = [_timed(lambda: exposition.text("")) for _ in range(SCRAPES)]
    stop = threading.Event()
    busy = threading.Thread(target=_fold_until, args=(parts, stop), daemon=True)
    busy.start()
    loaded = [_timed(lambda: exposition.text("")) for _ in range(SCRAPES)]
    stop.set()
    busy.join()
    ready = _ready(series)
    floor = [_timed(lambda: generate_latest(ready)) for _ in range(SCRAPES)]
    base = statistics.median(floor)
    for what, taken in (("scrape", idle), ("scrape while the process folds", loaded)):
        median = statistics.median(taken)
        print(
            f"{what}: median {median * 1e3:.0f} ms, slowest {max(taken) * 1e3:.0f} ms for {series:,} series, "
            f"{median / base:.1f} x formatting them ({base * 1e3:.0f} ms){held_to(max(taken), SCRAPE_S)}"
        )


def _fold_until(parts: Parts, stop: threading.Event) -> None:
    while not stop.is_set():
        for stream in list(parts.log.streams())[:200]:
            history = parts.histories.of(stream)
            if history is not None:
                parts.histories.case(history, Question(TODAY)).figures  # noqa: B018
            if stop.is_set():
                return


def _ready(series: int) -> CollectorRegistry:
    family = GaugeMetricFamily("baseline", "Numbers that are there already.", labels=("a", "b"))
    for number in range(series):
        family.add_metric((str(number), "value"), number)

    class Ready:
        def collect(self):
            return [family]

    registry = CollectorRegistry()
    registry.register(Ready())
    return registry


def _measure_past(parts: Parts, events: int) -> None:
    last = TODAY - timedelta(days=1)
    first = last.replace(year=last.year - YEARS)
    began = time.perf_counter()
    lines = sum(1 for _ in as_openmetrics(past_figures(parts, Range(first, last, Question(last)), _tell), 1))
    taken = time.perf_counter() - began
    days = (last - first).days + 1
    base = _asked_each_day(parts, days)
    print(
        f"{days:,} days written in {taken:.0f} s, {lines:,} lines, {events / taken:,.0f} events a second; "
        f"asking as at each day takes {base:,.0f} s (a sample, scaled), {base / taken:,.0f} x as long"
        f"{held_to(taken, PAST_S)}"
    )


def _asked_each_day(parts: Parts, days: int) -> float:
    streams = list(parts.log.streams())
    sample = streams[:: max(len(streams) // ASKED_CHILDREN, 1)]
    began = time.perf_counter()
    for stream in sample:
        history = parts.histories.of(stream)
        assert history is not None
        for back in range(ASKED_DAYS):
            day = date(TODAY.year - back, 3, 31)
            clock_rows.rows(parts.histories.case(history, Question(day)))
    return (time.perf_counter() - began) / len(sample) / ASKED_DAYS * len(streams) * days


def _tell(done: int, of: int) -> None:
    pass


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
