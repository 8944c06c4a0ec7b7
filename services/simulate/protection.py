"""Protection: strategy discussions, section 47 enquiries, conferences, core groups and protection plans."""

from services.simulate import assessment
from services.simulate.authority import CHAIRS
from services.simulate.household import Household, deck
from services.simulate.meetings import meet, minutes
from services.simulate.practice import MEETING_SLIPS
from services.simulate.visits import plan_visits, visit

VISIT_EVERY_WORKING_DAYS = 10
CATEGORIES = deck(("NEG", 48), ("EMO", 36), ("PHY", 7), ("SAB", 4), ("MUL", 5))
LENGTHS = deck((100, 2), (180, 3), (270, 4), (365, 3), (480, 2))


def discuss(household: Household, referral: str, day: int, outcome: str) -> str:
    """A strategy discussion on a day. Returns its id."""
    meeting = household.new("M")
    household.tell(
        day,
        "StrategyDiscussionHeld",
        f',"meeting_id":"{meeting}","referral_id":"{referral}","outcome":"{outcome}"'
        f',"worker_id":"{household.post.manager}","team_id":"{household.post.team}"',
        household.lag(day),
    )
    minutes(household, meeting, day, 5)
    return meeting


def enquire(household: Household, referral: str, day: int) -> int | None:
    """A section 47 enquiry from its strategy discussion. Returns the day of the conference, if any."""
    days, draw = household.days, household.draw
    meeting = discuss(household, referral, day, "section_47")
    enquiry = household.new("E")
    started = days.after(day, int(draw() * 2))
    household.tell(
        max(day, started),
        "Section47Started",
        f',"enquiry_id":"{enquiry}","meeting_id":"{meeting}","referral_id":"{referral}"{household.by[started]}',
    )
    visit(household, days.after(day, 1 + int(draw() * 3)), "section_47")
    if draw() < 0.06:
        discuss(household, referral, days.after(day, 4 + int(draw() * 5)), "section_47")
    if draw() < 0.3:
        safety = household.new("P")
        household.tell(day, "PlanStarted", f',"plan_id":"{safety}","kind":"safety"{household.by[day]}')
        end_plan(household, safety, days.after(day, 20 + int(draw() * 40)), "no longer needed")
    goes_on = draw() < 0.62
    held = days.after(day, 10 + int(draw() * 6))
    if household.often(MEETING_SLIPS, day):
        held = days.after(day, 16 + int(draw() * 18))
    outcome = "conference" if goes_on else "no_conference"
    household.tell(
        days.after(held, -2 - int(draw() * 4)),
        "Section47Completed",
        f',"enquiry_id":"{enquiry}","outcome":"{outcome}","worker_id":"{household.post.manager}"',
    )
    if not goes_on or held > household.last:
        return None
    return meet(household, held, "initial_conference")


def protect(household: Household, conference: int, started_elsewhere_on: str = "") -> tuple[str, int]:
    """A child protection plan from its conference. Returns its id and the day it ended, perhaps far ahead."""
    days, draw = household.days, household.draw
    plan = household.new("P")
    elsewhere = f',"started_elsewhere_on":"{started_elsewhere_on}"' if started_elsewhere_on else ""
    category = household.pick(CATEGORIES)
    household.tell(
        conference,
        "DecisionMade",
        f',"decision_id":"{household.new("D")}","kind":"child_protection_plan"'
        f',"outcome":"child protection plan ({category})","made_by":"{household.pick(CHAIRS)}"',
    )
    of_assessment = f',"assessment_id":"{assessment.latest(household)}"' if "A" in household.made else ""
    household.tell(
        conference,
        "PlanStarted",
        f',"plan_id":"{plan}","kind":"child_protection","category":"{category}"{of_assessment}'
        f"{elsewhere}{household.by[conference]}",
    )
    end = days.working[conference + household.pick(LENGTHS) + int(draw() * 40)]
    plan_visits(household, plan, "child_protection", conference, end, VISIT_EVERY_WORKING_DAYS)
    _core_groups(household, plan, conference, end)
    _reviews(household, plan, conference, end)
    return plan, end


def end_plan(household: Household, plan: str, day: int, reason: str) -> None:
    household.tell(day, "PlanEnded", f',"plan_id":"{plan}","reason":"{reason}"{household.by[day]}')


def _core_groups(household: Household, plan: str, start: int, end: int) -> None:
    days, draw = household.days, household.draw
    day = days.after(start, 6 + int(draw() * 5))
    while day < end and day <= household.last:
        if household.often(MEETING_SLIPS, day):
            day = days.after(day, 3 + int(draw() * 25))
        day = meet(household, day, "core_group", plan)
        day = days.after(day + 41 - int(draw() * 14), 0)


def _reviews(household: Household, plan: str, start: int, end: int) -> None:
    days, draw = household.days, household.draw
    day = days.after(start + 88 - int(draw() * 12), 0)
    while day < end and day <= household.last:
        if household.often(MEETING_SLIPS, day):
            day = days.after(day, 4 + int(draw() * 45))
        day = meet(household, day, "review_conference", plan, "plan continues")
        day = days.after(day + 179 - int(draw() * 20), 0)
