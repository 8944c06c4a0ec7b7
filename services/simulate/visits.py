"""Visits: made or attempted, the child seen or not, alone or not, as often as the plan says or less."""

from services.simulate.household import Household, deck
from services.simulate.practice import FREQUENCY_WIDENED, NOT_IN, SEEN_ALONE, SIBLING_NOT_SEEN, VISIT_SLIPS

IN_BATCH = 0.3

ALONE = deck(
    (',"seen":true,"seen_alone":true,"bedroom_seen":true', 4),
    (',"seen":true,"seen_alone":true,"bedroom_seen":false', 3),
    (',"seen":true,"seen_alone":true', 3),
)
NOT_ALONE = deck(
    (',"seen":true,"seen_alone":false', 5),
    (',"seen":true,"seen_alone":false,"not_alone_reason":"parent present throughout"', 3),
    (',"seen":true,"seen_alone":false,"bedroom_seen":true,"not_alone_reason":"too young"', 2),
)
NOT_SEEN = deck(
    (',"seen":false,"not_seen_reason":"asleep"', 2),
    (',"seen":false,"not_seen_reason":"out with a relative"', 3),
    (',"seen":false,"not_seen_reason":"at school"', 4),
    (',"seen":false', 3),
)


def visit(household: Household, day: int, purpose: str) -> None:
    """A visit to the household on a day: each child seen alone, seen, or not seen."""
    draw = household.draw
    heat = household.heat[day]
    start = f',"visit_id":"{household.new("V")}","purpose":"{purpose}"{household.by[day]}'
    if draw() < NOT_IN.at(heat):
        if draw() < 0.6:
            household.tell(day, "VisitAttempted", start, household.lag(day))
        else:
            household.tell(day, "VisitMade", start + household.pick(NOT_SEEN), household.lag(day))
        return
    alone = SEEN_ALONE.at(heat)
    if household.size == 1:
        seen = household.pick(ALONE if draw() < alone else NOT_ALONE)
        household.last_visit = household.tell(day, "VisitMade", start + seen, household.lag(day)), day
        return
    if draw() < IN_BATCH:
        start += f',"batch_id":"B-{household.id}-{household.told}"'
    unseen = SIBLING_NOT_SEEN.at(heat)
    each = [start + household.pick(ALONE if draw() < alone else NOT_ALONE)]
    for _ in range(household.size - 1):
        missed = draw() < unseen
        cards = NOT_SEEN if missed else ALONE if draw() < alone else NOT_ALONE
        each.append(start + household.pick(cards))
    household.last_visit = household.tell_each(day, "VisitMade", each, household.lag(day)), day


def plan_visits(
    household: Household, plan: str, purpose: str, start: int, end: int, every_working_days: int
) -> None:
    """Visits under a plan from its start to its end, due every so many working days."""
    days, draw, last = household.days, household.draw, household.last
    every = every_working_days
    if household.often(FREQUENCY_WIDENED, start):
        every *= 2
        household.tell(
            start,
            "VisitFrequencySet",
            f',"plan_id":"{plan}","every":{every},"unit":"working_days","reason":"capacity of the team"',
        )
    elif draw() < 0.3:
        household.tell(
            start, "VisitFrequencySet", f',"plan_id":"{plan}","every":{every},"unit":"working_days"'
        )
    every = max(1, round(every / household.richness))
    day = start
    while True:
        if household.often(VISIT_SLIPS, day):
            gap = int(every * (1.1 + 1.6 * draw())) + 1
        else:
            gap = every - int(draw() * every * 0.35)
        day = days.after(day, gap)
        if day >= end or day > last:
            return
        visit(household, day, purpose)
