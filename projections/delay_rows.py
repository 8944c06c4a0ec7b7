"""How late the facts of each child were recorded."""

from collections.abc import Iterable
from datetime import date

from domain.history import Outline, Recorded
from domain.numerous import numerous
from domain.working_days import WorkingDays
from projections.hands import NOBODY, Holders
from projections.measure import Period
from projections.projection import Case, Projection


@numerous(frozen=True, slots=True)
class DelayRow:
    """How many facts of a child and a source were entered on a day so many working days after they occurred.

    Facts that came with a source's first snapshot, or as history, are left out. The worker and the team are
    those that held the case on that day.
    """

    child: str
    source: str
    entered_on: date
    working_days: int
    facts: int
    worker_id: str | None
    team_id: str | None


def rows(case: Case) -> list[DelayRow]:
    """The delays of a child's facts that are known."""
    survivor, merged = case.survivor
    streams = {survivor, *merged}
    facts = (fact for fact in case.known if fact.stream in streams)
    return delays(survivor, facts, case.period, case.calendar, case.holders)


def delays(
    child: str,
    facts: Iterable[Recorded | Outline],
    period: Period | None,
    calendar: WorkingDays,
    held_by: Holders = NOBODY,
) -> list[DelayRow]:
    """Those of some facts, or of the ones entered in a period."""
    counted: dict[tuple[str, date, int], int] = {}
    for fact in facts:
        entered_on = fact.entered_on
        if fact.historic or not (period is None or period.holds(entered_on)):
            continue
        of = (fact.source, entered_on, calendar.between(fact.occurred_on.day, entered_on))
        counted[of] = counted.get(of, 0) + 1
    return [
        DelayRow(child, source, entered_on, delay, facts, *held_by.on(entered_on))
        for (source, entered_on, delay), facts in sorted(counted.items())
    ]


delay_rows: Projection[DelayRow] = Projection(name="recording_delays", version=3, row=DelayRow, rows=rows)
