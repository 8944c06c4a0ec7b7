"""What is put right later: facts corrected and withdrawn, duplicate children merged."""

from services.simulate import front_door
from services.simulate.household import Household
from services.simulate.practice import PUT_RIGHT_LATER


def put_right(household: Household, day: int) -> None:
    """Perhaps, after a day, correct or withdraw something told before it."""
    days, draw = household.days, household.draw
    if not household.often(PUT_RIGHT_LATER, day) or not household.last_visit:
        return
    learnt = days.after(day, 1 + int(draw() * 15))
    visit, visited = household.last_visit
    card = draw()
    if card < 0.3:
        household.tell(
            learnt,
            "FactWithdrawn",
            f',"withdraws":{_fact(household, visit)},"reason":"entered on the wrong record"',
        )
    elif card < 0.6 or not household.last_start:
        _move(household, learnt, visit, days.after(visited, -1), "date mistyped")
    else:
        start, started = household.last_start
        _move(
            household, learnt, start, days.after(started, 3 + int(draw() * 9)), "started later than recorded"
        )


def _move(household: Household, learnt: int, fact: int, to: int, reason: str) -> None:
    household.tell(
        max(learnt, to),
        "FactCorrected",
        f',"corrects":{_fact(household, fact)},"changes":{{"occurred_on":"{household.days.text[to]}"}}'
        f',"reason":"{reason}"',
    )


def _fact(household: Household, number: int) -> str:
    return f'{{"source":"{household.clerk.source}","id":"C@-{number}"}}'


def tell_duplicate(household: Household, duplicate: str, day: int) -> None:
    """A second record of the household's first child, referred on a day, and merged when somebody notices."""
    numbers = household.numbers
    household.numbers = (duplicate,)
    days, draw = household.days, household.draw
    front_door.register(household, day)
    referral = front_door.refer(household, day, household.pick(front_door.SOURCES)[1])
    front_door.decide(household, day, referral, "assessment")
    noticed = days.after(day, 8 + int(draw() * 50))
    household.tell(noticed, "ChildMerged", f',"into":"C{numbers[0]}"')
    if draw() < 0.1:
        household.tell(days.after(noticed, 5 + int(draw() * 20)), "ChildUnmerged", f',"from":"C{numbers[0]}"')
    household.numbers = numbers
