"""Changes of worker, child by child."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from projections.measure import Period
from projections.measured.row import Measured

SERIES = "changes_by_child"


class Change(NamedTuple):
    """A case passed from one worker to another."""

    child: str
    day: date
    worker_id: str | None
    team_id: str | None


def changes_by_child(changes: Iterable[Change], period: Period) -> Iterator[Measured]:
    """A row for each child whose worker changed in a period; its length is how often. It is its latest
    worker's and team's.
    """
    of_child: dict[str, list[Change]] = {}
    for change in changes:
        if period.first <= change.day <= period.last:
            of_child.setdefault(change.child, []).append(change)
    for child, found in of_child.items():
        last = max(found, key=lambda change: change.day)
        yield Measured(
            child=child,
            series=SERIES,
            thing=child,
            day=last.day,
            since=min(change.day for change in found),
            until=last.day,
            outcome="changed",
            length=len(found),
            worker_id=last.worker_id,
            team_id=last.team_id,
        )
