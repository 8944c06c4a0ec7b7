"""Assessments: most are done in time; some drift, and since the practice those are closed and begun again."""

import math

from services.simulate.authority import HEAD_OF_SERVICE
from services.simulate.household import PROMPTLY, Household, deck
from services.simulate.practice import (
    AUTHORISED_AT_MONTH_END,
    CLOSED_WHILE_DRIFTING,
    DELETED,
    DRIFTS,
    FIRST_VISIT_LATE,
    HANDED_OVER,
    NEVER_FINISHED,
    NOBODY_SEEN,
    NOT_STARTED,
)
from services.simulate.visits import visit

LIMIT_WORKING_DAYS = 45
AGAIN = deck(("restarted", 55), ("reopened", 32), ("cancelled", 13))
REASONS = deck(("re-evaluate", 70), ("change of social worker", 18), ("to be updated", 12))
LEVELS = deck(("low", 25), ("medium", 45), ("high", 24), ("very_high", 6))


def assess(household: Household, referral: str, received: int) -> int | None:
    """An assessment of a need referred on a day. Returns the day it was authorised; None if it never was."""
    days, draw, heat = household.days, household.draw, household.heat
    started = days.after(received, int(draw() * 4))
    if household.often(NOT_STARTED, received):
        started = days.after(received, 15 + int(draw() * 35))
    started = max(started, received)
    if started > household.last:
        return None
    end = days.after(received, _working_days_needed(household, received))
    if end <= started:
        end = days.after(started, 4 + int(draw() * 12))
    record = _start(household, referral, started)
    _visits(household, started, end)
    if draw() < HANDED_OVER.at(heat[started]):
        handed = days.after(started, 6 + int(draw() * 20))
        household.hold(received, handed)
        household.take(household.pick(household.team))
        household.hold(handed, end)
    else:
        household.hold(received, end)
    if draw() < 0.04:
        _pause(household, record, days.after(started, 5 + int(draw() * 12)))
    record, end = _close_and_begin_again(household, referral, record, started, received, end)
    if draw() < NEVER_FINISHED.at(heat[days.working[end]]):
        return None
    return _authorise(household, record, end)


def _working_days_needed(household: Household, received: int) -> int:
    draw = household.draw
    if draw() < DRIFTS.at(household.heat[received + 40]):
        return LIMIT_WORKING_DAYS + 1 + min(100, int(-math.log(1 - draw()) * 24))
    return 9 + int(36 * max(draw(), draw()))


def _start(household: Household, referral: str, day: int) -> str:
    record = household.new("A")
    fact = household.tell(
        day,
        "AssessmentStarted",
        f',"assessment_id":"{record}","referral_id":"{referral}"{household.by[day]}',
        household.pick(PROMPTLY),
    )
    household.last_start = fact, day
    return record


def _visits(household: Household, started: int, end: int) -> None:
    days, draw = household.days, household.draw
    if household.often(NOBODY_SEEN, started):
        return
    late = household.often(FIRST_VISIT_LATE, started)
    day = days.after(started, 11 + int(draw() * 12) if late else 1 + int(draw() * 8))
    while day < end and day <= household.last:
        visit(household, day, "assessment")
        pause = 9 + int(draw() * 9 * (1 + household.heat[day]))
        day = days.after(day, max(1, round(pause / household.richness)))


def _pause(household: Household, record: str, day: int) -> None:
    data = f',"assessment_id":"{record}"'
    household.tell(day, "AssessmentPaused", data + ',"reason":"family away"')
    household.tell(household.days.after(day, 3 + int(household.draw() * 8)), "AssessmentResumed", data)


def _close_and_begin_again(
    household: Household, referral: str, record: str, started: int, received: int, end: int
) -> tuple[str, int]:
    """Close what drifts before its record shows it, and begin again. Returns the last record, and its end."""
    days, draw = household.days, household.draw
    by = f',"worker_id":"{household.post.manager}"'
    if days.between(received, end) <= LIMIT_WORKING_DAYS:
        return record, end
    closed = days.after(started, 22 + int(draw() * 17))
    while closed < end and closed <= household.last:
        if draw() >= CLOSED_WHILE_DRIFTING.at(household.heat[closed]):
            closed = days.after(closed, 10 + int(draw() * 12))
            continue
        data = f',"assessment_id":"{record}","reason":"{household.pick(REASONS)}"{by}'
        again = days.after(closed, 2 + int(draw() * 10))
        way = household.pick(AGAIN)
        household.tell(closed, "AssessmentCancelled" if way == "cancelled" else "AssessmentClosed", data)
        if way == "reopened":
            household.tell(again, "AssessmentReopened", data)
        else:
            if household.often(DELETED, again):
                household.tell(again, "RecordDeleted", f',"record_kind":"assessment","record_id":"{record}"')
            record = _start(household, referral, again)
        visit(household, days.after(again, 2 + int(draw() * 12)), "assessment")
        end = max(end, days.after(again, 4 + int(draw() * 14)))
        closed = days.after(again, 22 + int(draw() * 17))
    return record, end


def _authorise(household: Household, record: str, day: int) -> int:
    days, draw = household.days, household.draw
    month_end = days.month_end[day]
    at_month_end = draw() < AUTHORISED_AT_MONTH_END.at(household.heat[day]) and 0 <= month_end - day <= 14
    if at_month_end:
        second = 16 * 3600 + 1800 + int(draw() * 580)
        household.tell_at(
            month_end,
            f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
            "AssessmentCompleted",
            f',"assessment_id":"{record}","authorised_by":"{HEAD_OF_SERVICE}"',
        )
        day = month_end
    else:
        by = f',"authorised_by":"{household.post.manager}"' if draw() > 0.02 else ""
        household.tell(
            day,
            "AssessmentCompleted",
            f',"assessment_id":"{record}"{by}{household.by[day]}',
            household.pick(PROMPTLY),
        )
    household.tell(day, "RiskAssessed", f',"level":"{household.pick(LEVELS)}","assessment_id":"{record}"')
    return day


def latest(household: Household) -> str:
    """The id of the assessment last begun."""
    return f"A-@-{household.made['A']}"
