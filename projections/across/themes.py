"""Themes that audits find below good again, whichever child they were of."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from projections.measure import Period
from projections.measured.row import Measured

SERIES = "themes_found"
FIRST, REPEATED = "first", "repeated"


class Found(NamedTuple):
    """An audit that found the work below good, on a theme where one was told."""

    child: str
    audit_id: str
    day: date
    theme: str | None
    worker_id: str | None
    team_id: str | None


def measured_themes(audits: Iterable[Found], period: Period) -> Iterator[Measured]:
    """A row for each such audit of a period: whether one of an earlier day had found its theme.

    Audits of one day are one look at the work, and none of them repeats another.
    """
    every = list(audits)
    first: dict[str, date] = {}
    for audit in every:
        if audit.theme is not None:
            first[audit.theme] = min(audit.day, first.get(audit.theme, audit.day))
    for child, audit_id, day, theme, worker, team in every:
        if period.first <= day <= period.last:
            yield Measured(
                child=child,
                series=SERIES,
                thing=audit_id,
                day=day,
                since=day,
                until=day,
                outcome=REPEATED if theme is not None and first[theme] < day else FIRST,
                kind=theme,
                worker_id=worker,
                team_id=team,
            )
