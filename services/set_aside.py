"""What was set aside: listed, tried again with the code of the day, or let go."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from infra.log.log import Log
from infra.views import set_aside as aside
from infra.views.builds import Build, State
from infra.views.engine import Overtaken, writing
from infra.views.folded import Failure
from infra.views.positions import positions_of
from infra.views.replacing import replace
from infra.views.set_aside import SetAside
from infra.views.tables import SET_ASIDE
from infra.views.views import Views
from services.fold import Folding
from services.project import Projector
from services.timeline import instant_json

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """A stream tried again in a projection: why it is still set aside, or None."""

    projection: str
    stream: str
    failure: Failure | None


class SetAsides:
    """The dead letters of the projections that serve, or of builds in another state."""

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

    def of(self, stream: str, projection: str | None = None) -> list[SetAside]:
        """Where a stream is set aside, in one projection or all."""
        conditions = [SET_ASIDE.c.stream == stream]
        if projection is not None:
            conditions.append(SET_ASIDE.c.projection == projection)
        return self._views.set_aside(*conditions)

    def page(
        self, after: int, limit: int | None, *, projection: str | None = None, with_dropped: bool = False
    ) -> list[SetAside]:
        """What is set aside, the longest first, without what was let go unless asked for."""
        conditions: list[ColumnElement[bool]] = [] if with_dropped else [SET_ASIDE.c.dropped.is_(False)]
        if projection is not None:
            conditions.append(SET_ASIDE.c.projection == projection)
        return self._views.set_aside(*conditions)[after : None if limit is None else after + limit]

    def retry(
        self, stream: str | None = None, projection: str | None = None, state: State = State.SERVING
    ) -> list[Tried]:
        """Fold a stream that is set aside, or all, with the code of the day, and let in whose fold does not
        fail any more.
        """
        tried = []
        for position in self._views.positions(state):
            build = position.build
            if projection in (None, build.projection) and build.is_of_this_code:
                for behind in self._behind(build, stream):
                    tried += self._retry(build, behind)
        return tried

    def drop(self, stream: str, projection: str | None = None) -> int:
        """Let what is set aside with a stream wait for ever; how many streams do in a projection."""
        dropped = 0
        for position in self._views.positions():
            if projection in (None, position.projection):
                for behind in self._behind(position.build, stream):
                    with writing(self._views.engine) as connection:
                        dropped += aside.drop_aside(connection, position.build, behind)
        return dropped

    def _behind(self, build: Build, stream: str | None) -> list[str]:
        found = select(SET_ASIDE.c.behind).where(build.of(SET_ASIDE)).distinct()
        if stream is not None:
            found = found.where(SET_ASIDE.c.stream == stream)
        with self._views.reading() as connection:
            return sorted(connection.scalars(found))

    def _retry(self, build: Build, behind: str) -> list[Tried]:
        for _ in range(_TRIES):
            with suppress(Overtaken):
                done = self._retry_once(build, behind)
                if done is not None:
                    return done
        raise Overtaken

    def _retry_once(self, build: Build, behind: str) -> list[Tried] | None:
        """What came of it; None where the log or the build moved on meanwhile."""
        heads = self._log.heads()
        day = self._today()
        whose = select(SET_ASIDE.c.stream).where(build.of(SET_ASIDE), SET_ASIDE.c.behind == behind)
        with self._views.reading() as connection:
            streams: Sequence[str] = sorted(connection.scalars(whose))
        folded = list(self._projector.fold(streams, [build], day, heads))
        failure = next((f for one in folded if (f := one.failures.get(build.projection))), None)
        with writing(self._views.engine) as connection:
            (held,) = self._views.held(connection, [build])
            (position,) = positions_of(connection, [held])
            is_further = any(position.number(partition) > head for partition, head in enumerate(heads))
            if is_further or held.read_on != day or sorted(connection.scalars(whose)) != streams:
                return None
            if failure is not None:
                aside.failed_again(connection, held, streams, failure)
            else:
                aside.let_in(connection, held, streams)
                replace(connection, held, folded, {}, self._now(), self._views.calendar)
        return [Tried(build.projection, stream, failure) for stream in streams]


def set_aside_json(row: SetAside) -> dict[str, Any]:
    """A stream that is set aside in a projection; nothing of what its facts tell is in it."""
    return {
        "projection": row.projection,
        "subject": row.stream,
        "behind": row.behind,
        "error": row.failure.error,
        "place": row.failure.place,
        "said": row.failure.said,
        "position": None if row.partition is None else {"partition": row.partition, "number": row.number},
        "events": row.events,
        "since": instant_json(row.since),
        "tries": row.tries,
        "dropped": row.is_dropped,
    }


def tried_json(one: Tried) -> dict[str, Any]:
    """What came of another try."""
    failure = one.failure
    return {
        "projection": one.projection,
        "subject": one.stream,
        "applied": failure is None,
        "error": None if failure is None else failure.error,
        "place": None if failure is None else failure.place,
    }
