"""The clock of the conference that a child transferred in from another authority is due."""

from dataclasses import replace

from domain.clock import Clock
from domain.clock_making import Numbers, make_clock
from domain.day_order import is_after_start, when
from domain.flag import Flag
from domain.identity import TransferredIn
from domain.intervals import Occasion, Reports
from domain.material import Material, Placed
from domain.meeting import MeetingHeld


def transfer_clocks(material: Material) -> list[Clock]:
    """From each transfer, or the day the conference is due from, to the conference held next.

    Told again from the same authority while its clock runs, a transfer changes nothing. One due from a later
    day than asked about has no clock yet.
    """
    transferred = material.of(TransferredIn)
    if not transferred:
        return []
    reports = Reports([p for p in material.of(MeetingHeld) if _is_transfer_in(p)], "meeting_id")
    numbers = Numbers()
    latest: dict[str, Occasion | None] = {}
    clocks = []
    starts = sorted((_due_from(placed) for placed in transferred), key=lambda p: (when(p[1]), p[0]))
    for start in starts:
        told = start[1]
        authority = _authority(start)
        before = latest.get(authority)
        if authority in latest and (before is None or not is_after_start(start, before.last)):
            continue
        if told.day > material.day:
            continue
        again = [
            other
            for other in starts
            if other[0] != start[0] and _authority(other) == authority and is_after_start(other, start)
        ]
        spent = before.last[0] if before else None
        held = [one for one in reports.since(start, again) if one.last[0] != spent]
        stop = latest[authority] = held[0] if held else None
        clocks.append(
            make_clock(
                material,
                material.policy.row("transfer_in_conference", told.day),
                numbers.next("transfer_in_conference", authority),
                begun_by=("transfer", authority),
                start=told,
                stop=stop.last[1] if stop else None,
                status="stopped" if stop else "open",
                things=[("meeting", stop.id)] if stop else [],
                flags=[Flag("TRANSFER_IN", None, (told.reference,))],
            )
        )
    return clocks


def _due_from(placed: Placed) -> Placed:
    """The transfer, on the day from which its conference is due."""
    place, told = placed
    assert isinstance(told.fact, TransferredIn)
    due_from = told.fact.conference_due_from
    return placed if due_from is None else (place, replace(told, day=due_from, instant=None))


def _authority(placed: Placed) -> str:
    assert isinstance(placed[1].fact, TransferredIn)
    return placed[1].fact.from_authority


def _is_transfer_in(placed: Placed) -> bool:
    fact = placed[1].fact
    return isinstance(fact, MeetingHeld) and fact.kind == "transfer_in_conference"
