"""The clock of the conference that a child transferred in from another authority is due."""

from dataclasses import replace

from domain.clock import Clock
from domain.clock_making import Numbers, make_clock
from domain.flag import Flag
from domain.identity import TransferredIn
from domain.intervals import Occasion, occasions
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
    held = [p for p in material.of(MeetingHeld) if _is_transfer_in(p)]
    numbers = Numbers()
    clocks = []
    running_until: dict[str, int | None] = {}
    for place, told in transferred:
        fact = told.fact
        assert isinstance(fact, TransferredIn)
        authority = fact.from_authority
        if authority in running_until and ((until := running_until[authority]) is None or place < until):
            continue
        after = occasions([p for p in held if p[0] > place], "meeting_id", [])
        stop: Occasion | None = after[0] if after else None
        running_until[authority] = stop.first[0] if stop else None
        started_on = fact.conference_due_from or told.day
        if started_on > material.day:
            continue
        start = replace(told, day=started_on)
        clocks.append(
            make_clock(
                material,
                material.policy.row("transfer_in_conference", started_on),
                numbers.next("transfer_in_conference", authority),
                begun_by=("transfer", authority),
                start=start,
                stop=replace(stop.last[1], day=max(started_on, stop.last[1].day)) if stop else None,
                status="stopped" if stop else "open",
                things=[("meeting", stop.id)] if stop else [],
                flags=[Flag("TRANSFER_IN", None, (told.reference,))],
            )
        )
    return clocks


def _is_transfer_in(placed: Placed) -> bool:
    fact = placed[1].fact
    return isinstance(fact, MeetingHeld) and fact.kind == "transfer_in_conference"
