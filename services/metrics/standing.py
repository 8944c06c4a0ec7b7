"""What is told of the log, the lists and the room there is, read whenever somebody asks."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client.core import Metric

from infra.conflicts import Conflicts
from infra.keys import KeyStore
from infra.log.log import Log
from infra.runs import IMPORT, VERIFICATION, Runs
from infra.views.tables import SET_ASIDE
from infra.views.views import Views
from services.intake_reads import IntakeReads
from services.metrics import names
from services.metrics.counting import OUTCOMES
from services.standing import standings


def of_log(log: Log) -> Iterable[Metric]:
    """How much is in the log, and whether all of it still is."""
    heads = log.heads()
    yield names.LOG_EVENTS.family(((str(partition),), head) for partition, head in enumerate(heads))
    yield names.LOG_BEHIND.family(((str(partition),), lag) for partition, lag in log.behind.items())
    yield names.LOG_DAMAGED.of(len(log.damaged))


def of_conflicts(conflicts: Conflicts) -> Iterable[Metric]:
    """What was refused as a conflict with the log."""
    yield names.CONFLICTS.of(conflicts.count())


def of_keys(keys: KeyStore) -> Iterable[Metric]:
    """Nothing: how many keys there are would take as long to count. Raises where none could be made."""
    keys.try_making()
    return ()


def of_lag(log: Log, views: Views, now: Callable[[], datetime]) -> Iterable[Metric]:
    """How far each projection is behind each partition of the log, in events and in time, and how far the
    builds are that are being made.
    """
    found = standings(log, views, now())
    lags = [((one.position.projection, str(lag.partition)), lag) for one in found for lag in one.lags]
    yield names.LAG_EVENTS.family((labels, lag.events) for labels, lag in lags)
    yield names.LAG_SECONDS.family((labels, lag.seconds) for labels, lag in lags if lag.seconds is not None)
    coming = [(one.position.projection, one.next) for one in found if one.next is not None]
    yield names.REBUILD_EVENTS.family(
        ((name, part), count)
        for name, one in coming
        for part, count in (("read", one.read), ("all", one.all))
    )
    yield names.REBUILD_LEFT.family(
        ((name,), one.seconds_left) for name, one in coming if one.seconds_left is not None
    )


def of_views(views: Views) -> Iterable[Metric]:
    """What each projection has read of each partition and what became of it, and what is set aside."""
    read = [
        ((one.projection, str(partition)), one, partition)
        for one in views.positions()
        for partition in sorted(one.partitions)
    ]
    yield names.READ_EVENTS.family((labels, one.number(partition)) for labels, one, partition in read)
    yield names.APPLIED_EVENTS.family(
        (labels, one.applied.get(partition, 0)) for labels, one, partition in read
    )
    yield names.ASIDE_EVENTS.family(
        (labels, one.set_aside.get(partition, 0)) for labels, one, partition in read
    )
    aside = views.set_aside(SET_ASIDE.c.dropped.is_(False))
    yield names.SET_ASIDE.family([(("children",), len({one.stream for one in aside}))])


def of_intake(reads: IntakeReads) -> Iterable[Metric]:
    """How far the intake is, and what became of what was published."""
    found = reads.standing()
    yield names.INTAKE_LAG.family(((str(one["partition"]),), one["lag"]) for one in found["partitions"])
    yield names.SET_ASIDE.family([(("intake records",), found["set_aside"])])
    yield names.INTAKE_RECORDS.family(((outcome,), count) for outcome, count in found["tally"].items())


def of_runs(runs: Runs) -> Iterable[Metric]:
    """What the last walk through the log found, and what imports came to."""
    if walks := runs.all_of(VERIFICATION):
        yield names.VERIFIED.of(walks[-1].ended_at.timestamp())
        yield names.VERIFICATION_FAULTS.of(walks[-1].counted["faults"])
    files: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    events: Counter[tuple[str, str]] = Counter()
    for run in runs.all_of(IMPORT):
        files[run.of] += run.counted["files"]
        aside[run.of] += run.counted["set_aside"]
        for outcome in OUTCOMES:
            # Imports before this was counted told nothing of it.
            events[run.of, outcome] += run.counted.get(outcome, 0)
    yield names.IMPORTED_FILES.family(((of,), count) for of, count in sorted(files.items()))
    yield names.IMPORT_EVENTS.family(sorted(events.items()))
    yield names.IMPORT_LINES_ASIDE.family(((of,), count) for of, count in sorted(aside.items()))


def of_room(folder: Path) -> Iterable[Metric]:
    """How much room is left where the service keeps what is embedded."""
    yield names.DISK_FREE.of(shutil.disk_usage(folder).free)
