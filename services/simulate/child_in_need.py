"""Children in need: a plan, its visits and its reviews."""

from services.simulate import assessment
from services.simulate.household import Household, deck
from services.simulate.meetings import meet
from services.simulate.practice import MEETING_SLIPS
from services.simulate.visits import plan_visits

VISIT_EVERY_WORKING_DAYS = 20
LENGTHS = deck((70, 2), (110, 4), (160, 4), (220, 3), (320, 2))


def support(household: Household, start: int) -> tuple[str, int]:
    """A child in need plan from a day. Returns its id and the day it ended, perhaps far ahead."""
    days, draw = household.days, household.draw
    plan = household.new("P")
    household.tell(
        start,
        "PlanStarted",
        f',"plan_id":"{plan}","kind":"child_in_need","assessment_id":"{assessment.latest(household)}"'
        f"{household.by[start]}",
    )
    slower = 1 + 0.4 * household.heat[start]
    end = days.working[start + int((household.pick(LENGTHS) + draw() * 30) * slower)]
    plan_visits(household, plan, "child_in_need", start, end, VISIT_EVERY_WORKING_DAYS)
    day = days.after(start + 88 - int(draw() * 25), 0)
    while day < end and day <= household.last:
        if household.often(MEETING_SLIPS, day):
            day = days.after(day, 5 + int(draw() * 50))
        day = meet(household, day, "child_in_need_review", plan)
        day = days.after(day + 88 - int(draw() * 25), 0)
    day = days.after(start, 15 + int(draw() * 15))
    while day < end and day <= household.last:
        meet(household, day, "multi_agency" if draw() < 0.9 else "family_group_conference", plan)
        slip = int(draw() * 40 * household.heat[day])
        day = days.after(day, 28 + int(draw() * 10) + slip)
    return plan, end
