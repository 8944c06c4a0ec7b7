"""How late the facts of each child were recorded."""

from dataclasses import dataclass
from datetime import date

from projections.projection import Case, Projection


@dataclass(frozen=True, slots=True)
class DelayRow:
    """How many facts of a child and a source were entered on a day so many working days after they occurred.

    Facts that came with a source's first snapshot, or as history, are left out.
    """

    child: str
    source: str
    entered_on: date
    working_days: int
    facts: int


def rows(case: Case) -> list[DelayRow]:
    """The delays of a child's facts that are known."""
    counted: dict[tuple[str, date, int], int] = {}
    survivor, merged = case.survivor
    streams = {survivor, *merged}
    working_days, period = case.calendar.between, case.period
    for fact in case.known:
        if fact.historic or fact.stream not in streams:
            continue
        if period is not None and not period.holds(fact.entered_on):
            continue
        of = (fact.source, fact.entered_on, working_days(fact.occurred_on.day, fact.entered_on))
        counted[of] = counted.get(of, 0) + 1
    return [
        DelayRow(survivor, source, entered_on, delay, facts)
        for (source, entered_on, delay), facts in sorted(counted.items())
    ]


delay_rows: Projection[DelayRow] = Projection(name="recording_delays", version=2, row=DelayRow, rows=rows)
