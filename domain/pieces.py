"""A history in pieces: days on end over which nothing but the passing of days changes what is read.

Asked as at a day, a history reads as its facts up to that day. Whatever amends it is applied, or held, alike
on every day, so that each piece `reads_day_by_day` from its last day's facts where their order is steady.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.amended import Amended
from domain.as_one_child import read_as_one, told_of
from domain.identity import ChildMerged, ChildUnmerged
from domain.merging import OneChild
from domain.policy import Policy
from domain.steady import is_steady, spans, stay_apart
from domain.telling import Told
from domain.upholding import Upheld
from domain.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Piece:
    """The days from ``since`` to ``until``, both included, and the facts of a child up to the last of them.

    ``followed`` are those that its clocks follow and ``shown`` those that the case system shows, where it
    shows others; ``put_right`` are its own with every amendment applied, and ``reported`` all that is known
    with none. All are in reading order. ``streams`` are the references that are the child.
    """

    since: date
    until: date
    streams: frozenset[str]
    followed: Sequence[Told]
    shown: Sequence[Told] | None
    put_right: Sequence[Told]
    reported: Sequence[Told]
    reads_day_by_day: bool


def pieces(
    child: str,
    history: Amended,
    upheld: Upheld,
    first: date,
    last: date,
    calendar: WorkingDays,
    policy: Policy,
) -> Iterator[Piece]:
    """The days from ``first`` to ``last`` in pieces, without those on which ``child`` is read under another
    reference.
    """
    reading = _Reading(child, history, upheld, calendar, policy)
    every = [*upheld.applied, *(held.amendment for held in upheld.held)]
    for since, until in spans(history, (history.amendments, upheld.applied, every), first, last):
        piece = reading.piece(since, until)
        if piece is not None:
            yield piece


@dataclass(frozen=True, slots=True)
class _Reading:
    child: str
    history: Amended
    upheld: Upheld
    calendar: WorkingDays
    policy: Policy

    def piece(self, since: date, until: date) -> Piece | None:
        history, upheld = self.history, self.upheld
        facts = history.facts(upheld.applied, until, upheld.voided)
        one = OneChild(facts)
        if one.survivor(self.child) != self.child:
            return None
        streams = frozenset({self.child, *one.merged(self.child)})
        followed, are_steady = self._followed(facts, one, since, until)
        shown = None
        if upheld.held:
            every = [*upheld.applied, *(held.amendment for held in upheld.held)]
            every.sort(key=lambda amendment: amendment.recorded.log_order)
            told = history.facts(every, until, upheld.voided)
            shown, is_shown_steady = self._followed(told, one, since, until)
            are_steady = are_steady and is_shown_steady
        put_right = history.facts(history.amendments, until, frozenset())
        own = [t for t in put_right if t.recorded.stream in streams]
        read, reported = history.read(own, until), history.as_reported(until)
        are_steady = are_steady and is_steady(own, read, since, history.read)
        if read is not reported:
            are_steady = are_steady and is_steady(reported, reported, since, history.read)
        # What is voided is so for clocks alone.
        are_steady = are_steady and not (upheld.voided and _was_ever_merged(history))
        return Piece(since, until, streams, followed, shown, read, reported, are_steady)

    def _followed(
        self, facts: Sequence[Told], one: OneChild, since: date, until: date
    ) -> tuple[list[Told], bool]:
        of_child = told_of(facts, one, self.child)
        ordered = self._read(of_child, until)
        are_steady = stay_apart(facts, one, self.child, since)
        return ordered, are_steady and is_steady(of_child, ordered, since, self._read)

    def _read(self, facts: Sequence[Told], day: date) -> list[Told]:
        return read_as_one(self.history, facts, day, self.calendar, self.policy)


def _was_ever_merged(history: Amended) -> bool:
    return any(isinstance(told.fact, (ChildMerged, ChildUnmerged)) for told in history.told.values())
