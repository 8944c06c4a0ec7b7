"""Meetings: scheduled, held late or not at all, and their minutes, which come late or never."""

from services.simulate.household import Household, deck
from services.simulate.practice import (
    MEETING_CANCELLED,
    MINUTES_LATE,
    MINUTES_NEVER,
)

CONFERENCES = frozenset({"initial_conference", "review_conference", "transfer_in_conference"})
AGENCIES = deck(
    (',"agencies_invited":6,"agencies_attended":5', 4),
    (',"agencies_invited":5,"agencies_attended":3', 4),
    (',"agencies_invited":4,"agencies_attended":2', 2),
    (',"agencies_invited":["health","police","school"],"agencies_attended":["health","school"]', 2),
    ("", 3),
)
CANCELLED = deck(("not enough people could come", 3), ("worker off sick", 3), ("family did not attend", 2))


def meet(household: Household, day: int, kind: str, plan: str | None = None, outcome: str = "") -> int:
    """A meeting due to be held on a working day, and what follows it. Returns the day it was held."""
    days, draw = household.days, household.draw
    meeting = household.new("M")
    if draw() < 0.4:
        told = max(household.opened, days.after(day, -5 - int(draw() * 15)))
        household.tell(
            told,
            "MeetingScheduled",
            f',"meeting_id":"{meeting}","kind":"{kind}","scheduled_for":"{days.text[day]}"',
        )
    if household.often(MEETING_CANCELLED, day):
        household.tell(
            day, "MeetingCancelled", f',"meeting_id":"{meeting}","reason":"{household.pick(CANCELLED)}"'
        )
        day = days.after(day, 5 + int(draw() * 20))
        meeting = household.new("M")
    under = f',"plan_id":"{plan}"' if plan else ""
    is_conference = kind in CONFERENCES
    if is_conference and draw() < 0.05:
        household.tell(
            day, "MeetingHeld", f',"meeting_id":"{meeting}","kind":"{kind}","quorate":false{under}'
        )
        day = days.after(day, 4 + int(draw() * 10))
        meeting = household.new("M")
    result = f',"outcome":"{outcome}"' if outcome else ""
    household.tell(
        day,
        "MeetingHeld",
        f',"meeting_id":"{meeting}","kind":"{kind}"{under}{result}'
        f"{household.pick(AGENCIES)}{household.by[day]}",
        household.lag(day),
    )
    if is_conference:
        sent = days.after(day, 1 if draw() < 0.8 else 2 + int(draw() * 8))
        household.tell(sent, "DecisionsSent", f',"meeting_id":"{meeting}"')
    minutes(household, meeting, day, 15 if is_conference else 10)
    return day


def minutes(household: Household, meeting: str, held: int, due_in: int) -> None:
    """The minutes of a meeting, due in so many working days."""
    days, draw = household.days, household.draw
    if household.often(MINUTES_NEVER, held):
        return
    if household.often(MINUTES_LATE, held):
        shared = days.after(held, due_in + 1 + int(draw() * 30))
    else:
        shared = days.after(held, 2 + int(draw() * (due_in - 1)))
    if draw() < 0.5:
        household.tell(days.after(shared, -1), "MinutesWritten", f',"meeting_id":"{meeting}"')
    household.tell(shared, "MinutesDistributed", f',"meeting_id":"{meeting}"')
