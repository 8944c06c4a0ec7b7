"""A child's timeline: every fact, when it happened, when we learnt of it, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from domain.amended import Amendment
from domain.correction import FactCorrected, FactWithdrawn
from domain.discrepancies import why_held
from domain.field import FactReference
from domain.history import Recorded
from domain.lifecycle import Discrepancy
from domain.moment import LONDON
from domain.telling import told
from projections.projection import Case


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An amendment of this fact that the clock does not follow: which, under what flag, and why."""

    by: FactReference
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as it was recorded. ``effective`` is its data with all that was corrected, None once
    withdrawn.
    """

    recorded: Recorded
    recording_delay_working_days: int
    corrected_by: tuple[FactReference, ...]
    withdrawn_by: tuple[FactReference, ...]
    effective: dict[str, Any] | None
    discrepancies: tuple[Discrepancy, ...]
    held: tuple[HeldBack, ...]


def entries(case: Case) -> list[Entry]:
    """The facts of a child up to the day asked about, in order of when they occurred, then log order.

    Delays run from the day it occurred to the day it was entered (else recorded), in working days.
    """
    amended = case.amended
    effective = amended.overlaid(amended.amendments, case.day)
    survivor, merged = case.survivor
    streams = {survivor, *merged}
    all_held = case.figures.held if amended.amendments else ()
    wrong: dict[FactReference, list[Discrepancy]] = {}
    for discrepancy in case.discrepancies:
        wrong.setdefault(discrepancy.fact, []).append(discrepancy)
    by = _amended_by(amended.amendments)
    held: dict[FactReference, list[HeldBack]] = {}
    for one_held in all_held:
        for target in one_held.targets:
            back = HeldBack(one_held.amendment.reference, one_held.code, why_held(one_held))
            held.setdefault(target, []).append(back)
    found = []
    for recorded in case.known:
        reference = recorded.reference
        now = effective.get(reference)
        stands_on = now.day if now is not None else told(recorded, recorded.fact).day
        if stands_on > case.day or recorded.stream not in streams:
            continue
        corrected_by, withdrawn_by = by.get(reference, ((), ()))
        is_gone = now is None and reference in amended.told
        found.append(
            Entry(
                recorded=recorded,
                recording_delay_working_days=case.calendar.between(
                    recorded.occurred_on.day, recorded.entered_on
                ),
                corrected_by=corrected_by,
                withdrawn_by=withdrawn_by,
                effective=None if is_gone else dict(now.recorded.data if now else recorded.data),
                discrepancies=tuple(wrong.get(reference, ())),
                held=tuple(held.get(reference, ())),
            )
        )
    found.sort(key=lambda entry: _occurred(entry.recorded))
    return found


def _occurred(recorded: Recorded) -> tuple[date, datetime, tuple[datetime, int, int]]:
    moment = recorded.occurred_on
    start = datetime.combine(moment.day, time.min, LONDON).astimezone(UTC)
    return (moment.day, moment.instant or start, recorded.log_order)


def _amended_by(
    amendments: Sequence[Amendment],
) -> dict[FactReference, tuple[tuple[FactReference, ...], tuple[FactReference, ...]]]:
    by: dict[FactReference, tuple[tuple[FactReference, ...], tuple[FactReference, ...]]] = {}
    for amendment in amendments:
        fact = amendment.fact
        if isinstance(fact, FactCorrected):
            corrected, withdrawn = by.get(fact.corrects, ((), ()))
            by[fact.corrects] = ((*corrected, amendment.reference), withdrawn)
        elif isinstance(fact, FactWithdrawn):
            corrected, withdrawn = by.get(fact.withdraws, ((), ()))
            by[fact.withdraws] = (corrected, (*withdrawn, amendment.reference))
    return by
