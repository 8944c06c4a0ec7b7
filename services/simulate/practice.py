"""How the authority works, before and since the practice that the inspectors' letter describes.

Source: Ofsted, focused visit to North East Lincolnshire children's services, letter of 18 December 2019. The
shares are invented, so that the figures of the whole authority move as those of the letter's year did.
"""

from dataclasses import dataclass

from services.simulate.days import Days

SETTLES_IN_DAYS = 120
AT_ONCE = 0.4


@dataclass(frozen=True, slots=True)
class Habit:
    """How often something happens, from 0 to 1: ``before`` the practice, and ``since`` it has settled."""

    before: float
    since: float

    def at(self, heat: float) -> float:
        """The share at a ``heat`` from 0 (before) to 1 (settled)."""
        return self.before + (self.since - self.before) * heat


def heats(days: Days, practice_from: int) -> list[float]:
    """How far the practice has set in on each day: not before it, partly at once, fully in four months."""
    return [
        0.0
        if n < practice_from
        else min(1.0, AT_ONCE + (1 - AT_ONCE) * (n - practice_from) / SETTLES_IN_DAYS)
        for n in range(len(days.text))
    ]


DECIDED_LATE = Habit(0.07, 0.22)
NO_FURTHER_ACTION = Habit(0.05, 0.10)
BACK_WITHIN_WEEKS = Habit(0.15, 0.50)
NOT_STARTED = Habit(0.01, 0.07)
DRIFTS = Habit(0.14, 0.44)
CLOSED_WHILE_DRIFTING = Habit(0.03, 0.97)
HANDED_OVER = Habit(0.10, 0.30)
NEVER_FINISHED = Habit(0.01, 0.05)
AUTHORISED_AT_MONTH_END = Habit(0.06, 0.40)
NOBODY_SEEN = Habit(0.01, 0.06)
FIRST_VISIT_LATE = Habit(0.12, 0.40)
VISIT_SLIPS = Habit(0.14, 0.52)
NOT_IN = Habit(0.06, 0.13)
SEEN_ALONE = Habit(0.70, 0.36)
SIBLING_NOT_SEEN = Habit(0.05, 0.33)
FREQUENCY_WIDENED = Habit(0.02, 0.22)
MEETING_SLIPS = Habit(0.10, 0.40)
MEETING_CANCELLED = Habit(0.05, 0.14)
MINUTES_LATE = Habit(0.14, 0.38)
MINUTES_NEVER = Habit(0.03, 0.30)
ENTERED_LATE = Habit(0.14, 0.46)
NEEDLESS_STRATEGY = Habit(0.04, 0.20)
LETTER_DRIFTS = Habit(0.15, 0.65)
TRACK_DRIFTS = Habit(0.20, 0.70)
AUDITED = Habit(0.05, 0.30)
CHALLENGED = Habit(0.06, 0.30)
ACTION_DONE = Habit(0.88, 0.30)
DIRECTED = Habit(0.80, 0.30)
SUPERVISION_MISSED = Habit(0.06, 0.60)
LEAVES_IN_A_MONTH = Habit(0.025, 0.085)
NEWLY_QUALIFIED = Habit(0.20, 0.55)
PUT_RIGHT_LATER = Habit(0.02, 0.06)
DELETED = Habit(0.04, 0.12)
