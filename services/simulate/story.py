"""The story of a household: contacts, referrals, assessments and plans, until its case is closed."""

from services.simulate import assessment, care, child_in_need, front_door, oversight, protection
from services.simulate.household import Household, deck
from services.simulate.meetings import meet
from services.simulate.practice import BACK_WITHIN_WEEKS, NEEDLESS_STRATEGY, NO_FURTHER_ACTION
from services.simulate.putting_right import put_right, tell_duplicate

PATHS = deck(("close", 26), ("early_help", 9), ("child_in_need", 44), ("protect", 21))
OUTCOMES = {
    "close": "no further action", "early_help": "step down to early help",
    "child_in_need": "child in need plan", "protect": "section 47 enquiry",
}  # fmt: skip
MOST_SPELLS = 5


def tell_story(household: Household, day: int, duplicate: str | None) -> None:
    """Tell all that becomes of a household that is first heard of on a day."""
    household.opened = day
    front_door.register(household, day)
    if duplicate:
        tell_duplicate(household, duplicate, household.days.working[day])
    upcoming: int | None = day
    if household.draw() < 0.025:
        upcoming = _move_in(household, day)
    for _ in range(MOST_SPELLS):
        if upcoming is None or upcoming > household.last:
            return
        upcoming = _spell(household, upcoming)


def _spell(household: Household, day: int) -> int | None:
    """From a contact until the case is closed. Returns the day of the next contact, None if there is none."""
    draw, days = household.draw, household.days
    if draw() < 0.12:
        front_door.contact(household, day, is_referred=False)
        return day + 8 + int(draw() * 300) if draw() < 0.45 else None
    contact_id, source, received = front_door.contact(household, day, is_referred=True)
    if draw() < 0.07:
        received = days.after(received, 2 + int(draw() * 7))
    referral = front_door.refer(household, received, source, contact_id)
    if household.often(NO_FURTHER_ACTION, received):
        decided = front_door.decide(household, received, referral, "no_further_action")
        if household.often(BACK_WITHIN_WEEKS, received):
            return decided + 4 + int(draw() * 22)
        return decided + 30 + int(draw() * 300) if draw() < 0.25 else None
    if draw() < 0.05:
        front_door.decide(household, received, referral, "early_help")
        return _step_up(household, received) if draw() < 0.2 else None
    return _work(household, referral, received)


def _work(household: Household, referral: str, received: int) -> int | None:
    """From a referral that is accepted. Returns the day of the next contact, None if there is none."""
    draw, days = household.draw, household.days
    conference = None
    if draw() < 0.12:
        front_door.decide(household, received, referral, "strategy_discussion")
        done = assessment.assess(household, referral, received)
        conference = protection.enquire(household, referral, days.after(received, int(draw() * 2) + 1))
    else:
        front_door.decide(household, received, referral, "assessment")
        done = assessment.assess(household, referral, received)
        if household.often(NEEDLESS_STRATEGY, received):
            protection.discuss(
                household, referral, days.after(received, 4 + int(draw() * 15)), "no_section_47"
            )
    if done is None:
        return _leave_unfinished(household, referral, received)
    if done > household.last:
        oversight.audit(household, received, done)
        return None
    path = "protect" if conference else household.pick(PATHS)
    household.tell(
        done,
        "DecisionMade",
        f',"decision_id":"{household.new("D")}","kind":"assessment_outcome","outcome":"{OUTCOMES[path]}"'
        f',"made_by":"{household.post.manager}"',
    )
    if path == "close":
        closed = days.after(done, 1 + int(draw() * 7))
        front_door.close(household, closed, referral, "RC8")
    elif path == "early_help":
        closed = days.after(done, 1)
        household.tell(closed, "SteppedDown", f',"referral_id":"{referral}","to":"early_help"')
        household.release(closed, "stepped down")
    else:
        if path == "protect" and conference is None:
            conference = protection.enquire(household, referral, days.after(done, int(draw() * 4)))
        closed = _plan(household, referral, done, conference)
    oversight.audit(household, received, closed)
    oversight.direct(household, received, closed)
    front_door.further_contacts(household, received, closed)
    put_right(household, done)
    if closed > household.last:
        return None
    return _come_back(household, closed)


