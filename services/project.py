"""Keeping the views up with the log: the children that changed are folded afresh, and their rows replaced."""

import gc
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, datetime
from threading import Event as Signal
from typing import Protocol

from sqlalchemy import Connection

from infra.log.commit import LogDamaged, LogNotification
from infra.views.builds import Build, State
from infra.views.chunks import chunks
from infra.views.engine import Overtaken
from infra.views.folded import Folded
from infra.views.positions import At, Position, positions_of
from infra.views.set_aside import New
from infra.views.views import Step, Views
from projections.catalogue import PROJECTIONS
from services.fold import WAIT_AND_RETRY, Folding
from services.together import Together

PAGE = 2_000
"""Events of a partition read at a time; the children they touch are replaced in one transaction."""

RETRY_S = 1.0
"""How long to wait for what does not answer."""

TRIES = 20
"""How often rows are made afresh where others moved on meanwhile."""

LINGER_S = 0.1
"""How long to wait for more before folding what is new: a child touched often is folded once."""


Mine = Callable[[], Collection[int] | None]
"""Which partitions a projector is to move on, as far as it knows now; None: all of them. Only a hint."""


def everything() -> None:
    """Every partition."""


class Log(Protocol):
    """What projecting asks of the log, beside folding."""

    def refreshed(self) -> AbstractContextManager[None]: ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def heads(self) -> tuple[int, ...]: ...
    def page(self, partition: int, after: int, limit: int) -> Sequence[LogNotification]: ...


