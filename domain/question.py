"""The two questions every read takes: as at which day, and as known when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Literal

from domain.history import Recorded
from domain.moment import LONDON

Basis = Literal["recorded", "entered"]
_LOG_ORDER = attrgetter("log_order")


@dataclass(frozen=True, slots=True)
class Question:
    """``as_at``: facts that occurred after that Europe/London day are left out, and clocks are read at its
    end.

    ``known_before``: facts learnt at or after that instant are left out; None leaves out none.
    ``basis``: whether a fact was learnt when it was recorded, or when it is said to have been entered.
    """

    as_at: date
    known_before: datetime | None = None
    basis: Basis = "recorded"

    def known(self, history: Iterable[Recorded]) -> list[Recorded]:
        """The facts known at the moment asked about, in log order."""
        known = [fact for fact in history if self._is_known(fact)]
        known.sort(key=_LOG_ORDER)
        return known

    def _is_known(self, fact: Recorded) -> bool:
        return self.is_known(fact.recorded_at, fact.entered_at)

    def is_known(self, recorded_at: datetime, entered_at: datetime | None) -> bool:
        """Whether a fact recorded and entered then was known at the moment asked about."""
        if self.known_before is None:
            return True
        is_by_entry = self.basis == "entered" and entered_at is not None
        return (entered_at if is_by_entry else recorded_at) < self.known_before  # type: ignore[operator]


def end_of(day: date) -> datetime:
    """The instant, aware UTC, at which a Europe/London day is over."""
    return datetime.combine(day + timedelta(days=1), time.min, LONDON).astimezone(UTC)


def just_after(instant: datetime) -> datetime:
    """The least instant later than ``instant``: what was learnt at it is known."""
    return instant + timedelta(microseconds=1)
