"""Pre-proceedings, court, and children in care."""

from services.simulate.household import Household, deck
from services.simulate.meetings import meet
from services.simulate.practice import LETTER_DRIFTS, TRACK_DRIFTS
from services.simulate.visits import visit

PLACEMENTS = deck(("foster", 6), ("connected_carer", 3), ("residential", 1))


def escalate(household: Household, plan: str, day: int) -> int | None:
    """Pre-proceedings from a day. Returns the day proceedings were issued, None if they were not."""
    draw, days = household.draw, household.days
    issued = _track(household, plan, day)
    if issued is None and draw() < 0.25:
        again = days.after(day, 75 + int(draw() * 70))
        if again <= household.last:
            issued = _track(household, plan, again)
    return issued


def _track(household: Household, plan: str, day: int) -> int | None:
    days, draw = household.days, household.draw
    track = household.new("T")
    meet(household, day, "legal_planning", plan)
    day = days.after(day, 1 + int(draw() * 3))
    data = f',"track_id":"{track}"'
    household.tell(
        day,
        "DecisionMade",
        f',"decision_id":"{household.new("D")}","kind":"pre_proceedings","outcome":"enter pre-proceedings"'
        ',"made_by":"Legal-planning-meeting"',
    )
    household.tell(day, "PreProceedingsDecided", data + household.by[day])
    letter = days.after(
        day, 6 + int(draw() * 26) if household.often(LETTER_DRIFTS, day) else 2 + int(draw() * 4)
    )
    household.tell(letter, "LetterBeforeProceedingsSent", data + household.by[letter], household.lag(letter))
    held = days.after(
        letter, 11 + int(draw() * 20) if household.often(LETTER_DRIFTS, letter) else 5 + int(draw() * 6)
    )
    household.tell(held, "PreProceedingsMeetingHeld", data + household.by[held], household.lag(held))
    weeks = 17 + int(draw() * 22) if household.often(TRACK_DRIFTS, day) else 8 + int(draw() * 8)
    end = max(days.working[day + 7 * weeks], days.after(held, 5))
    is_issued = draw() < 0.45
    household.tell(end, "PreProceedingsEnded", f'{data},"outcome":"{"issue" if is_issued else "step_down"}"')
    if not is_issued or end > household.last:
        return None
    issued = days.after(end, 1 + int(draw() * 10))
    case = household.new("PC")
    household.tell(issued, "ProceedingsIssued", f',"case_id":"{case}"{data}')
    concluded = days.working[issued + 7 * (20 + int(draw() * 22))]
    household.tell(concluded, "ProceedingsConcluded", f',"case_id":"{case}","outcome":"care order"')
    return issued


def look_after(household: Household, referral: str, start: int) -> int:
    """Care from a day: an episode, placements, plans, visits and reviews. Returns the day it ended."""
    days, draw, last = household.days, household.draw, household.last
    episode = household.new("EP")
    household.tell(
        start, "CareStarted", f',"episode_id":"{episode}","reason":"interim care order"{household.by[start]}'
    )
    _care_plan(household, days.after(start, 3 + int(draw() * 9)))
    if draw() < 0.6:
        _assess_parents(household, referral, days.after(start, 3 + int(draw() * 15)))
    ended = days.working[start + 200 + int(draw() * 900)]
    moved = days.working[start + 30 + int(draw() * 500)]
    first = household.new("PL")
    _place(household, first, start, min(moved, ended))
    if moved < ended and moved <= last:
        household.tell(moved, "PlacementEnded", f',"placement_id":"{first}","reason":"planned move"')
        second = household.new("PL")
        _place(household, second, moved, ended)
    day = days.after(start, 14 + int(draw() * 8))
    gap = 84
    while day < ended and day <= last:
        day = meet(household, day, "looked_after_review")
        day = days.after(day + gap + int(draw() * 8), 0)
        gap = 172
    household.tell(ended, "CareEnded", f',"episode_id":"{episode}","reason":"returned home"')
    return ended


def _care_plan(household: Household, day: int) -> None:
    plan = household.new("P")
    household.tell(day, "PlanStarted", f',"plan_id":"{plan}","kind":"looked_after"{household.by[day]}')
    household.tell(day, "CarePlanPrepared", f',"plan_id":"{plan}"')


def _assess_parents(household: Household, referral: str, day: int) -> None:
    draw = household.draw
    record = household.new("PA")
    household.tell(
        day,
        "AssessmentStarted",
        f',"assessment_id":"{record}","referral_id":"{referral}","kind":"parenting"{household.by[day]}',
    )
    weeks = 9 + int(draw() * 4) + (int(draw() * 12) if household.often(TRACK_DRIFTS, day) else 0)
    done = household.days.working[day + 7 * weeks]
    household.tell(
        done, "AssessmentCompleted", f',"assessment_id":"{record}","authorised_by":"{household.post.manager}"'
    )


def _place(household: Household, placement: str, start: int, end: int) -> None:
    days, draw = household.days, household.draw
    household.tell(
        start, "PlacementStarted", f',"placement_id":"{placement}","kind":"{household.pick(PLACEMENTS)}"'
    )
    prepared = days.after(start, 1 + int(draw() * 6))
    household.tell(prepared, "PlacementPlanPrepared", f',"plan_id":"{household.new("PP")}"')
    day = days.after(start + 4 + int(draw() * 4), 0)
    while day < end and day <= household.last:
        visit(household, max(day, start), "looked_after")
        slip = int(draw() * 25 * household.heat[day])
        gap = round((36 + int(draw() * 6)) / household.richness) + slip
        day = max(days.after(day, 1), days.after(day + gap, 0))
