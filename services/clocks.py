"""A child's clocks as a reply."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from domain.clock import Clock, Days, Reading, read
from domain.discrepancies import why_held
from domain.field import FactReference
from domain.flag import Flag
from domain.history import Recorded
from domain.true_clock import figures
from domain.upholding import Held
from domain.working_days import WorkingDays
from projections.projection import Case
from services.asked import Asked


def clocks_reply(case: Case, asked: Asked) -> dict[str, Any]:
    """The clocks of a child, with the questions they answer.

    ``held`` tells what a clock does not follow, and why. Where rulings are in effect they are listed, and
    ``without_rulings`` has the clocks as they are without them.
    """
    found = case.figures
    reply: dict[str, Any] = {
        "child": found.child,
        "merged": list(found.merged),
        **asked.echo(),
        "clocks": [
            {**clock, "held": held_back(clock["flags"], found.held)}
            for clock in readings(found.clocks, case.day, case.calendar)
        ],
    }
    if found.rulings:
        without = figures(
            case.child, case.amended, case.day, case.calendar, case.elsewhere, case.policy, with_rulings=False
        )
        reply["rulings"] = [_ruling(ruling) for ruling in found.rulings]
        reply["without_rulings"] = readings(without.clocks, case.day, case.calendar)
    return reply


def held_back(flags: Iterable[Mapping[str, Any]], all_held: Sequence[Held]) -> list[dict[str, Any]]:
    """The corrections that a clock with these flags does not follow: which, under what flag, and why."""
    because = {FactReference(fact["source"], fact["id"]) for flag in flags for fact in flag["because"]}
    return [
        {"by": references([held.amendment.reference])[0], "code": held.code, "why": why_held(held)}
        for held in all_held
        if held.amendment.reference in because
    ]


def readings(clocks: Iterable[Clock], day: date, calendar: WorkingDays) -> list[dict[str, Any]]:
    """Clocks read at the end of ``day``, as JSON values."""
    return [reading_json(read(clock, day, calendar), calendar) for clock in clocks]


def reading_json(reading: Reading, calendar: WorkingDays) -> dict[str, Any]:
    """A reading as JSON values. ``provisional`` marks a due date beyond the last published bank holidays."""
    clock = reading.clock
    recorded = None
    if clock.on_record is not None and reading.recorded is not None:
        until = clock.on_record.until or clock.stopped_on or reading.read_on
        recorded = {
            "record": clock.on_record.record,
            "from": clock.on_record.since.isoformat(),
            "to": until.isoformat(),
            **_days(reading.recorded),
        }
    return {
        "id": clock.id,
        "timescale": clock.timescale.id,
        "subject": clock.subject,
        "status": clock.status,
        "started_on": clock.started_on.isoformat(),
        "stopped_on": clock.stopped_on.isoformat() if clock.stopped_on else None,
        "due_on": clock.due_on.isoformat(),
        "provisional": calendar.is_provisional(clock.due_on),
        "limit": {"value": clock.timescale.limit.value, "unit": clock.timescale.limit.unit},
        "elapsed": _days(reading.elapsed),
        "recorded": recorded,
        "hidden": None if reading.hidden is None else _days(reading.hidden),
        "over_by": _days(reading.over_by),
        "spans": [
            {
                "state": span.state,
                "record": span.record,
                "from": span.since.isoformat(),
                "to": span.until.isoformat(),
                **_days(span.days),
                "shown": span.shown,
            }
            for span in reading.spans
        ],
        "flags": [flag_json(flag) for flag in reading.flags],
        "because": references(clock.because),
    }


def flag_json(flag: Flag) -> dict[str, Any]:
    return {"code": flag.code, "value": flag.value, "because": references(flag.because)}


def references(facts: Iterable[FactReference]) -> list[dict[str, str]]:
    """Facts by their identity, as JSON values."""
    return [{"source": fact.source, "id": fact.id} for fact in facts]


def _days(days: Days) -> dict[str, int]:
    return {"working_days": days.working_days, "calendar_days": days.calendar_days}


def _ruling(ruling: Recorded) -> dict[str, Any]:
    return {
        "source": ruling.source,
        "id": ruling.id,
        "recorded_at": ruling.recorded_at.isoformat(),
        **ruling.data,
    }
