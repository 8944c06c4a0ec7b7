"""The catalogue in force on a day, as a reply."""

from datetime import date
from typing import Any

from domain.policy import Policy
from domain.timescale import Parameter, Timescale


def timescales_json(policy: Policy, day: date) -> list[dict[str, Any]]:
    """Every timescale in the row in force on a day, with its source and how sure we are of it."""
    return [_timescale(row) for row in policy.timescales_on(day)]


def parameters_json(policy: Policy, day: date) -> list[dict[str, Any]]:
    """The numbers beside the limits on which the reading of clocks rests, as in force on a day."""
    return [_parameter(row) for row in policy.parameters_on(day)]


def _timescale(row: Timescale) -> dict[str, Any]:
    return {
        "id": row.id,
        "part": row.part or None,
        "limit": {"value": row.limit.value, "unit": row.limit.unit},
        "starts": row.starts,
        "stops": row.stops,
        "repeats": row.repeats,
        "kind": row.kind,
        "source": row.source,
        "paragraph": row.paragraph or None,
        "edition": row.edition,
        "nation": row.nation,
        "confidence": row.confidence,
        "in_force_from": row.in_force_from.isoformat(),
        "in_force_to": row.in_force_to.isoformat() if row.in_force_to else None,
    }


def _parameter(row: Parameter) -> dict[str, Any]:
    return {
        "name": row.name,
        "value": row.value,
        "unit": row.unit,
        "meaning": row.meaning,
        "kind": row.kind,
        "source": row.source,
        "edition": row.edition,
        "in_force_from": row.in_force_from.isoformat(),
        "in_force_to": row.in_force_to.isoformat() if row.in_force_to else None,
    }
