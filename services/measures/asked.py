"""What measures are asked for: a period beside the two questions, whose cases, and parted by what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from domain.field import Invalid, Problem
from domain.moment import read_day
from domain.months import months_after
from infra.views.measured import By, Only
from projections.measure import Period
from services.asked import Asked

PERIOD_MONTHS = 12
"""How long the period is where its first day is not named."""

BYS: tuple[By, ...] = get_args(By)
FILTERS = ("from", "to", "by", "team_id", "worker_id", "kind")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The questions, the period, which cases, and what to part them by."""

    asked: Asked
    period: Period
    only: Only
    by: By | None

    @property
    def day(self) -> date:
        return self.asked.question.as_at

    def echo(self) -> dict[str, object]:
        """All that was asked, as every reply repeats it."""
        return {
            **self.asked.echo(),
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "by": self.by,
            "team_id": self.only.team_id,
            "worker_id": self.only.worker_id,
            "kind": self.only.kind,
        }


def wanted(asked: Asked, found: Mapping[str, str]) -> Wanted:
    """Read what is asked of measures. The period is the twelve months that end with the day asked about,
    unless told otherwise.

    Raises Invalid, naming the parameter, for a period that is none or that is not over on that day.
    """
    problems: list[Problem] = []
    as_at = asked.question.as_at
    last = _day(found, "to", problems) or as_at
    first = _day(found, "from", problems) or months_after(last, -PERIOD_MONTHS) + timedelta(days=1)
    by = next((one for one in BYS if one == found.get("by")), None)
    if last > as_at:
        problems.append(Problem("to", f"must not be after the day asked about, {as_at.isoformat()}"))
    elif first > last:
        problems.append(Problem("from", f"must not be after the last day of the period, {last.isoformat()}"))
    if "by" in found and by is None:
        problems.append(Problem("by", f"must be one of {', '.join(BYS)}"))
    if problems:
        raise Invalid(problems)
    only = Only(team_id=found.get("team_id"), worker_id=found.get("worker_id"), kind=found.get("kind"))
    return Wanted(asked, Period(first, last), only, by)


def _day(found: Mapping[str, str], name: str, problems: list[Problem]) -> date | None:
    text = found.get(name)
    if text is None:
        return None
    try:
        return read_day(text)
    except ValueError as error:
        problems.append(Problem(name, str(error)))
        return None
