"""What the pages show, read from the views where they answer it and from the log where they do not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain.catalogue import is_child
from domain.clock import Reading, read
from domain.moment import Moment
from domain.question import Basis, end_of, just_after
from domain.question import Question as Put
from domain.working_days import WorkingDays
from infra.log.log import Log
from infra.views.tables import CLOCKS
from infra.views.views import Views
from projections.child_rows import ChildRow, child_rows
from projections.clock_rows import ClockRow, clock_rows
from projections.delay_rows import DelayRow, delay_rows
from projections.measure_catalogue import BY_NAME, MEASURES
from services.asked import Asked
from services.clock_list import Wanted, count_in_views, from_rows, from_views, is_over
from services.clocks import clocks_reply, flag_json
from services.histories import Histories
from services.intake import SUBJECT
from services.measures.answers import Measures
from services.measures.asked import Wanted as MeasuresWanted
from services.measures.asked import wanted as measures_wanted
from services.measures.cases import Listed
from services.overview import LATE_RECORDING_WORKING_DAYS, Freshness, Overview, overview
from services.past_rows import rows_as_at
from services.timeline import timeline_reply
from services.web.question import Question
from services.web.reads import ChildView, LatePage, MeasurePage

LATE_PAGE = 50
CASES_PAGE = 50
FOUND = 100
LATE_STATUSES = ("open", "ended_without_completion")
"""The clocks on late lists: what was completed is on none."""

RECORDED_LATE_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A clock as read on the day asked about, as the pages list it."""

    child: str
    clock_id: str
    timescale: str
    subject: str
    status: str
    started_on: date
    stopped_on: date | None
    due_on: date
    limit_value: int
    limit_unit: str
    elapsed_working_days: int
    recorded_working_days: int | None
    hidden_working_days: int | None
    over_by_working_days: int | None
    flags: Sequence[Mapping[str, object]]
    team_id: str | None
    worker_id: str | None


def read_row(row: ClockRow, reading: Reading) -> ReadRow:
    clock = row.clock
    return ReadRow(
        child=row.child,
        clock_id=clock.id,
        timescale=clock.timescale.id,
        subject=clock.subject,
        status=clock.status,
        started_on=clock.started_on,
        stopped_on=clock.stopped_on,
        due_on=clock.due_on,
        limit_value=clock.timescale.limit.value,
        limit_unit=clock.timescale.limit.unit,
        elapsed_working_days=reading.elapsed.working_days,
        recorded_working_days=None if reading.recorded is None else reading.recorded.working_days,
        hidden_working_days=None if reading.hidden is None else reading.hidden.working_days,
        over_by_working_days=reading.over_by.working_days if is_over(reading) else None,
        flags=[flag_json(flag) for flag in reading.flags],
        team_id=row.team_id,
        worker_id=row.worker_id,
    )


