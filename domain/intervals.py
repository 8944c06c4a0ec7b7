"""Repeating clocks: one an interval, from a beginning to the first occasion, and from each to the next."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from domain.material import Placed
from domain.telling import Told


@dataclass(slots=True)
class Occasion:
    """A visit, meeting or supervision. Told several times in a row, the interval before it ends with the last
    report and the one after it begins with the first, so that neither is shortened.
    """

    id: str
    first: Placed
    last: Placed


def occasions(facts: Iterable[Placed], id_field: str, begun: Sequence["Spell"]) -> list[Occasion]:
    """Facts about occasions, in reading order, as occasions: what has ``begun`` between parts reports."""
    found: list[Occasion] = []
    for placed in facts:
        id = getattr(placed[1].fact, id_field)
        last = found[-1] if found and found[-1].id == id else None
        if last is not None and not any(last.last[0] < spell.place < placed[0] for spell in begun):
            last.last = placed
        else:
            found.append(Occasion(id, placed, placed))
    return found


@dataclass(slots=True)
class Spell:
    """One life of a plan, placement or the like, from its start to its end; of several reports of an end,
    the latest counts.
    """

    id: str
    start: Placed
    end: Placed | None = None

    @property
    def place(self) -> int:
        return self.start[0]

    @property
    def end_place(self) -> int | None:
        return self.end[0] if self.end else None


def spells(
    facts: Iterable[Placed], is_start: Callable[[Told], bool], id_of: Callable[[Told], str]
) -> list[Spell]:
    """The lives of things, in order of start, from the facts that start and end them in reading order.

    Started again while it goes on, a thing goes on; started after its end, it lives again.
    """
    found: list[Spell] = []
    latest: dict[str, Spell] = {}
    for placed in facts:
        id = id_of(placed[1])
        spell = latest.get(id)
        if is_start(placed[1]):
            if spell is None or spell.end is not None:
                latest[id] = Spell(id, placed)
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


def intervals(
    spell: Spell,
    of_kind: Sequence[Spell],
    happened: Sequence[Occasion],
    window_days: Callable[[date], int] | None,
) -> Iterator[Interval]:
    """The intervals of a spell, given the occasions of its kind in reading order.

    Where its end leaves one running, that runs on if another of the spells ``of_kind`` is still going on or
    begins within the window of days, until the next occasion or the end of the last of those.
    """
    start, from_, number = spell.start, None, 0
    at = bisect_right(happened, start[0], key=_first_place)
    while True:
        stop = happened[at] if at < len(happened) else None
        if stop is not None and (spell.end is None or stop.first[0] < spell.end[0]):
            yield Interval(spell, number, start, from_, stop, None)
            start, from_, number, at = stop.first, stop, number + 1, at + 1
            continue
        end, continued_by = spell.end, None
        if end is not None and window_days is not None:
            end, continued_by = _running_on(spell, of_kind, window_days)
        if continued_by is None or stop is None or (end is not None and stop.first[0] > end[0]):
            stop = None
        yield Interval(spell, number, start, from_, stop, None if stop else end, continued_by)
        return


def _first_place(occasion: Occasion) -> int:
    return occasion.first[0]


def _running_on(
    spell: Spell, of_kind: Sequence[Spell], window_days: Callable[[date], int]
) -> tuple[Placed | None, Told | None]:
    """Where an interval left running by the end of its spell ends (None: it runs), and what first continued
    it.
    """
    last, continued_by = spell, None
    while last.end is not None:
        end_place, ended_on = last.end[0], last.end[1].day
        until = ended_on + timedelta(days=window_days(ended_on))
        following = [
            other
            for other in of_kind
            if other.start[1].day <= until and (other.end is None or other.end[0] > end_place)
        ]
        if not following:
            return last.end, continued_by
        # Of those that follow, the one that goes on longest carries it furthest.
        last = max(following, key=lambda s: (s.end is None, s.end[0] if s.end else 0))
        continued_by = continued_by or min(following, key=attrgetter("place")).start[1]
    return None, continued_by
