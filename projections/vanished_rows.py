"""The records that were in a snapshot of a case system once, and are not any more."""

from dataclasses import dataclass
from datetime import date

from domain.snapshot import RecordDisappeared, RecordReappeared
from projections.projection import Case, Projection


@dataclass(frozen=True, slots=True)
class VanishedRow:
    """A record that is gone from the snapshots of a source, and the day since which it is."""

    child: str
    record_kind: str
    record_id: str
    source: str
    since: date


def rows(case: Case) -> list[VanishedRow]:
    """One row for each record of a child that vanished by the day asked about, and did not come back."""
    gone: dict[tuple[str, str, str], date] = {}
    for told in case.facts:
        fact = told.fact
        if isinstance(fact, RecordDisappeared):
            gone.setdefault((fact.record_kind, fact.record_id, told.recorded.source), told.day)
        elif isinstance(fact, RecordReappeared):
            gone.pop((fact.record_kind, fact.record_id, told.recorded.source), None)
    survivor, _ = case.survivor
    return [VanishedRow(survivor, *record, since) for record, since in sorted(gone.items())]


vanished_rows: Projection[VanishedRow] = Projection(
    name="vanished_records", version=1, row=VanishedRow, rows=rows
)