class PageReads:
    """Answers the pages. What is asked of today comes from the views, as far as they have come."""

    def __init__(
        self,
        log: Log,
        histories: Histories,
        views: Views,
        calendar: WorkingDays,
        today: Callable[[], date],
        measures: Measures,
    ) -> None:
        self._log = log
        self._histories = histories
        self._views = views
        self._calendar = calendar
        self._today = today
        self._measures = measures
        self._last: tuple[tuple[int, int, date], Overview] | None = None

    def overview(self, question: Question) -> Overview:
        put = self._put(question)
        if not self._is_in_views(put):
            with self._log.refreshed():
                return self._past_overview(put)
        heads = self._log.heads()
        lag = max(position.lag(heads) for position in self._views.positions())
        key = (sum(heads), lag, put.as_at)
        last = self._last
        if last is not None and last[0] == key:
            return last[1]
        freshness = Freshness(
            events=sum(heads),
            newest_recorded_at=self._newest(heads),
            position=sum(heads) - lag,
            lag=lag,
            recorded_late=self._views.recorded_late_since(
                put.as_at - RECORDED_LATE_WITHIN, LATE_RECORDING_WORKING_DAYS
            ),
        )
        counted = (CLOCKS.c.timescale == "assessment") | (CLOCKS.c.status == "open")
        rows = self._read(self._views.rows(clock_rows, counted), put.as_at)
        told = overview(rows, self._views.child_rows(), put.as_at, self._calendar, freshness)
        self._last = (key, told)
        return told

    def child(self, child: str, question: Question) -> ChildView | None:
        history = self._histories.of(child) if SUBJECT.fullmatch(child) and is_child(child) else None
        if history is None:
            return None
        known_at = None if question.known_at is None else question.known_at.text
        asked = Asked(self._put(question), known_at)
        case = self._histories.case(history, asked.question)
        return ChildView(clocks_reply(case, asked), timeline_reply(case, asked))

    def late(self, question: Question, timescale: str, cursor: str | None) -> LatePage:
        put = self._put(question)
        wanted = Wanted(
            timescale=timescale, statuses=LATE_STATUSES, over=True, limit=LATE_PAGE, cursor=cursor
        )
        if self._is_in_views(put):
            page = from_views(self._views, wanted, put.as_at)
            total = count_in_views(self._views, wanted, put.as_at)
        else:
            with self._log.refreshed():
                rows = rows_as_at(self._log, self._histories, put)
                page = from_rows(rows, wanted, put.as_at, self._calendar)
            total = None
        return LatePage([read_row(row, reading) for row, reading in page.readings], page.next, total)

    def measures(self, question: Question, asked: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        return self._measures.count(MEASURES, self._measured(question, asked)).items

    def measure(
        self, name: str, question: Question, asked: Mapping[str, str], cursor: str | None
    ) -> MeasurePage | None:
        measure = BY_NAME.get(name)
        if measure is None:
            return None
        put = self._measured(question, {**asked, "by": "team"})
        listed = Listed(
            is_recorded=asked.get("by_dates") == "recorded" and measure.recorded_among is not None,
            only_numerator=asked.get("of") == "numerator" and measure.is_share,
            limit=CASES_PAGE,
            cursor=cursor,
        )
        cases = self._measures.cases(measure, put, listed)
        (numbers,) = self._measures.count([measure], put).items
        return MeasurePage(numbers, cases.items, cases.next, put.period.first, put.period.last)

    def _measured(self, question: Question, asked: Mapping[str, str]) -> MeasuresWanted:
        names = {name: asked[name] for name in ("from", "to", "by", "team_id") if asked.get(name)}
        known_at = None if question.known_at is None else question.known_at.text
        return measures_wanted(Asked(self._put(question), known_at), names)

    def find(self, text: str) -> Sequence[ChildRow]:
        return self._views.find_children(text, FOUND)

    def _put(self, question: Question) -> Put:
        return Put(question.as_at, self._known_before(question.known_at), _basis(question.basis))

    def _known_before(self, known_at: Moment | None) -> datetime | None:
        """None for a day so far ahead that everything is known."""
        if known_at is None or known_at.day > self._calendar.last_day:
            return None
        return end_of(known_at.day) if known_at.instant is None else just_after(known_at.instant)

    def _is_in_views(self, put: Put) -> bool:
        if put != Put(self._today()):
            return False
        return all(one.build.answers(put.as_at) for one in self._views.positions())

    def _newest(self, heads: Sequence[int]) -> datetime | None:
        """When the last event of the log was recorded."""
        last = (self._log.page(partition, head - 1, 1) for partition, head in enumerate(heads) if head)
        return max((page[0].recorded_at for page in last if page), default=None)

    def _read(self, rows: Iterable[ClockRow], day: date) -> list[ReadRow]:
        return [read_row(row, read(row.clock, day, self._calendar)) for row in rows]

    def _past_overview(self, put: Put) -> Overview:
        clocks: list[ReadRow] = []
        children: list[ChildRow] = []
        events, newest, late = 0, None, 0
        for stream in self._log.streams():
            history = self._histories.of(stream)
            if history is None:
                continue
            case = self._histories.case(history, put)
            if case.figures.child != stream or not case.known:
                continue
            clocks += self._read(clock_rows.rows(case), put.as_at)
            children += child_rows.rows(case)
            events += len(case.known)
            last = max(fact.recorded_at for fact in case.known)
            newest = last if newest is None else max(newest, last)
            late += _recorded_late(delay_rows.rows(case), put.as_at)
        freshness = Freshness(
            events=events, newest_recorded_at=newest, position=events, lag=0, recorded_late=late
        )
        return overview(clocks, children, put.as_at, self._calendar, freshness)


def _basis(text: str) -> Basis:
    return "entered" if text == "entered" else "recorded"


def _recorded_late(rows: Iterable[DelayRow], as_at: date) -> int:
    return sum(
        row.facts
        for row in rows
        if row.working_days > LATE_RECORDING_WORKING_DAYS
        and as_at - RECORDED_LATE_WITHIN < row.entered_on <= as_at
    )
