"""The clocks of the front door: a contact decided upon, a referral decided upon."""

from collections.abc import Sequence

from domain.circumstances import Elsewhere
from domain.clock import Clock, Status, Stretch
from domain.clock_flags import backdated, in_bulk
from domain.clock_making import numbered
from domain.contact import ContactDecided, ContactReceived
from domain.flag import gathered
from domain.policy import Policy
from domain.referral_episode import Episode
from domain.telling import Told
from domain.working_days import WorkingDays


def contact_clocks(
    facts: Sequence[Told], elsewhere: Elsewhere, calendar: WorkingDays, policy: Policy
) -> list[Clock]:
    """From each contact received to its decision; received again after a decision, it is another."""
    lives: dict[str, list[tuple[Told, Told | None]]] = {}
    for told in facts:
        if isinstance(told.fact, ContactReceived):
            of_contact = lives.setdefault(told.fact.contact_id, [])
            if not of_contact or of_contact[-1][1] is not None:
                of_contact.append((told, None))
        elif isinstance(told.fact, ContactDecided):
            of_contact = lives.get(told.fact.contact_id, [])
            if of_contact:
                of_contact[-1] = (of_contact[-1][0], told)
    return [
        _clock("contact_decision", "contact", contact_id, number, start, stop,
               "stopped" if stop else "open", elsewhere, calendar, policy)
        for contact_id, of_contact in lives.items()
        for number, (start, stop) in enumerate(of_contact, 1)
    ]  # fmt: skip


def referral_clocks(
    episodes: Sequence[Episode], elsewhere: Elsewhere, calendar: WorkingDays, policy: Policy
) -> list[Clock]:
    """From each referral received to the latest decision told; it ends undecided when its referral is
    over.
    """
    numbers: dict[str, int] = {}
    clocks = []
    for episode in episodes:
        referral_id = episode.referral_id
        numbers[referral_id] = numbers.get(referral_id, 0) + 1
        decision = episode.decisions[-1] if episode.decisions else None
        status: Status = "open"
        if decision is not None:
            status = "stopped"
        elif episode.over is not None:
            status = "ended_without_completion"
        clocks.append(
            _clock("referral_decision", "referral", referral_id, numbers[referral_id], episode.receipt,
                   decision or episode.over, status, elsewhere, calendar, policy)
        )  # fmt: skip
    return clocks


def _clock(
    timescale: str,
    thing: str,
    subject: str,
    number: int,
    start: Told,
    stop: Told | None,
    status: Status,
    elsewhere: Elsewhere,
    calendar: WorkingDays,
    policy: Policy,
) -> Clock:
    row = policy.row(timescale, start.day)
    due_on, in_time_until = row.days(start.day, calendar)
    stopped_on = stop.day if stop else None
    told = [start, *([stop] if stop else [])]
    flags = [*backdated(told), *in_bulk(told, elsewhere)]
    return Clock(
        id=numbered(timescale, subject, number),
        timescale=row,
        subject=subject,
        status=status,
        started_on=start.day,
        stopped_on=stopped_on,
        due_on=due_on,
        in_time_until=in_time_until,
        begun_by=(thing, subject),
        on_record=None,
        has_records=False,
        stretches=(Stretch("waiting", None, start.day, stopped_on),),
        flags=tuple(gathered(flags)),
        because=tuple(t.reference for t in told),
        concerns=frozenset({(thing, subject)}),
    )
