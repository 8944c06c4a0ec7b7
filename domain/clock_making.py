"""Making a clock from what started and stopped it, with the flags that any clock may carry."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from domain.clock import Clock, OnRecord, Status, Stretch
from domain.clock_flags import backdated, changes_of_hands, in_bulk
from domain.correction import RecordDeleted
from domain.day_order import when
from domain.flag import Flag, gathered
from domain.material import Material
from domain.snapshot import RecordDisappeared
from domain.telling import Told
from domain.timescale import Timescale

Thing = tuple[str, str]
"""A kind of thing and its id."""


def numbered(timescale: str, subject: str, number: int) -> str:
    """The id of the ``number``-th clock of a subject, in order of start."""
    return f"{timescale}:{subject}" if number == 1 else f"{timescale}:{subject}:{number}"


class Numbers:
    """Numbers the clocks of each timescale and subject as they are made, in order of start."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], int] = {}

    def next(self, timescale: str, subject: str) -> str:
        number = self._made[timescale, subject] = self._made.get((timescale, subject), 0) + 1
        return numbered(timescale, subject, number)


def numbered_in_order(clocks: list[Clock]) -> list[Clock]:
    """Clocks numbered in order of start, also where an occasion told again made one start before another."""
    latest: dict[tuple[str, str], date] = {}
    astray: set[tuple[str, str]] = set()
    for clock in clocks:
        key = (clock.timescale.id, clock.subject)
        if clock.started_on < latest.get(key, clock.started_on):
            astray.add(key)
        latest[key] = clock.started_on
    if not astray:
        return clocks
    numbers = Numbers()
    ids = {
        id(clock): numbers.next(clock.timescale.id, clock.subject)
        for clock in sorted(clocks, key=lambda clock: clock.started_on)
        if (clock.timescale.id, clock.subject) in astray
    }
    return [replace(clock, id=ids[id(clock)]) if id(clock) in ids else clock for clock in clocks]


def make_clock(
    material: Material,
    row: Timescale,
    id: str,
    *,
    begun_by: Thing,
    start: Told,
    stop: Told | None,
    status: Status,
    things: Iterable[Thing] = (),
    flags: Iterable[Flag] = (),
    because_of: Sequence[Told] = (),
    on_record: OnRecord | None = None,
    stretches: tuple[Stretch, ...] | None = None,
    due_on: date | None = None,
) -> Clock:
    """A clock under ``row`` from ``start`` to ``stop``, which stopped or ended it.

    ``things`` are those whose facts are on it, beside the one it was ``begun_by``; ``because_of`` are facts
    beside start and stop whose recording counts. Without ``stretches`` the timescale has no record.
    ``due_on`` is the last day in time where it is told and not counted.
    """
    started_on = start.day
    stopped_on = stop.day if stop else None
    dated = (start,) if stop is None else (start, stop)
    every = (*dated, *because_of)
    flags = [
        *flags,
        *backdated(every),
        *in_bulk(every, material.elsewhere),
        *changes_of_hands(material.around, started_on, stopped_on or material.day),
    ]
    due, in_time_until = (due_on, due_on) if due_on else row.days(started_on, material.calendar)
    because = (start.reference,) if stop is None else (start.reference, stop.reference)
    return Clock(
        id=id,
        timescale=row,
        subject=begun_by[1],
        status=status,
        started_on=started_on,
        stopped_on=stopped_on,
        due_on=due,
        in_time_until=in_time_until,
        begun_by=begun_by,
        on_record=on_record,
        has_records=stretches is not None,
        stretches=stretches or (Stretch("waiting", None, started_on, stopped_on),),
        flags=tuple(gathered(flags)) if flags else (),
        because=because[:1] if because[0] == because[-1] else because,
        concerns=frozenset({begun_by, *things}),
    )


def gone_flags(material: Material, things: set[Thing], start: Told, stop: Told | None) -> list[Flag]:
    """That one of some records was deleted, or vanished, while a clock ran: on the day of its stop, and
    without times, it was after that.
    """
    flags = []
    for _, told in material.around.gone:
        fact = told.fact
        assert isinstance(fact, (RecordDeleted, RecordDisappeared))
        if when(told) < when(start) or (stop is not None and when(told) >= when(stop)):
            continue
        if (fact.record_kind, fact.record_id) in things:
            flags.append(Flag("DELETED_WITH_OPEN_CLOCK", None, (told.reference,)))
            if isinstance(fact, RecordDisappeared):
                flags.append(Flag("DISAPPEARED_FROM_SNAPSHOT", None, (told.reference,)))
    return flags