class Projector:
    """Moves builds on with the log: those that serve, or those in another state.

    Two of them do no harm: each move is made only from where the builds are.
    """

    def __init__(
        self,
        log: Log,
        folding: Folding,
        together: Together,
        views: Views,
        today: Callable[[], date],
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._folding = folding
        self._together = together
        self._views = views
        self._today = today
        self._now = now

    def outdated(self) -> list[Build]:
        """The builds that serve and were made by another version of the code: they are not moved on."""
        builds = [position.build for position in self._views.positions()]
        return [build for build in builds if not build.is_of_this_code]

    def catch_up(
        self, stop: Signal | None = None, state: State = State.SERVING, mine: Mine = everything
    ) -> int:
        """Fold all that is new, and what the turn of the day changes; return how many events were read.

        Told to ``stop``, it leaves what it is folding undone: the views stay where they were.
        """
        done = 0
        while (stop is None or not stop.is_set()) and (read := self._step(stop, state, mine())):
            done += read
        return done

    def run(
        self,
        stop: Signal,
        *,
        mine: Mine = everything,
        tell: Callable[[str], object] = lambda said: None,
        idle_s: float = 0.2,
    ) -> None:
        """Keep up with the log until told to stop. What does not answer is waited for, and told of once."""
        is_away = False
        while not stop.is_set():
            try:
                moved = self.catch_up(stop, mine=mine)
            except WAIT_AND_RETRY as error:
                if not is_away:
                    tell(f"{type(error).__name__}: the lists stay as they are until it answers again")
                is_away = True
                stop.wait(RETRY_S)
            else:
                if is_away:
                    tell("it answers again; the lists move on")
                is_away = False
                stop.wait(LINGER_S if moved else idle_s)

    def bring_to(self, connection: Connection, builds: Sequence[Build], to: Position) -> None:
        """Move builds on, within a transaction that holds them, to where another one is."""
        heads = {partition: to.number(partition) for partition, _ in enumerate(self._log.heads())}
        while True:
            positions = positions_of(connection, builds)
            step = self._next_step(positions, heads, None)
            if step is None:
                return
            self._views.move_within(connection, [one.build for one in step[0]], step[1])

    def refold(self, streams: Collection[str]) -> int:
        """Replace the rows of some streams, and of all merged with them; return how many those are."""
        for _ in range(TRIES):
            with suppress(Overtaken):
                return self._refold(streams)
        raise Overtaken

    def _refold(self, streams: Collection[str]) -> int:
        builds = [one.build for one in self._views.positions() if one.build.is_of_this_code]
        heads = self._log.heads()
        day = self._today()
        folded = list(self.fold(streams, builds, day, heads))
        self._views.move_on(builds, Step({}, {}, folded, {}, day, self._now()))
        return sum(len(one.members) for one in folded)

    def fold(
        self, streams: Collection[str], builds: Sequence[Build], day: date, heads: tuple[int, ...]
    ) -> Iterator[Folded]:
        """The rows of some streams, and of all that were merged with them, for some builds."""
        names = {build.projection for build in builds}
        projections = [projection for projection in PROJECTIONS if projection.name in names]
        left = set(streams)
        for chunk in chunks(sorted(streams)):
            asked = left.intersection(chunk)
            folding = self._together.of(asked)
            for group in folding.groups(asked):
                left.difference_update(group)
                yield folding.fold(group, projections, day, heads)

    def _step(self, stop: Signal | None, state: State, mine: Collection[int] | None) -> int:
        with self._log.refreshed(), _uncounted():
            return self._move(stop, state, mine)

    def _move(self, stop: Signal | None, state: State, mine: Collection[int] | None) -> int:
        positions = [one for one in self._views.positions(state) if one.build.is_of_this_code]
        day = self._today()
        turned = [one.build for one in positions if one.build.read_on not in (None, day)]
        for build in turned:
            self._turn_day(build, day)
        if turned:
            positions = [one for one in self._views.positions(state) if one.build.is_of_this_code]
        heads = {p: head for p, head in enumerate(self._log.heads()) if mine is None or p in mine}
        step = self._next_step(positions, heads, stop)
        if step is None:
            return 0
        with suppress(Overtaken):
            self._views.move_on([one.build for one in step[0]], step[1])
        return sum(one.events for one in step[1].new.values())

    def _next_step(
        self, positions: Sequence[Position], heads: Mapping[int, int], stop: Signal | None
    ) -> tuple[list[Position], Step] | None:
        """Which of some builds to move on next, and by what; None where none is behind these heads."""
        if not positions:
            return None
        known = self._log.heads()
        behind, limits = _furthest_behind(positions, heads)
        previous = {partition: behind[0].number(partition) for partition in heads}
        pages = [
            self._page(partition, number, min(PAGE, limits[partition] - number))
            for partition, number in previous.items()
            if number < limits[partition]
        ]
        events = [event for page in pages for event in page]
        if not events:
            return None
        began = time.monotonic()
        day = self._today()
        folded = []
        streams = set(self._folding.touched(events))
        # Of an identity recorded twice, the fact that no longer counts may be long folded.
        streams |= {str(event.originator_id) for event in self._log.doubles()}
        for one in self.fold(streams, [one.build for one in behind], day, known):
            if stop is not None and stop.is_set():
                return None
            folded.append(one)
        step = Step(
            previous=previous,
            to={page[-1].partition: at(page[-1]) for page in pages if page},
            folded=folded,
            new=new_events(events),
            day=day,
            now=self._now(),
            rate=int(len(events) / max(time.monotonic() - began, 0.001)),
        )
        return behind, step

    def _page(self, partition: int, after: int, limit: int) -> Sequence[LogNotification]:
        """Events of a partition; none of a damaged one, while the others go on."""
        try:
            return self._log.page(partition, after, limit)
        except LogDamaged:
            return ()

    def _turn_day(self, build: Build, day: date) -> None:
        heads = self._log.heads()
        changing = self._folding.sharing(self._views.changing(build, day))
        folded = list(self.fold(changing, [build], day, heads))
        with suppress(Overtaken):
            self._views.turn_day(build, day, folded, self._now())


@contextmanager
def _uncounted() -> Iterator[None]:
    """Looks for no garbage within it: a step makes and lets go of many facts, and has few that would be."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _furthest_behind(
    positions: Sequence[Position], heads: Mapping[int, int]
) -> tuple[list[Position], Mapping[int, int]]:
    """The builds that are furthest behind, all at one place, and how far to take them: to the next ones, or
    else to the end.
    """
    places = {tuple(one.number(p) for p in heads): one for one in positions}
    first, *others = sorted(places, key=lambda place: (sum(place), place))
    behind = [one for one in positions if tuple(one.number(p) for p in heads) == first]
    limits = {}
    for index, (partition, head) in enumerate(heads.items()):
        ahead = [place[index] for place in others if place[index] > first[index]]
        limits[partition] = min([head, *ahead])
    return behind, limits


def at(event: LogNotification) -> At:
    """An event as the last one that was read."""
    return At(event.id, event.offset, event.recorded_at)


def new_events(events: Sequence[LogNotification]) -> dict[str, New]:
    """Events in log order, by stream."""
    found: dict[str, New] = {}
    for event in events:
        stream = str(event.originator_id)
        known = found.get(stream)
        count = known.events + 1 if known else 1
        found[stream] = New(event.partition, known.number if known else event.id, count)
    return found
