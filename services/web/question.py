"""The two questions of every page, read from its address and written back into one that can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from urllib.parse import urlencode

from domain.moment import EARLIEST, Moment, read_day
from services.web.days import read_typed


class Show(StrEnum):
    """What a view of a past day shows: what was on the record by then, or what we now know had happened."""

    RECORDED = "recorded"
    KNOWN = "known"
    OTHER = "other"


class BadQuestion(ValueError):
    """An address asks what cannot be answered; the message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Question:
    """As at which day, and with what known: facts learnt after ``known_at`` are left out (None: none are).

    ``basis`` says when a fact was learnt: ``recorded`` when it reached this service, ``entered`` when it was
    typed into the case system. ``is_plain`` marks the address without a day: today, everything known.
    """

    as_at: date
    known_at: Moment | None = None
    basis: str = "recorded"
    is_plain: bool = False

    @property
    def show(self) -> Show:
        if self.is_plain:
            return Show.RECORDED
        if self.known_at is None:
            return Show.KNOWN
        is_same_day = self.known_at.instant is None and self.known_at.day == self.as_at
        return Show.RECORDED if is_same_day else Show.OTHER

    def on(self, day: date, today: date) -> "Question":
        """The same question of another day."""
        if self.show is not Show.RECORDED:
            return replace(self, as_at=day)
        basis = "entered" if self.is_plain else self.basis
        return by_that_day(day, today, basis)

    def parameters(self) -> dict[str, str]:
        """What stands in the address of a page that answers this, and of the same figures as data."""
        if self.is_plain:
            return {}
        asked = {"as_at": self.as_at.isoformat()}
        if self.known_at is not None:
            asked |= {"known_at": self.known_at.text, "basis": self.basis}
        return asked


def by_that_day(day: date, today: date, basis: str) -> Question:
    """What was recorded by the end of a day; today that is everything, in the plain address."""
    if day == today:
        return Question(today, is_plain=True)
    return Question(day, Moment.parse(day.isoformat()), basis)


def read_question(parameters: Mapping[str, str], today: date) -> Question:
    """The question that an address asks. Raises BadQuestion where a day is not one, or is yet to come."""
    as_at, known_at = parameters.get("as_at"), parameters.get("known_at")
    if not as_at and not known_at:
        return Question(today, is_plain=True)
    basis = parameters.get("basis") or "recorded"
    if basis not in ("recorded", "entered"):
        raise BadQuestion("The basis must be recorded or entered")
    try:
        day = read_day(as_at) if as_at else today
        known = Moment.parse(known_at) if known_at else None
    except ValueError:
        raise BadQuestion("Enter a real date, like 22/10/2019") from None
    return Question(_past(day, today), known, basis)


def read_form(parameters: Mapping[str, str], today: date) -> Question:
    """The question that the date form asks, its day as typed. Raises BadQuestion as `read_question` does."""
    try:
        day = _past(read_typed(parameters.get("day", "")), today)
    except ValueError as error:
        raise BadQuestion(str(error)) from None
    if parameters.get("show") == Show.KNOWN:
        return Question(day)
    basis = "recorded" if parameters.get("basis") == "recorded" else "entered"
    return by_that_day(day, today, basis)


def _past(day: date, today: date) -> date:
    if day > today:
        raise BadQuestion("The date must be today or in the past")
    if day < EARLIEST:
        raise BadQuestion("Enter a date in 1900 or later, like 22/10/2019")
    return day


def address(path: str, *parameters: Mapping[str, str]) -> str:
    """A path with what is asked of it, empty answers left out."""
    asked = {name: value for given in parameters for name, value in given.items() if value}
    return f"{path}?{urlencode(asked)}" if asked else path
