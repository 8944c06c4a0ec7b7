"""Oversight: audits of case files, challenges by conference chairs, and the actions that follow or do not."""

from services.simulate.authority import AUDITORS
from services.simulate.household import Household, deck
from services.simulate.practice import ACTION_DONE, AUDITED, CHALLENGED, DIRECTED, Habit

GRADES = deck(("inadequate", 34), ("requires_improvement", 44), ("good", 20), ("outstanding", 2))
THEMES = deck(
    ("visits", 5), ("drift", 5), ("planning", 4), ("supervision", 3), ("child_voice", 4), ("risk", 3)
)
OWNERS = deck(("social worker", 5), ("team manager", 4), ("service manager", 1))
DIRECTIONS = deck(
    ("see the child alone before the next review", 3), ("complete the chronology", 3),
    ("plan to continue", 5), ("seek legal advice", 1), ("consider stepping down", 2),
)  # fmt: skip
MAY_BE_AUDITED_EVERY_DAYS = 90
DIRECTED_EVERY_DAYS = 42


def audit(household: Household, opened: int, closed: int) -> None:
    """Audits of the case while it was open."""
    for day in _occasions(household, opened, closed, AUDITED):
        theme = household.pick(THEMES)
        household.tell(
            day,
            "AuditCompleted",
            f',"audit_id":"{household.new("AU")}","grade":"{household.pick(GRADES)}","theme":"{theme}"'
            f',"worker_id":"{household.pick(AUDITORS)}"',
        )
        for _ in range(int(household.draw() * 4)):
            set_action(household, day, "audit", theme)


def challenge(household: Household, opened: int, closed: int) -> None:
    """Challenges by the chair of the conference while the plan ran."""
    for day in _occasions(household, opened, closed, CHALLENGED):
        set_action(household, day, "conference_chair", household.pick(THEMES))


def direct(household: Household, opened: int, closed: int) -> None:
    """Managers' direction, written on the child's file every six weeks or so, where they find the time."""
    for day in range(opened + 30, min(closed, household.last), DIRECTED_EVERY_DAYS):
        if household.often(DIRECTED, day):
            manager = household.post.manager
            household.tell(
                household.days.working[day],
                "DecisionMade",
                f',"decision_id":"{household.new("D")}","kind":"management_oversight"'
                f',"outcome":"{household.pick(DIRECTIONS)}","made_by":"{manager}"',
            )


def set_action(household: Household, day: int, origin: str, theme: str) -> None:
    """An action set on a day: done in time, done late, done and reopened, or not done."""
    days, draw = household.days, household.draw
    action = household.new("AC")
    due = days.working[day + 14 + int(draw() * 28)]
    household.tell(
        day,
        "ActionSet",
        f',"action_id":"{action}","origin":"{origin}","due_on":"{days.text[due]}"'
        f',"owner":"{household.pick(OWNERS)}","theme":"{theme}"',
    )
    if not household.often(ACTION_DONE, day):
        return
    done = days.after(day, 3 + int(draw() * (due - day)))
    household.tell(done, "ActionDone", f',"action_id":"{action}","evidence":"seen on the case file"')
    if draw() < 0.05:
        again = days.after(done, 5 + int(draw() * 15))
        household.tell(again, "ActionReopened", f',"action_id":"{action}","reason":"not evident on the file"')


def _occasions(household: Household, opened: int, closed: int, habit: Habit) -> list[int]:
    days = household.days
    found = []
    until = min(closed, household.last)
    for begin in range(opened, until, MAY_BE_AUDITED_EVERY_DAYS):
        day = days.working[begin + int(household.draw() * MAY_BE_AUDITED_EVERY_DAYS)]
        if day < until and household.often(habit, day):
            found.append(day)
    return found