def _plan(household: Household, referral: str, done: int, conference: int | None) -> int:
    """The plans after an assessment, perhaps with another worker. Returns the day the case was closed."""
    draw, days = household.draw, household.days
    begin = max(done, conference or done)
    if draw() < 0.12:
        household.take(household.pick(household.other_team))
        household.tell(begin, "CaseTransferred", f',"to_team_id":"{household.post.team}"')
    elif draw() < 0.5:
        household.take(household.pick(household.team))
    reason = "RC7"
    closed = begin
    if conference is None:
        plan, closed = child_in_need.support(household, begin)
        if draw() < 0.12 and closed - begin > 90 and begin + 60 <= household.last:
            conference = protection.enquire(household, referral, days.working[begin + 60])
            closed = min(closed, conference) if conference else closed
        protection.end_plan(household, plan, closed, "child protection plan" if conference else "needs met")
    if conference is not None:
        closed = _protect(household, referral, conference)
    if draw() < 0.03:
        closed = min(closed, days.working[begin + 60])
        reason = "RC5"
        household.tell(
            closed,
            "TransferredOut",
            f',"to_authority":"Nowhereshire","accepted_on":"{days.text[closed]}"',
        )
    household.hold(begin, closed)
    front_door.close(household, closed, referral, reason)
    return closed


def _protect(household: Household, referral: str, conference: int) -> int:
    draw, days = household.draw, household.days
    plan, ended = protection.protect(household, conference)
    oversight.challenge(household, conference, ended)
    if draw() < 0.3:
        issued = care.escalate(household, plan, days.after(conference, 30 + int(draw() * 90)))
        if issued is not None and issued <= household.last:
            protection.end_plan(household, plan, issued, "child in care")
            return care.look_after(household, referral, issued)
    protection.end_plan(household, plan, ended, "no longer at risk of significant harm")
    if ended <= household.last and draw() < 0.12:
        again = protection.enquire(household, referral, days.working[ended + 40 + int(draw() * 50)])
        if again is not None:
            plan, ended = protection.protect(household, again)
            protection.end_plan(household, plan, ended, "no longer at risk of significant harm")
            return ended
    if ended <= household.last and draw() < 0.5:
        plan, closed = child_in_need.support(household, ended)
        protection.end_plan(household, plan, closed, "needs met")
        return closed
    return ended


def _leave_unfinished(household: Household, referral: str, received: int) -> int | None:
    draw, days = household.draw, household.days
    if draw() < 0.4:
        return None
    closed = days.after(received, 48 + int(draw() * 50))
    front_door.close(household, closed, referral, "RC8")
    if household.often(BACK_WITHIN_WEEKS, closed):
        return closed + 4 + int(draw() * 22)
    return None


def _come_back(household: Household, closed: int) -> int | None:
    """Whether and when a household whose case was closed is heard of again."""
    draw = household.draw
    if draw() > 0.24:
        return None
    if draw() < 0.25:
        return _step_up(household, closed)
    return closed + 5 + int(draw() ** 2 * 330)


def _step_up(household: Household, closed: int) -> int | None:
    day = household.days.working[closed + 20 + int(household.draw() * 200)]
    if day > household.last:
        return None
    referral = household.new("R")
    household.tell(day, "SteppedUp", f',"referral_id":"{referral}","from":"early_help"')
    return _work(household, referral, day)


def _move_in(household: Household, day: int) -> int | None:
    """The household moves in from another authority with a child protection plan."""
    draw, days = household.draw, household.days
    due_from = days.text[day]
    household.tell(
        day, "TransferredIn", f',"from_authority":"Elsewhereshire","conference_due_from":"{due_from}"'
    )
    referral = front_door.refer(household, day, "5C")
    front_door.decide(household, day, referral, "assessment")
    done = assessment.assess(household, referral, day)
    held = meet(household, days.after(day, 9 + int(draw() * 9)), "transfer_in_conference")
    plan, ended = protection.protect(household, held, days.text[max(0, day - 50)])
    protection.end_plan(household, plan, ended, "no longer at risk of significant harm")
    if done is None:
        return None
    household.hold(done, max(done, ended))
    front_door.close(household, max(done, ended), referral, "RC7")
    return None
