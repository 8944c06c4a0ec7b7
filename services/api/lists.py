"""GET lists: clocks of all children, facts of the log, conflicts, timescales and projections."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from domain.catalogue import EVENT_TYPES, PREFIX
from domain.field import Invalid, Problem
from domain.moment import EARLIEST, Moment
from domain.policy import Policy
from domain.question import Question, end_of, just_after
from domain.reviewed_timescales import all_ids
from domain.working_days import WorkingDays
from infra.codec import Codec
from infra.conflicts import Conflicts
from infra.log.log import Log
from infra.views.views import Views
from projections.clock_rows import clock_rows
from services import clock_list, event_list
from services.api import parameters, progress
from services.clock_list import SORTS, STATUSES
from services.histories import Histories
from services.intake import SUBJECT
from services.past_rows import rows_as_at
from services.record import Recording
from services.standing import standing_json, standings
from services.timeline import instant_json
from services.timescales import parameters_json, timescales_json
from services.web.flag_sentences import SENTENCES

TIMESCALES = all_ids()
FLAGS = tuple(sorted(SENTENCES))
TYPES = tuple(PREFIX + name for name in EVENT_TYPES)
CLOCK_FILTERS = ("timescale", "status", "over", "team_id", "worker_id", "flag", "sort")
EVENT_FILTERS = ("child", "type", "source", "recorded_from", "recorded_to")
PAGING = ("limit", "cursor")

_encode = msgspec.json.Encoder().encode


class Lists:
    """The endpoints that list things, with what they need."""

    def __init__(
        self,
        log: Log,
        codec: Codec,
        histories: Histories,
        views: Views,
        recording: Recording,
        conflicts: Conflicts,
        calendar: WorkingDays,
        policy: Policy,
        today: Callable[[], date],
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._codec = codec
        self._histories = histories
        self._views = views
        self._recording = recording
        self._conflicts = conflicts
        self._calendar = calendar
        self._policy = policy
        self._today = today
        self._now = now

    async def clocks(self, request: Request) -> Response:
        return await run_in_threadpool(self._clocks, request)

    async def events(self, request: Request) -> Response:
        return await run_in_threadpool(self._events, request)

    async def conflicts(self, request: Request) -> Response:
        return await run_in_threadpool(self._list_conflicts, request)

    async def timescales(self, request: Request) -> Response:
        found = parameters.read(request, (*parameters.QUESTION, *PAGING))
        asked = parameters.question(found, self._today(), self._calendar)
        day = asked.question.as_at
        rows = timescales_json(self._policy, day)
        parameters_in_force = parameters_json(self._policy, day)
        return _listed("timescales", rows, found, **asked.echo(), parameters=parameters_in_force)

    async def projections(self, request: Request) -> Response:
        found = parameters.read(request, PAGING)
        if progress.is_asked(request):
            return progress.streamed(self._projections)
        return _listed("projections", await run_in_threadpool(self._projections), found)

    def _clocks(self, request: Request) -> Response:
        found = parameters.read(request, (*parameters.QUESTION, *PAGING, *CLOCK_FILTERS))
        asked = parameters.question(found, self._today(), self._calendar)
        wanted = clocks_wanted(found)
        # Asked before the rows are read: they are at least as far as this.
        is_kept, freshness = self._freshness()
        if is_kept and asked.question == Question(self._today()):
            page = clock_list.from_views(self._views, wanted, asked.question.as_at)
        else:
            with self._log.refreshed():
                rows = rows_as_at(self._log, self._histories, asked.question)
                page = clock_list.from_rows(rows, wanted, asked.question.as_at, self._calendar)
            freshness = {"lag": 0}
        reply = {**asked.echo(), "clocks": page.to_json(self._calendar), "next": page.next, **freshness}
        return _json(reply)

    def _freshness(self) -> tuple[bool, dict[str, Any]]:
        """Whether the views answer for today, and how many events they are behind the log."""
        position = next(one for one in self._views.positions() if one.projection == clock_rows.name)
        return position.build.answers(self._today()), {"lag": position.lag(self._log.heads())}

    def _events(self, request: Request) -> Response:
        found = parameters.read(request, (*EVENT_FILTERS, *PAGING))
        wanted = events_wanted(found, self._log.partitions)
        page = event_list.page(self._log, self._codec, wanted)
        following = None if page.next is None else ".".join(map(str, page.next))
        return _json({"events": page.facts, "next": following})

    def _list_conflicts(self, request: Request) -> Response:
        found = parameters.read(request, ("source", *PAGING))
        limit = parameters.limit(found)
        self._recording.list_doubles()
        rows = self._conflicts.page(parameters.position(found), limit + 1, found.get("source"))
        conflicts = [
            {
                "source": row.source,
                "id": row.id,
                "subject": row.subject,
                "type": row.type,
                "differs": row.differs,
                "refused_at": instant_json(row.refused_at),
            }
            for row in rows[:limit]
        ]
        following = str(rows[limit - 1].number) if len(rows) > limit else None
        return _json({"conflicts": conflicts, "next": following})

    def _projections(self) -> list[dict[str, Any]]:
        return [standing_json(one) for one in standings(self._log, self._views, self._now())]


def clocks_wanted(found: Mapping[str, str]) -> clock_list.Wanted:
    """What a list of clocks is asked for. Raises Invalid."""
    given = dict(found)
    over = parameters.choice(given, "over", ("true", "false"))
    sort = next((one for one in SORTS if one == parameters.choice(given, "sort", SORTS)), SORTS[0])
    statuses = tuple(given["status"].split(",")) if "status" in given else ()
    for status in statuses:
        if status not in STATUSES:
            raise Invalid([Problem("status", f"must be one or more of {', '.join(STATUSES)}")])
    return clock_list.Wanted(
        timescale=parameters.choice(given, "timescale", TIMESCALES),
        statuses=statuses,
        over=None if over is None else over == "true",
        team_id=given.get("team_id"),
        worker_id=given.get("worker_id"),
        flag=parameters.choice(given, "flag", FLAGS),
        sort=sort,
        limit=parameters.limit(given),
        cursor=given.get("cursor"),
    )


def events_wanted(found: Mapping[str, str], partitions: int) -> event_list.Wanted:
    """What the log is asked for. Raises Invalid."""
    given = dict(found)
    subject = given.get("child")
    if subject is not None and not SUBJECT.fullmatch(subject):
        raise Invalid([Problem("child", "must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -")])
    return event_list.Wanted(
        subject=subject,
        type=parameters.choice(given, "type", TYPES),
        source=given.get("source"),
        recorded_from=_instant(given, "recorded_from", is_end=False),
        recorded_before=_instant(given, "recorded_to", is_end=True),
        after=parameters.positions(given, partitions),
        limit=parameters.limit(given),
    )


def _instant(found: Mapping[str, str], name: str, *, is_end: bool) -> datetime | None:
    """A bound on when facts were recorded: of a day its beginning, or, for an end, its end."""
    text = found.get(name)
    if text is None:
        return None
    try:
        moment = Moment.parse(text)
        if not EARLIEST < moment.day < date(2200, 1, 1):
            raise ValueError("must be from 1900 to 2199")
    except ValueError as error:
        raise Invalid([Problem(name, str(error))]) from None
    if moment.instant is None:
        return end_of(moment.day) if is_end else end_of(date.fromordinal(moment.day.toordinal() - 1))
    return just_after(moment.instant) if is_end else moment.instant


def _listed(name: str, rows: Sequence[Any], found: dict[str, str], **more: Any) -> Response:
    """A page of a short list that is all in memory."""
    limit, after = parameters.limit(found), parameters.position(found)
    following = str(after + limit) if len(rows) > after + limit else None
    return _json({**more, name: rows[after : after + limit], "next": following})


def _json(reply: Mapping[str, Any]) -> Response:
    return Response(_encode(reply), 200, media_type="application/json")
