"""Repeating clocks: one an interval, from a beginning to the first occasion, and from each to the next."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.day_order import day_by_day, is_after_start, is_before_end, when
from domain.material import Material, Placed
from domain.telling import Told


@dataclass(slots=True)
class Occasion:
    """A visit, meeting or supervision. Told several times, the interval before it stops with the last report
    and the one after it begins with the first, so that neither is shortened.
    """

    id: str
    first: Placed
    last: Placed


class Reports:
    """All reports of occasions of one sort, in reading order."""

    def __init__(self, facts: Sequence[Placed], id_field: str) -> None:
        self.each = [Occasion(getattr(placed[1].fact, id_field), placed, placed) for placed in facts]
        self._days = [placed[1].day for placed in facts]
        self._is_once = len({one.id for one in self.each}) == len(self.each)

    def since(self, start: Placed, beginnings: Sequence[Placed] = ()) -> list[Occasion]:
        """The occasions after a start, in the order of the reports that count: the latest of each, but for
        those that one of some new ``beginnings`` parts from earlier ones.
        """
        at = bisect_left(self._days, start[1].day)
        while at < len(self.each) and not is_after_start(self.each[at].first, start):
            at += 1
        if self._is_once:
            return self.each[at:]
        found: dict[tuple[str, int], Occasion] = {}
        for report in self.each[at:]:
            age = sum(is_after_start(report.last, beginning) for beginning in beginnings)
            earlier = found.get((report.id, age))
            first = earlier.first if earlier else report.first
            found[report.id, age] = Occasion(report.id, first, report.last)
        return sorted(found.values(), key=lambda one: one.last[0])


@dataclass(slots=True)
class Spell:
    """One life of a plan, placement or the like, from its start to its end; of several reports of an end,
    the latest counts. ``is_again`` marks one that begins on the day its thing last ended.
    """

    id: str
    start: Placed
    end: Placed | None = None
    is_again: bool = False

    @property
    def place(self) -> int:
        return self.start[0]

    def is_over_before(self, start: Placed) -> bool:
        """Whether it ended before another began: on one day, if it was going on that morning."""
        if self.end is None:
            return False
        ended, begun = when(self.end[1]), when(start[1])
        return ended < begun or (ended == begun and self.start[1].day < start[1].day)


def spells(
    facts: Iterable[Placed], is_start: Callable[[Told], bool], id_of: Callable[[Told], str]
) -> list[Spell]:
    """The lives of things, in order of start, from the facts that start and end them in reading order.

    Started again while it goes on, a thing goes on; started after its end, it lives again. What goes on in
    the morning ends before it starts again that day, what does not starts before it ends.
    """
    found: list[Spell] = []
    latest: dict[str, Spell] = {}

    def rank(told: Told) -> bool:
        spell = latest.get(id_of(told))
        goes_on = spell is not None and spell.end is None
        return is_start(told) == goes_on

    for placed in day_by_day(facts, rank):
        id = id_of(placed[1])
        spell = latest.get(id)
        if is_start(placed[1]):
            if spell is None or spell.end is not None:
                is_again = spell is not None and spell.end is not None and spell.end[1].day == placed[1].day
                latest[id] = Spell(id, placed, is_again=is_again)
                found.append(latest[id])
        elif spell is not None:
            spell.end = placed
    return found


@dataclass(slots=True)
class Interval:
    """One interval of a spell: ``number`` 0 is the one that its beginning starts.

    ``stop`` is the occasion that stopped it; with none, it ended with ``end``, or runs. ``from_`` is the
    occasion that started it. ``continued_by`` is what began in time for it to run on after its spell ended.
    """

    spell: Spell
    number: int
    start: Placed
    from_: Occasion | None
    stop: Occasion | None
    end: Placed | None
    continued_by: Told | None = None

    @property
    def ends_with(self) -> Told | None:
        """The fact that stops or ends its clock."""
        return self.stop.last[1] if self.stop else self.end[1] if self.end else None

    def is_wanted(self, material: Material) -> bool:
        stop = self.ends_with
        return material.wants(self.start[1]) or (stop is not None and material.wants(stop))


def intervals(
    spell: Spell,
    of_kind: Sequence[Spell],
    happened: Sequence[Occasion],
    window_days: Callable[[date], int] | None,
    named: Callable[[Occasion], str | None] = lambda _: None,
) -> Iterator[Interval]:
    """The intervals of a spell, given the occasions since its start.

    Where its end leaves one running, that runs on if another of the spells ``of_kind`` is still going on or
    begins within the window of days, until the next occasion or the end of the last of those. An occasion is
    of any spell unless it is ``named`` for one: then of that one, and from its start of what runs on with it.
    """
    start, from_, number = spell.start, None, 0
    after = []
    for stop in happened:
        if spell.is_again and when(stop.last[1]) == when(spell.start[1]):
            continue
        if not is_before_end(stop.last, spell.end):
            after.append(stop)
        elif named(stop) in (None, spell.id):
            yield Interval(spell, number, start, from_, stop, None)
            start, from_, number = stop.first, stop, number + 1
    if window_days is None:
        yield Interval(spell, number, start, from_, None, spell.end)
        return
    end, carriers = _running_on(spell, of_kind, window_days)
    for stop in after if carriers else ():
        if is_before_end(stop.last, end) and _is_of(stop, named(stop), spell, carriers):
            yield Interval(spell, number, start, from_, stop, None, carriers[0].start[1])
            return
    yield Interval(spell, number, start, from_, None, end, carriers[0].start[1] if carriers else None)


def _is_of(stop: Occasion, named: str | None, spell: Spell, carriers: Sequence[Spell]) -> bool:
    return named in (None, spell.id) or any(
        carrier.id == named and is_after_start(stop.last, carrier.start) for carrier in carriers
    )


def _running_on(
    spell: Spell, of_kind: Sequence[Spell], window_days: Callable[[date], int]
) -> tuple[Placed | None, list[Spell]]:
    """Where an interval left running by the end of its spell ends (None: it runs), and the spells it runs on
    with, of the first end by their starts.
    """
    last, carriers = spell, list[Spell]()
    while last.end is not None:
        ended_on, ended = last.end[1].day, when(last.end[1])
        until = ended_on + timedelta(days=window_days(ended_on))
        following = [
            other
            for other in of_kind
            if other.start[1].day <= until and (other.end is None or when(other.end[1]) > ended)
        ]
        if not following:
            return last.end, carriers
        carriers += sorted(
            (other for other in following if other not in carriers), key=lambda other: other.place
        )
        # Of those that follow, the one that goes on longest carries it furthest.
        endless = [other for other in following if other.end is None]
        last = endless[0] if endless else max(following, key=_ended)
    return None, carriers


def _ended(spell: Spell) -> tuple[object, int]:
    assert spell.end is not None
    return when(spell.end[1]), spell.end[0]
