"""Children whose rows could not be made: set aside with the reason, their later facts waiting behind them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from infra.views.builds import Build
from infra.views.chunks import chunks
from infra.views.folded import Failure
from infra.views.positions import count
from infra.views.tables import SET_ASIDE


@dataclass(frozen=True, slots=True)
class New:
    """Events of a stream that are read for the first time: their partition, the first's number, how many."""

    partition: int
    number: int
    events: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A stream that waits in a projection since the fold of ``behind``, itself or one merged with it, failed.

    ``events`` of it wait, from ``number`` on. ``is_dropped``: somebody said that it may wait for ever.
    """

    projection: str
    stream: str
    behind: str
    failure: Failure
    partition: int | None
    number: int | None
    events: int
    since: datetime
    tries: int
    is_dropped: bool


def read_set_aside(connection: Connection, builds: Sequence[Build], *conditions: Any) -> list[SetAside]:
    """What is set aside in some builds, the longest first."""
    numbers = {build.projection: build.number for build in builds}
    statement = select(SET_ASIDE).where(*conditions).order_by(SET_ASIDE.c.since, SET_ASIDE.c.stream)
    return [
        SetAside(
            projection=line.projection,
            stream=line.stream,
            behind=line.behind,
            failure=Failure(line.error, line.place, line.said),
            partition=line.partition,
            number=line.number,
            events=line.events,
            since=line.since.replace(tzinfo=UTC),
            tries=line.tries,
            is_dropped=line.dropped,
        )
        for line in connection.execute(statement)
        if numbers.get(line.projection) == line.build
    ]


def waiting_among(connection: Connection, build: Build, streams: Sequence[str]) -> dict[str, str]:
    """Of some streams, those that are set aside in a build, each with the one it waits behind."""
    columns = (SET_ASIDE.c.stream, SET_ASIDE.c.behind)
    if not connection.scalar(select(func.count()).select_from(SET_ASIDE).where(build.of(SET_ASIDE))):
        return {}
    found: dict[str, str] = {}
    for chunk in chunks(streams):
        where = SET_ASIDE.c.stream.in_(chunk)
        lines = connection.execute(select(*columns).where(build.of(SET_ASIDE), where))
        found |= {line.stream: line.behind for line in lines}
    return found


def set_aside(
    connection: Connection,
    build: Build,
    streams: Sequence[str],
    behind: str,
    failure: Failure,
    new: Mapping[str, New],
    now: datetime,
) -> None:
    """Set streams aside, with the new events of theirs; where they are already, those wait too."""
    there = waiting_among(connection, build, streams)
    for stream in streams:
        if stream not in there:
            values = {
                "projection": build.projection,
                "build": build.number,
                "stream": stream,
                "behind": behind,
                "error": failure.error,
                "place": failure.place,
                "said": failure.said,
                "events": 0,
                "since": now.astimezone(UTC).replace(tzinfo=None),
                "tries": 0,
                "dropped": False,
            }
            connection.execute(insert(SET_ASIDE).values(**values))
        fresh = new.get(stream)
        if fresh is not None:
            wait(connection, build, stream, fresh)


def wait(connection: Connection, build: Build, stream: str, new: New) -> None:
    """Let new events of a stream that is set aside wait behind those before them."""
    values = {
        "partition": new.partition,
        "number": func.coalesce(SET_ASIDE.c.number, new.number),
        "events": SET_ASIDE.c.events + new.events,
    }
    of_stream = SET_ASIDE.c.stream == stream
    connection.execute(update(SET_ASIDE).where(build.of(SET_ASIDE), of_stream).values(**values))
    count(connection, build, new.partition, aside=new.events)


def count_applied(connection: Connection, build: Build, new: Iterable[New]) -> None:
    """Count new events as applied: the rows of their streams are in place."""
    events: Counter[int] = Counter()
    for one in new:
        events[one.partition] += one.events
    for partition, applied in events.items():
        count(connection, build, partition, applied=applied)


def let_in(connection: Connection, build: Build, streams: Sequence[str]) -> None:
    """Count what waited of some streams as applied: their rows are made."""
    for chunk in chunks(streams):
        where = SET_ASIDE.c.stream.in_(chunk)
        for line in connection.execute(select(SET_ASIDE).where(build.of(SET_ASIDE), where)).all():
            if line.events:
                count(connection, build, line.partition, applied=line.events, aside=-line.events)
        connection.execute(delete(SET_ASIDE).where(build.of(SET_ASIDE), where))


def failed_again(connection: Connection, build: Build, streams: Sequence[str], failure: Failure) -> None:
    """Note that rows could still not be made, and why."""
    values = {"error": failure.error, "place": failure.place, "said": failure.said}
    for chunk in chunks(streams):
        connection.execute(
            update(SET_ASIDE)
            .where(build.of(SET_ASIDE), SET_ASIDE.c.stream.in_(chunk))
            .values(tries=SET_ASIDE.c.tries + 1, dropped=False, **values)
        )


def keep_dropped(connection: Connection, build: Build, served: Build) -> None:
    """Let streams wait for ever in a build that somebody let go in the one which serves."""
    let_go = select(SET_ASIDE.c.stream).where(served.of(SET_ASIDE), SET_ASIDE.c.dropped)
    of_these = SET_ASIDE.c.stream.in_(let_go)
    connection.execute(update(SET_ASIDE).where(build.of(SET_ASIDE), of_these).values(dropped=True))


def drop_aside(connection: Connection, build: Build, behind: str) -> int:
    """Let streams that wait behind one wait for ever; how many do."""
    where = SET_ASIDE.c.behind == behind
    done = connection.execute(update(SET_ASIDE).where(build.of(SET_ASIDE), where).values(dropped=True))
    return done.rowcount
