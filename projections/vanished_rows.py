"""The records that were in a snapshot of a case system once, and are not any more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from domain.snapshot import RecordDisappeared, RecordReappeared
from domain.telling import Told
from projections.projection import Case, Projection

Record = tuple[str, str, str]
"""What a record is known by in snapshots: its kind, its id and its source."""


@dataclass(frozen=True, slots=True)
class VanishedRow:
    """A record that is gone from the snapshots of a source, and the day since which it is."""

    child: str
    record_kind: str
    record_id: str
    source: str
    since: date


def vanished(facts: Iterable[Told]) -> Iterator[tuple[Record, date, date | None]]:
    """Each record that vanished, from which day until which it was gone (None: it is), by facts in order."""
    gone: dict[Record, date] = {}
    for told in facts:
        fact = told.fact
        if isinstance(fact, RecordDisappeared):
            gone.setdefault((fact.record_kind, fact.record_id, told.recorded.source), told.day)
        elif isinstance(fact, RecordReappeared):
            back: Record = (fact.record_kind, fact.record_id, told.recorded.source)
            if back in gone:
                yield back, gone.pop(back), told.day
    for record, day in gone.items():
        yield record, day, None


def rows(case: Case) -> list[VanishedRow]:
    """One row for each record of a child that vanished by the day asked about, and did not come back."""
    survivor, _ = case.survivor
    gone = sorted((record, since) for record, since, until in vanished(case.facts) if until is None)
    return [VanishedRow(survivor, *record, since) for record, since in gone]


vanished_rows: Projection[VanishedRow] = Projection(
    name="vanished_records", version=1, row=VanishedRow, rows=rows
)
