"""Audits, challenges and their actions as measures count them: whether anything came of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.audit import ActionDone, ActionReopened, ActionSet, AuditCompleted
from domain.telling import Told
from projections.measured.row import Measured, marked
from projections.projection import Case

REOPENED, NO_EVIDENCE = "REOPENED", "NO_EVIDENCE"
FOLLOWS_WITHIN = timedelta(days=28)
"""An action set for an audit's theme within so many calendar days of the audit came of it."""

_BELOW_GOOD = frozenset({"requires_improvement", "inadequate"})
BELOW_GOOD = tuple(sorted(grade.upper() for grade in _BELOW_GOOD))
"""The marks of audits that found the work below good."""


@dataclass(slots=True)
class _Action:
    action_id: str
    fact: ActionSet
    set_on: date
    due_on: date
    done_on: date | None = None
    has_evidence: bool = False
    is_reopened: bool = False


def audit_things(case: Case) -> Iterator[Measured]:
    """A row for each action, placed by the day it was due; and one for each audit, placed by its own day.

    That of an audit below good is over on the day after the last on which an action could follow in time.
    """
    actions = list(_actions(case))
    for action in actions:
        yield _action_row(case, action)
    for told in case.told("AuditCompleted"):
        if isinstance(told.fact, AuditCompleted):
            yield _audit_row(case, told, told.fact, actions)


def _actions(case: Case) -> Iterator[_Action]:
    known: dict[str, _Action] = {}
    for told in case.told("ActionSet", "ActionDone", "ActionReopened"):
        fact = told.fact
        if isinstance(fact, ActionSet):
            before = known.get(fact.action_id)
            if before is not None and before.done_on is None:
                # Told again while it is open, it is due when it was first to be done.
                before.due_on = min(before.due_on, fact.due_on)
                continue
            if before is not None:
                yield before
            known[fact.action_id] = _Action(fact.action_id, fact, told.day, fact.due_on)
        elif isinstance(fact, (ActionDone, ActionReopened)) and fact.action_id in known:
            action = known[fact.action_id]
            if isinstance(fact, ActionDone):
                action.done_on, action.has_evidence = told.day, fact.evidence is not None
            elif action.done_on is not None:
                action.done_on, action.is_reopened = None, True
    yield from known.values()


def _action_row(case: Case, action: _Action) -> Measured:
    due_on = action.due_on
    if action.done_on is None:
        outcome = "open"
    else:
        outcome = "done_in_time" if action.done_on <= due_on else "done_late"
    marks = [REOPENED] if action.is_reopened else []
    if action.done_on is not None and not action.has_evidence:
        marks.append(NO_EVIDENCE)
    worker, team = case.holders.on(action.done_on or case.day)
    return Measured(
        child=case.survivor[0],
        series="actions",
        thing=action.action_id,
        day=due_on,
        since=action.set_on,
        until=action.done_on,
        outcome=outcome,
        kind=action.fact.origin,
        marks=marked(marks),
        length=None if action.done_on is None else case.calendar.between(action.set_on, action.done_on),
        late_from=due_on + timedelta(days=1),
        worker_id=worker,
        team_id=team,
    )


def _audit_row(case: Case, told: Told, audit: AuditCompleted, actions: Sequence[_Action]) -> Measured:
    worker, team = case.holders.on(told.day)
    is_below_good = audit.grade in _BELOW_GOOD
    return Measured(
        child=case.survivor[0],
        series="audits",
        thing=audit.audit_id,
        day=told.day,
        since=told.day,
        until=told.day + FOLLOWS_WITHIN + timedelta(days=1) if is_below_good else told.day,
        outcome=_came_of(audit, told.day, actions),
        kind=audit.theme,
        marks=marked([audit.grade.upper()]),
        worker_id=worker,
        team_id=team,
    )


def _came_of(audit: AuditCompleted, day: date, actions: Sequence[_Action]) -> str:
    """Whether an audit found the work good; where not, whether actions were set, and all are done."""
    if audit.grade not in _BELOW_GOOD:
        return "good"
    of_audit = [
        action
        for action in actions
        if action.fact.origin == "audit"
        and day <= action.set_on <= day + FOLLOWS_WITHIN
        and (None in (audit.theme, action.fact.theme) or action.fact.theme == audit.theme)
    ]
    if not of_audit:
        return "no_action"
    return "actions_open" if any(action.done_on is None for action in of_audit) else "actions_done"
