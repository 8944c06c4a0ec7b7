"""Building projections afresh beside those that serve, comparing the two, and having the new take over."""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event as Signal
from typing import Any, TypeVar
from zlib import crc32

from sqlalchemy import Connection, Executable, select, update

from infra.log.log import Log
from infra.views import builds as of_builds
from infra.views.builds import Build, State
from infra.views.digest import Digest, digest
from infra.views.engine import InUse, Overtaken, changing_tables, give_way, reading_one_state, writing
from infra.views.indexing import add_index, add_indexes, indexing
from infra.views.positions import Position, move, positions_of
from infra.views.replacing import complete, fill
from infra.views.set_aside import New, SetAside, keep_dropped, read_set_aside
from infra.views.tables import BUILDS, SHARES
from infra.views.views import Views
from projections.catalogue import PROJECTIONS
from services.fold import Folding
from services.project import Projector, at

MOST_SHARES = 256
EVENTS_IN_A_SHARE = 8_000
WORTH_READING_WHOLE = 100_000
"""Events from which on the topic is read, a partition at a time, and not its index, stream by stream."""

MOST_INDEXED_AT_ONCE = 4

TRIES = 5
"""How often both builds are brought to one place without keeping projectors out."""

TRIES_BETWEEN_READERS = 100
BETWEEN_TRIES_S = 0.3
"""Who reads for long would keep a build from taking over, and it everybody else from reading."""


class Stopped(Exception):
    """Told to stop. What is built so far is kept: the same again goes on from there."""


class SetAsideMeanwhile(Exception):
    """The new build lacks rows of children that were set aside, so it does not take over."""

    def __init__(self, found: Sequence[SetAside]) -> None:
        super().__init__(f"{len({one.behind for one in found})} are set aside in what was built")
        self.found = found


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is: events and streams done, how many there are in all, and events a second."""

    events: int
    all_events: int
    children: int
    all_children: int
    rate: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The rows of a build that serves, and of the new one, at an equal position; those of children that are
    set aside in either left out. None of a build of another ``version`` of the code, which stays where it is.
    """

    projection: str
    version: int
    served: Digest | None
    built: Digest

    @property
    def is_equal(self) -> bool:
        return self.served == self.built


@dataclass(frozen=True, slots=True)
class Share:
    """Some of the streams, and what to fill with them: builds that follow the log from ``heads`` on.

    ``partition``: the one that all of them are in, where it is worth reading that as a whole.
    """

    number: int
    partition: int | None
    streams: tuple[str, ...]
    builds: tuple[Build, ...]
    heads: tuple[int, ...]
    day: date


Done = TypeVar("Done")
Submit = Callable[[Share], "Future[int]"]
"""Has a share filled in another process."""


def fill_share(log: Log, folding: Folding, views: Views, now: Callable[[], datetime], share: Share) -> int:
    """Fold the streams of a share, and put their rows in the builds, in one transaction; how many they are.

    Runs in any process. A share that is in the builds already is left alone.
    """
    heads = folding.heads()
    names = {build.projection for build in share.builds}
    projections = [projection for projection in PROJECTIONS if projection.name in names]
    mine = frozenset(share.streams)
    folded = [
        folding.fold(group, projections, share.day, heads)
        # As they were when it began: by what was merged since, one could be in two shares, or in none.
        for group in folding.groups(share.streams, share.heads)
        if group[0] in mine
    ]
    new = _events_of(log, share.heads, (s for one in folded if one.failures for s in one.streams))
    try:
        with writing(views.engine) as connection:
            for build in views.held(connection, share.builds, alone=False):
                fill(connection, build, share.number, folded, new, now(), views.calendar)
    except Overtaken:
        _check_still_there(views, share)
    return len(share.streams)


def _check_still_there(views: Views, share: Share) -> None:
    """Raises Overtaken unless somebody else put this share in."""
    with views.reading() as connection:
        for build in share.builds:
            if share.number not in _shares_in(connection, build):
                raise Overtaken


def _events_of(log: Log, heads: Sequence[int], streams: Iterable[str]) -> dict[str, New]:
    """The events of some streams up to these heads."""
    found = {}
    for stream in streams:
        events = [event for event in log.select_events(stream) if event.id <= heads[event.partition]]
        if events:
            found[stream] = New(events[0].partition, events[0].id, len(events))
    return found


