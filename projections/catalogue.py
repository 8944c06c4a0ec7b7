"""All projections, which live updates, rebuilds and past days go through alike."""

from typing import Any

from projections.child_rows import child_rows
from projections.clock_rows import clock_rows
from projections.delay_rows import delay_rows
from projections.discrepancy_rows import discrepancy_rows
from projections.fact_rows import fact_rows
from projections.identity_rows import identity_rows
from projections.measured.rows import measured_rows
from projections.projection import Projection
from projections.vanished_rows import vanished_rows
from projections.worker_rows import worker_rows

PROJECTIONS: tuple[Projection[Any], ...] = (
    clock_rows,
    child_rows,
    discrepancy_rows,
    delay_rows,
    fact_rows,
    vanished_rows,
    measured_rows,
    worker_rows,
    identity_rows,
)
