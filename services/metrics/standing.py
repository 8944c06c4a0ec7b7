"""What is told of the log, the lists and the room there is, read whenever somebody asks."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client.core import Metric

from infra.conflicts import Conflicts
from infra.log.log import Log
from infra.runs import IMPORT, VERIFICATION, Runs
from infra.views.views import Views
from services.intake_reads import IntakeReads
from services.metrics import names


def of_log(log: Log, conflicts: Conflicts) -> Iterable[Metric]:
    """How much is in the log, and what was refused as a conflict with it."""
    heads = log.heads()
    yield names.LOG_EVENTS.family(((str(partition),), head) for partition, head in enumerate(heads))
    yield names.CONFLICTS.of(conflicts.count())


def of_projections(log: Log, views: Views, now: Callable[[], datetime]) -> Iterable[Metric]:
    """How far each projection is behind each partition of the log, in events and in time."""
    heads = log.heads()
    lags: list[tuple[tuple[str, str], float]] = []
    waits: list[tuple[tuple[str, str], float]] = []
    waiting_s: dict[tuple[int, int], float] = {}
    for position in views.positions():
        for partition, head in enumerate(heads):
            labels = (position.projection, str(partition))
            number = position.number(partition)
            lags.append((labels, max(head - number, 0)))
            if (partition, number) not in waiting_s:
                first = log.page(partition, number, 1) if number < head else ()
                waited = (now() - first[0].recorded_at).total_seconds() if first else 0.0
                waiting_s[partition, number] = max(waited, 0.0)
            waits.append((labels, waiting_s[partition, number]))
    yield names.LAG_EVENTS.family(lags)
    yield names.LAG_SECONDS.family(waits)


def of_intake(reads: IntakeReads) -> Iterable[Metric]:
    """How far the intake is, and what became of what was published."""
    found = reads.standing()
    yield names.INTAKE_LAG.family(((str(one["partition"]),), one["lag"]) for one in found["partitions"])
    yield names.INTAKE_RECORDS.family(((outcome,), count) for outcome, count in found["tally"].items())


def of_runs(runs: Runs) -> Iterable[Metric]:
    """What the last walk through the log found, and what imports came to."""
    if walks := runs.all_of(VERIFICATION):
        yield names.VERIFIED.of(walks[-1].ended_at.timestamp())
        yield names.VERIFICATION_FAULTS.of(walks[-1].counted["faults"])
    files: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    for run in runs.all_of(IMPORT):
        files[run.of] += run.counted["files"]
        aside[run.of] += run.counted["set_aside"]
    yield names.IMPORTED_FILES.family(((of,), count) for of, count in sorted(files.items()))
    yield names.IMPORT_LINES_ASIDE.family(((of,), count) for of, count in sorted(aside.items()))


def of_room(folder: Path) -> Iterable[Metric]:
    """How much room is left where the service keeps what is embedded."""
    yield names.DISK_FREE.of(shutil.disk_usage(folder).free)
