"""What measures are asked for: a period beside the two questions, whose cases, and parted by what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import get_args

from domain.field import Invalid, Problem
from domain.moment import EARLIEST, Moment, read_day
from domain.months import months_after
from domain.policy import AS_REVIEWED, Policy
from domain.working_days import WorkingDays
from infra.views.measured import By, Only
from projections.measure import Period
from services.asked import Asked, ask

PERIOD_MONTHS = 12
"""How long the period is where its first day is not named."""

BYS: tuple[By, ...] = get_args(By)
FILTERS = ("from", "to", "by", "team_id", "worker_id", "kind")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The questions, the period, which cases, and what to part them by; and the local policy that what is
    measured is held to.
    """

    asked: Asked
    period: Period
    only: Only
    by: By | None
    policy: Policy = AS_REVIEWED

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


def published(found: Mapping[str, str], today: date, calendar: WorkingDays) -> tuple[Asked, datetime]:
    """The question of a restatement, with all that is known now; and before which instant what it was
    published with had been learnt. The day asked about is that of the publication unless told otherwise.

    Raises Invalid, naming the parameter, where no publication is told or it is none.
    """
    text = found.get("published_at")
    if text is None:
        raise Invalid([Problem("published_at", "is required: the day or instant of the publication")])
    try:
        day = min(Moment.parse(text).day, today)
        known = ask(found.get("as_at") or day.isoformat(), text, found.get("basis"), today, calendar)
    except Invalid as error:
        problems = [
            Problem("published_at", p.detail) if p.pointer == "known_at" else p for p in error.problems
        ]
        raise Invalid(problems) from None
    except ValueError as error:
        raise Invalid([Problem("published_at", str(error))]) from None
    assert known.question.known_before is not None
    return Asked(replace(known.question, known_before=None), None), known.question.known_before


def _day(found: Mapping[str, str], name: str, problems: list[Problem]) -> date | None:
    text = found.get(name)
    if text is None:
        return None
    try:
        day = read_day(text)
        if day < EARLIEST:
            raise ValueError(f"must not be before {EARLIEST.isoformat()}: no calendar is kept of that")
    except ValueError as error:
        problems.append(Problem(name, str(error)))
        return None
    return day
