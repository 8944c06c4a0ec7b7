"""The flags that any clock may carry."""

from collections.abc import Iterable, Sequence
from datetime import date

from domain.assessment import AssessmentCompleted
from domain.circumstances import Change, Circumstances, Elsewhere
from domain.flag import Flag
from domain.telling import Told
from domain.working_days import calendar_days

BACKDATED_FROM_CALENDAR_DAYS = 2


def backdated(facts: Iterable[Told]) -> list[Flag]:
    """Facts entered two or more calendar days after they occurred; history that was brought in at once is
    not.
    """
    late: list[Told] = []
    most = 0
    for told in facts:
        recorded = told.recorded
        days = calendar_days(told.fact.occurred_on.day, recorded.entered_on)
        if days >= BACKDATED_FROM_CALENDAR_DAYS and not recorded.historic:
            late.append(told)
            most = max(most, days)
    return [Flag("BACKDATED_RECORDING", most, tuple(told.reference for told in late))] if late else []


def changes_of_hands(around: Circumstances, start: date, end: date) -> list[Flag]:
    """How many changes of worker and of team fell from ``start`` to ``end``."""
    if not around.worker_changes and not around.team_changes:
        return []
    workers = _count("WORKER_CHANGES", around.worker_changes, start, end)
    return workers + _count("TEAM_CHANGES", around.team_changes, start, end)


def _count(code: str, changes: Sequence[Change], start: date, end: date) -> list[Flag]:
    if not changes:
        return []
    within = [change for change in changes if start <= change.day <= end]
    return [Flag(code, len(within), tuple(c.told.reference for c in within))] if within else []


def in_bulk(facts: Iterable[Told], elsewhere: Elsewhere) -> list[Flag]:
    """Facts recorded in one batch for several children, and completions that one manager authorised in
    bulk.
    """
    flags = []
    for told in facts:
        batch = told.fact.batch_id
        children = elsewhere.batches.get(batch, 0) if batch is not None else 0
        if children > 1:
            flags.append(Flag("BULK_RECORDED", children, (told.reference,)))
        if isinstance(told.fact, AssessmentCompleted):
            authorised = elsewhere.bulk_completions.get(told.reference, 0)
            if authorised:
                flags.append(Flag("BULK_COMPLETION", authorised, (told.reference,)))
    return flags
