"""How long after they occurred facts were entered."""

from collections.abc import Iterable, Iterator

from projections.delay_rows import DelayRow
from projections.measured.row import Measured

SERIES = "facts_entered"


def measured_delays(rows: Iterable[DelayRow]) -> Iterator[tuple[Measured, int]]:
    """As measures count them, each with how many facts it stands for; lengths are working days."""
    for row in rows:
        yield (
            Measured(
                child=row.child,
                series=SERIES,
                thing=f"{row.source}:{row.entered_on.isoformat()}:{row.working_days}",
                day=row.entered_on,
                since=row.entered_on,
                until=row.entered_on,
                outcome="entered",
                kind=row.source,
                length=row.working_days,
                worker_id=row.worker_id,
                team_id=row.team_id,
            ),
            row.facts,
        )
