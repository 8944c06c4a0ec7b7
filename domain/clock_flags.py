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
    late = [(told, _delay(told)) for told in facts if not told.recorded.historic]
    late = [(told, days) for told, days in late if days >= BACKDATED_FROM_CALENDAR_DAYS]
    if not late:
        return []
    because = tuple(told.reference for told, _ in late)
    return [Flag("BACKDATED_RECORDING", max(days for _, days in late), because)]


def _delay(told: Told) -> int:
    return calendar_days(told.fact.occurred_on.day, told.recorded.entered_on)


def changes_of_hands(around: Circumstances, start: date, end: date) -> list[Flag]:
    """How many changes of worker and of team fell from ``start`` to ``end``."""
    return [*_count("WORKER_CHANGES", around.worker_changes, start, end),
            *_count("TEAM_CHANGES", around.team_changes, start, end)]  # fmt: skip


def _count(code: str, changes: Sequence[Change], start: date, end: date) -> list[Flag]:
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
