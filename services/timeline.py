"""A child's timeline as a reply."""

from datetime import UTC, datetime
from typing import Any

from domain.catalogue import PREFIX
from projections.projection import Case
from projections.timeline import Entry, entries
from services.asked import Asked
from services.clocks import references


def timeline_reply(case: Case, asked: Asked) -> dict[str, Any]:
    """Every fact of a child up to the day asked about, with the questions this answers."""
    survivor, merged = case.survivor
    return {
        "child": survivor,
        "merged": list(merged),
        **asked.echo(),
        "entries": [entry_json(entry) for entry in entries(case)],
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as JSON values; ``effective`` is null once the fact was withdrawn."""
    fact = entry.recorded
    return {
        "type": PREFIX + fact.type,
        "source": fact.source,
        "id": fact.id,
        "subject": fact.stream,
        "occurred_on": fact.occurred_on.text,
        "entered_at": None if fact.entered_at is None else instant_json(fact.entered_at),
        "recorded_at": instant_json(fact.recorded_at),
        "version": fact.version,
        "position": {"partition": fact.partition, "offset": fact.offset},
        "data": fact.data,
        "recording_delay_working_days": entry.recording_delay_working_days,
        "corrected_by": references(entry.corrected_by),
        "withdrawn_by": references(entry.withdrawn_by),
        "effective": entry.effective,
        "discrepancies": [{"code": d.code, "detail": d.detail} for d in entry.discrepancies],
        "held": [
            {"by": {"source": h.by.source, "id": h.by.id}, "code": h.code, "why": h.why} for h in entry.held
        ],
        "historic": fact.historic,
        "erased": fact.is_erased,
    }


def instant_json(instant: datetime) -> str:
    """An aware instant in UTC, to the microsecond, as ``2019-03-05T14:30:00.000000Z``."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
