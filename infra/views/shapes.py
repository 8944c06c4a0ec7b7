"""Which table the rows of each projection stand in, and how."""

from collections.abc import Mapping
from typing import Any

from infra.views.clock_columns import CLOCK_SHAPE
from infra.views.shape import Shape, plain
from infra.views.tables import (
    CHILDREN,
    DISCREPANCIES,
    FACTS,
    IDENTITIES,
    MEASURED,
    RECORDING_DELAYS,
    VANISHED_RECORDS,
    WORKERS,
)
from projections.child_rows import ChildRow
from projections.delay_rows import DelayRow
from projections.discrepancy_rows import DiscrepancyRow
from projections.fact_rows import FactRow
from projections.identity_rows import IdentityRow
from projections.measured.row import Measured
from projections.vanished_rows import VanishedRow
from projections.worker_rows import WorkerRow

SHAPES: Mapping[str, Shape[Any]] = {
    "clocks": CLOCK_SHAPE,
    "children": plain(CHILDREN, ChildRow),
    "discrepancies": plain(DISCREPANCIES, DiscrepancyRow),
    "recording_delays": plain(RECORDING_DELAYS, DelayRow),
    "facts": plain(FACTS, FactRow),
    "vanished_records": plain(VANISHED_RECORDS, VanishedRow),
    "measured": plain(MEASURED, Measured),
    "workers": plain(WORKERS, WorkerRow),
    "identities": plain(IDENTITIES, IdentityRow),
}
"""By the name of the projection."""
