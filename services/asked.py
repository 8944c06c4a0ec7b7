"""Reading the two questions of every read, as they are asked."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.field import Invalid, Problem
from domain.moment import Moment, read_day
from domain.question import Basis, Question, end_of, just_after
from domain.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and ``known_at`` as it was written, to be repeated in the reply."""

    question: Question
    known_at: str | None

    def echo(self) -> dict[str, object]:
        """The questions as every reply answers them."""
        return {
            "as_at": self.question.as_at.isoformat(),
            "known_at": self.known_at,
            "basis": self.question.basis,
        }


def ask(
    as_at: str | None, known_at: str | None, basis: str | None, today: date, calendar: WorkingDays
) -> Asked:
    """Read ``as_at`` (a date; default ``today``), ``known_at`` (an instant, or a date meaning its end) and
    ``basis``.

    Raises Invalid, naming the parameter, for what is not one, and for days that the calendar does not know.
    """
    problems: list[Problem] = []
    day, before, read_basis = today, None, _basis(basis, problems)
    try:
        day = _as_at(as_at, today, calendar)
    except ValueError as error:
        problems.append(Problem("as_at", str(error)))
    try:
        before = _known_before(known_at, calendar)
    except ValueError as error:
        problems.append(Problem("known_at", str(error)))
    if problems:
        raise Invalid(problems)
    return Asked(Question(day, before, read_basis), known_at)


def _as_at(text: str | None, today: date, calendar: WorkingDays) -> date:
    if text is None:
        return today
    day = read_day(text)
    if not calendar.first_day <= day <= calendar.last_day:
        first, last = calendar.first_day.isoformat(), calendar.last_day.isoformat()
        raise ValueError(f"must be from {first} to {last}, the days for which bank holidays are published")
    return day


def _known_before(text: str | None, calendar: WorkingDays) -> datetime | None:
    if text is None:
        return None
    moment = Moment.parse(text)
    if moment.day < calendar.first_day or moment.day > calendar.last_day:
        raise ValueError(f"must be from {calendar.first_day.isoformat()} to {calendar.last_day.isoformat()}")
    return end_of(moment.day) if moment.instant is None else just_after(moment.instant)


def _basis(text: str | None, problems: list[Problem]) -> Basis:
    if text == "entered":
        return "entered"
    if text not in (None, "recorded"):
        problems.append(Problem("basis", "must be recorded or entered"))
    return "recorded"
