"""How many facts of each type each case system reported, stream by stream."""

from datetime import datetime

from domain.numerous import numerous
from projections.projection import Case, Projection


@numerous(frozen=True, slots=True)
class FactRow:
    """The facts of a type and source that occurred by the day asked about; when the newest was recorded."""

    child: str
    type: str
    source: str
    facts: int
    last_recorded_at: datetime


def rows(case: Case) -> list[FactRow]:
    """One row for each type and source in the history of a child and those merged into it."""
    counted: dict[tuple[str, str], int] = {}
    newest: dict[tuple[str, str], datetime] = {}
    survivor, merged = case.survivor
    streams, day = {survivor, *merged}, case.day
    for fact in case.known:
        if fact.stream not in streams or fact.occurred_on.day > day:
            continue
        of, recorded_at = (fact.type, fact.source), fact.recorded_at
        if of not in counted:
            counted[of], newest[of] = 1, recorded_at
            continue
        counted[of] += 1
        if recorded_at > newest[of]:
            newest[of] = recorded_at
    return [FactRow(survivor, *of, counted[of], newest[of]) for of in sorted(counted)]


fact_rows: Projection[FactRow] = Projection(name="facts", version=1, row=FactRow, rows=rows)
