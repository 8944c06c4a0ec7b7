"""What the case systems told us that does not follow, child by child."""

from datetime import date, datetime

from domain.numerous import numerous
from projections.projection import Case, Projection


@numerous(frozen=True, slots=True)
class DiscrepancyRow:
    """A fact that does not follow: what is wrong with it, by a stable code, when it occurred and when we
    learnt of it.
    """

    child: str
    code: str
    source: str
    id: str
    type: str
    occurred_on: date
    recorded_at: datetime


def rows(case: Case) -> list[DiscrepancyRow]:
    """One row for each discrepancy in a child's history up to the day asked about."""
    return [
        DiscrepancyRow(
            case.figures.child,
            found.code,
            found.fact.source,
            found.fact.id,
            fact.type,
            fact.occurred_on.day,
            fact.recorded_at,
        )
        for found in case.discrepancies
        if (fact := case.by_reference[found.fact]).stream == case.child or fact.stream in case.figures.merged
    ]


discrepancy_rows: Projection[DiscrepancyRow] = Projection(
    name="discrepancies", version=4, row=DiscrepancyRow, rows=rows
)