def _shares_in(connection: Connection, build: Build) -> set[int]:
    return set(connection.scalars(select(SHARES.c.share).where(build.of(SHARES))))


class Rebuild:
    """Builds projections afresh. Stopped or killed anywhere, the same again goes on from there."""

    def __init__(
        self,
        log: Log,
        folding: Folding,
        views: Views,
        projector: Projector,
        now: Callable[[], datetime],
        today: Callable[[], date],
    ) -> None:
        self._log = log
        self._folding = folding
        self._views = views
        self._projector = projector
        self._now = now
        self._today = today

    def run(
        self,
        names: Collection[str],
        tell: Callable[[Progress], object],
        stop: Signal | None = None,
        *,
        in_spite_of: Collection[str] = (),
        retry: Callable[[State], object] = lambda state: None,
        submit: Submit | None = None,
    ) -> list[Compared]:
        """Build the next of each projection, try again what was set aside in it, compare, and take over.

        Raises Stopped, SetAsideMeanwhile and InUse; the same again goes on from there.
        """
        is_begun = bool(self._views.positions(State.NEXT))
        self.build(names, tell, stop, submit=submit)
        if is_begun:
            retry(State.NEXT)
        for _ in range(TRIES):
            try:
                compared = [] if self._is_first(names) else self.compare(names)
                self.take_over(names, in_spite_of, stop)
            except InUse:
                raise
            except Overtaken:
                # The day turned, or somebody rolled back; the builds are as they were.
                _check(stop)
            else:
                return compared
        raise Overtaken

    def build(
        self,
        names: Collection[str],
        tell: Callable[[Progress], object],
        stop: Signal | None = None,
        *,
        submit: Submit | None = None,
        beside: bool = False,
    ) -> None:
        """Make the next build of each projection, with the rows of all streams, up with the log.

        ``submit`` has shares filled elsewhere, several at a time. Raises Stopped.
        """
        filling, filled = (State.BESIDE, State.BESIDE) if beside else (State.FILLING, State.NEXT)
        builds = self._begin(names, filling)
        if builds:
            self._fill(builds, tell, stop, submit)
            self._index(builds, stop)
            with changing_tables(self._views.engine) as connection:
                for build in self._views.held(connection, builds):
                    add_indexes(connection, build.table)
                    complete(connection, build)
                    of_builds.turn(connection, build, filled)
        self._projector.catch_up(stop, filled)
        if stop is not None and stop.is_set():
            raise Stopped

    def _begin(self, names: Collection[str], filling: State) -> list[Build]:
        """The builds to fill: those begun before, where all of them can be gone on with, or new ones."""
        day = self._today()
        heads = self._log.heads()
        last = [self._log.page(partition, head - 1, 1)[0] for partition, head in enumerate(heads) if head]
        with changing_tables(self._views.engine) as connection:
            found = [
                one
                for one in of_builds.read_builds(connection, filling, State.NEXT)
                if one.projection in names and (filling is State.FILLING or one.state is State.BESIDE)
            ]
            done = {one.projection for one in found if one.state is State.NEXT and one.is_of_this_code}
            begun = [one for one in found if one.state is filling]
            if (
                filling is State.FILLING
                and {one.projection for one in begun} == set(names) - done
                and all(one.is_of_this_code for one in begun)
                and len({_begun_alike(one) for one in positions_of(connection, begun)}) <= 1
                and all(one.parted == _parting(_heads_of(connection, one, heads)) for one in begun)
            ):
                return begun
            for one in found:
                if one.projection not in done:
                    of_builds.drop(connection, one)
            builds = [
                of_builds.create(connection, projection.name, filling, day, _parting(heads))
                for projection in PROJECTIONS
                if projection.name in names and projection.name not in done
            ]
            for build in builds:
                for event in last:
                    move(connection, build, {event.partition: 0}, {event.partition: at(event)})
            return builds

    def _fill(
        self,
        builds: Sequence[Build],
        tell: Callable[[Progress], object],
        stop: Signal | None,
        submit: Submit | None,
    ) -> None:
        began = time.monotonic()
        shares, done, streams = self._shares(builds)
        if not shares:
            return
        events = sum(shares[0].heads)
        self._note(builds, {"streams": streams})
        before = events * done // max(streams, 1)
        for filled in self._filled(shares, stop, submit):
            done += filled
            read = events * done // max(streams, 1)
            rate = int((read - before) / max(time.monotonic() - began, 0.001))
            self._note(builds, {"rate": rate})
            tell(Progress(read, events, done, streams, rate))

    def _index(self, builds: Sequence[Build], stop: Signal | None) -> None:
        """Add the indexes of builds on several connections, where the database works for several at once.

        Those that were added stay, whatever ends this: the same again adds the others.
        """
        engine = self._views.engine

        def add(build: Build, statement: Executable) -> None:
            _check(stop)
            with writing(engine) as connection:
                self._views.held(connection, [build], alone=False)
                add_index(connection, statement)

        # Those of a table follow each other: it is in memory then.
        every = [(one, statement) for one in builds for statement in indexing(engine.dialect.name, one.table)]
        with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_INDEXED_AT_ONCE)) as pool:
            for added in [pool.submit(add, *each) for each in every]:
                added.result()

    def _note(self, builds: Sequence[Build], told: Mapping[str, int]) -> None:
        """Keep with builds what tells how far they are."""
        with writing(self._views.engine) as connection:
            for build in builds:
                connection.execute(update(BUILDS).where(build.of(BUILDS)).values(**told))

    def _filled(
        self,
        shares: Sequence[Share],
        stop: Signal | None,
        submit: Submit | None,
    ) -> Iterator[int]:
        if submit is None:
            for share in shares:
                _check(stop)
                yield fill_share(self._log, self._folding, self._views, self._now, share)
            return
        futures = [submit(share) for share in shares]
        try:
            for future in as_completed(futures):
                _check(stop)
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def _shares(self, builds: Sequence[Build]) -> tuple[list[Share], int, int]:
        """The shares that are not in the builds yet, how many streams those that are have, and all have."""
        with self._views.reading() as connection:
            position = positions_of(connection, builds)[0]
            filled = set.intersection(*(_shares_in(connection, build) for build in builds))
        heads = tuple(position.number(partition) for partition, _ in enumerate(self._log.heads()))
        assert builds[0].parted is not None
        partitions, count = builds[0].parted
        parted: list[list[str]] = [[] for _ in range(partitions * count)]
        for stream in self._log.streams():
            partition = self._log.partition_of(stream) if partitions > 1 else 0
            parted[partition * count + crc32(stream.encode()) % count].append(stream)
        day = builds[0].read_on
        assert day is not None
        shares = [
            Share(
                number=number,
                partition=number // count if partitions > 1 else None,
                streams=tuple(streams),
                builds=tuple(builds),
                heads=heads,
                day=day,
            )
            for number, streams in enumerate(parted)
            if number not in filled
        ]
        # Two partitions at a time: a process keeps those that it read last.
        shares.sort(key=lambda share: (share.number // count // 2, share.number % count, share.number))
        return shares, sum(len(parted[number]) for number in filled), sum(map(len, parted))

    def compare(self, names: Collection[str], state: State = State.NEXT) -> list[Compared]:
        """The rows of the builds that serve and of those in another state, all brought to one place."""
        for _ in range(TRIES):
            self._projector.catch_up()
            self._projector.catch_up(state=state)
            with reading_one_state(self._views.engine) as connection:
                pairs = _pairs(connection, names, state)
                if all(_are_level(served, built) for served, built in pairs):
                    return [_compared(connection, served, built) for served, built in pairs]
        # The log is busy: keep the projectors out until both are read.
        with writing(self._views.engine) as connection:
            pairs = self._level(connection, names, state)
            return [_compared(connection, served, built) for served, built in pairs]

    def _is_first(self, names: Collection[str]) -> bool:
        """Whether a projection has no rows yet, so that there is nothing to compare the new ones with."""
        positions = self._views.positions()
        return any(one.projection in names and not one.partitions for one in positions)

    def take_over(
        self, names: Collection[str], in_spite_of: Collection[str], stop: Signal | None = None
    ) -> None:
        """Have the next builds serve, all in one transaction, none behind the one before it.

        What was let go in those that serve stays let go. Raises SetAsideMeanwhile, with nothing changed,
        where something else is set aside in a projection that is not among ``in_spite_of``; InUse; Stopped.
        """
        _between_readers(lambda: self._take_over(names, in_spite_of), stop)

    def _take_over(self, names: Collection[str], in_spite_of: Collection[str]) -> None:
        with changing_tables(self._views.engine) as connection:
            pairs = self._level(connection, names, State.NEXT)
            builds = [built.build for _, built in pairs]
            for served, built in pairs:
                keep_dropped(connection, built.build, served.build)
            aside = [
                one
                for one in read_set_aside(connection, builds)
                if one.projection not in in_spite_of and not one.is_dropped
            ]
            if aside:
                raise SetAsideMeanwhile(aside)
            give_way(connection)
            for build in builds:
                of_builds.take_over(connection, build, self._now())

    def _level(
        self, connection: Connection, names: Collection[str], state: State
    ) -> list[tuple[Position, Position]]:
        """The builds that serve and those in another state, held and brought to one place."""
        self._views.held(connection, [one.build for pair in _pairs(connection, names, state) for one in pair])
        pairs = _pairs(connection, names, state)
        for served, built in pairs:
            self._projector.bring_to(connection, [built.build], served)
            if served.build.is_of_this_code and served.partitions:
                self._projector.bring_to(connection, [served.build], built)
        return _pairs(connection, names, state)

    def abandon(self, names: Collection[str], *states: State) -> list[Build]:
        """Drop the builds in some states; return what they were."""
        with changing_tables(self._views.engine) as connection:
            found = [one for one in of_builds.read_builds(connection, *states) if one.projection in names]
            for build in found:
                of_builds.drop(connection, build)
            return found

    def roll_back(self, name: str) -> Build | None:
        """Have the build before serve again; None where none was kept. Raises InUse."""
        return _between_readers(lambda: self._roll_back(name))

    def _roll_back(self, name: str) -> Build | None:
        with changing_tables(self._views.engine) as connection:
            give_way(connection)
            return of_builds.roll_back(connection, name)


def _between_readers(work: Callable[[], Done], stop: Signal | None = None) -> Done:
    """Do what changes what is read, when nobody has been reading it for long. Raises InUse in the end."""
    for _ in range(TRIES_BETWEEN_READERS):
        try:
            return work()
        except InUse:
            _check(stop)
            time.sleep(BETWEEN_TRIES_S)
    return work()


def _pairs(connection: Connection, names: Collection[str], state: State) -> list[tuple[Position, Position]]:
    builds = of_builds.read_builds(connection, State.SERVING, state)
    positions = positions_of(connection, [one for one in builds if one.projection in names])
    served = {one.projection: one for one in positions if one.build.state is State.SERVING}
    return [(served[one.projection], one) for one in positions if one.build.state is state]


def _place(position: Position) -> Mapping[int, int] | tuple[tuple[int, int], ...]:
    return tuple(sorted((partition, at.number) for partition, at in position.partitions.items()))


def _begun_alike(position: Position) -> tuple[Any, ...]:
    """What builds must have in common to be filled together."""
    return _place(position), position.build.parted, position.build.read_on


def _are_level(served: Position, built: Position) -> bool:
    if not served.build.is_of_this_code:
        return True
    return _place(served) == _place(built) and served.build.read_on == built.build.read_on


def _compared(connection: Connection, served: Position, built: Position) -> Compared:
    can_be = served.build.is_of_this_code and _are_level(served, built)
    both = (served.build, built.build)
    return Compared(
        projection=built.projection,
        version=served.build.version,
        served=digest(connection, served.build, both) if can_be else None,
        built=digest(connection, built.build, both),
    )


def _parting(heads: Sequence[int]) -> tuple[int, int]:
    """Into how many partitions the streams of a log are parted, and each of these into how many shares.

    A build tells how its shares were parted: one whose shares are others is not gone on with.
    """
    count = max(1, min(MOST_SHARES, sum(heads) // EVENTS_IN_A_SHARE))
    partitions = len(heads) if len(heads) > 1 and sum(heads) >= WORTH_READING_WHOLE else 1
    return partitions, max(1, count // partitions)


def _heads_of(connection: Connection, build: Build, heads: Sequence[int]) -> list[int]:
    """The heads of the log from which a build follows it."""
    (position,) = positions_of(connection, [build])
    return [position.number(partition) for partition, _ in enumerate(heads)]


def _check(stop: Signal | None) -> None:
    if stop is not None and stop.is_set():
        raise Stopped
