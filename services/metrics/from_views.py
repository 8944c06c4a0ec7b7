"""The figures about children for today, counted in the views."""

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import Connection, case, func, or_, select, union

from domain.working_days import WorkingDays
from infra.views.clock_columns import number
from infra.views.tables import (
    CHILDREN,
    CLOCKS,
    DISCREPANCIES,
    FACTS,
    MEASURED,
    MEMBERS,
    RECORDING_DELAYS,
    VANISHED_RECORDS,
    WORKERS,
)
from infra.views.views import Views
from projections.across.caseloads import held_by_worker
from projections.practice import CONTINUED, RESTARTED, Practice, Standing
from services.measures.across import held_in_views, without_in_views, workers_in_views
from services.metrics.labels import FEWEST_CHILDREN
from services.metrics.practice import Facts, Figures

DELAYS_OF_CALENDAR_DAYS = 28


def figures_of_today(views: Views, day: date) -> Figures:
    """What is watched of all children at the end of ``day``, which is the day the views were made for."""
    with views.reading() as connection:
        clocks = _practice(connection, views.calendar, day)
        facts, named = _facts(connection)
        return Figures(
            clocks=clocks.by_timescale,
            children=_counted(connection, CHILDREN.c.status, CHILDREN.c.facts > 0),
            without_worker=_without_worker(connection, day),
            caseloads=_caseloads(connection, day),
            facts=facts,
            delays=_delays(connection, day),
            discrepancies=_counted(connection, DISCREPANCIES.c.code),
            vanished=_counted(connection, VANISHED_RECORDS.c.record_kind),
            named_sources=named,
            people=_people(connection),
        )


def _without_worker(connection: Connection, day: date) -> int:
    spells = without_in_views(connection, day)
    return sum(one.since <= day and (one.until is None or day < one.until) for one in spells)


def _caseloads(connection: Connection, day: date) -> Counter[int]:
    held = held_by_worker(held_in_views(connection, day), workers_in_views(connection), day)
    return Counter(of_worker.total() for of_worker in held.values())


def _practice(connection: Connection, calendar: WorkingDays, day: date) -> Practice:
    practice = Practice()
    _add_open(practice, connection, number(day, calendar), day)
    is_over = case((CLOCKS.c.stopped_on > CLOCKS.c.in_time_until, 1), else_=0).label("is_over")
    by = (CLOCKS.c.timescale, CLOCKS.c.status, CLOCKS.c.is_met_in_time, is_over)
    for row in connection.execute(
        select(*by, func.count().label("clocks")).where(CLOCKS.c.status != "open").group_by(*by)
    ):
        practice.add(
            Standing(
                timescale=row.timescale,
                team_id=None,
                status=row.status,
                state="closed",
                is_over=bool(row.is_over),
                is_met_in_time=bool(row.is_met_in_time),
                is_restarted=False,
                is_continued=False,
                elapsed=0,
                recorded=None,
                hidden=None,
            ),
            row.clocks,
        )
    return practice


def _add_open(practice: Practice, connection: Connection, today: int, day: date) -> None:
    flagged = CLOCKS.c.flag_codes
    is_over = case((CLOCKS.c.in_time_until < day, 1), else_=0).label("is_over")
    is_restarted = case((or_(*(flagged.contains(f"|{code}|") for code in sorted(RESTARTED))), 1), else_=0)
    is_continued = case((flagged.contains(f"|{CONTINUED}|"), 1), else_=0)
    by = (
        CLOCKS.c.timescale,
        CLOCKS.c.team_id,
        CLOCKS.c.state,
        CLOCKS.c.has_records,
        CLOCKS.c.start_number,
        CLOCKS.c.shown_working_days,
        CLOCKS.c.shown_since_number,
        is_over,
        is_restarted.label("is_restarted"),
        is_continued.label("is_continued"),
    )
    for row in connection.execute(
        select(*by, func.count().label("clocks")).where(CLOCKS.c.status == "open").group_by(*by)
    ):
        elapsed = today - row.start_number
        running = 0 if row.shown_since_number is None else today - row.shown_since_number
        recorded = row.shown_working_days + running
        practice.add(
            Standing(
                timescale=row.timescale,
                team_id=row.team_id,
                status="open",
                state=row.state,
                is_over=bool(row.is_over),
                is_met_in_time=False,
                is_restarted=bool(row.is_restarted),
                is_continued=bool(row.is_continued),
                elapsed=elapsed,
                recorded=recorded if row.has_records else None,
                hidden=elapsed - recorded if row.has_records else None,
            ),
            row.clocks,
        )


def _facts(connection: Connection) -> tuple[list[Facts], frozenset[str]]:
    by = (FACTS.c.type, FACTS.c.source)
    newest = func.max(FACTS.c.last_recorded_at)
    counted = select(*by, func.sum(FACTS.c.facts).label("facts"), newest.label("newest")).group_by(*by)
    facts = [
        Facts(row.type, row.source, int(row.facts), row.newest.timestamp())
        for row in connection.execute(counted)
    ]
    children = func.count(FACTS.c.child.distinct())
    many = select(FACTS.c.source).group_by(FACTS.c.source).having(children >= FEWEST_CHILDREN)
    return facts, frozenset(connection.scalars(many))


def _delays(connection: Connection, day: date) -> dict[int, int]:
    since = day - timedelta(days=DELAYS_OF_CALENDAR_DAYS)
    by = RECORDING_DELAYS.c.working_days
    late = select(by, func.sum(RECORDING_DELAYS.c.facts)).where(
        RECORDING_DELAYS.c.entered_on > since,
        RECORDING_DELAYS.c.entered_on <= day,
    )
    return {working_days: int(facts) for working_days, facts in connection.execute(late.group_by(by))}


def _counted(connection: Connection, column: object, *conditions: object) -> dict[str, int]:
    statement = select(column, func.count()).where(*conditions).group_by(column)  # type: ignore[call-overload]
    return dict(connection.execute(statement).all())


def _people(connection: Connection) -> frozenset[str]:
    """The references of all children and workers, as far as any fact names them."""
    known = union(
        select(MEMBERS.c.stream),
        select(WORKERS.c.worker_id),
        select(MEASURED.c.worker_id).where(MEASURED.c.series == "workers_named"),
        # Rows that other code made may not tell of all who are named.
        select(MEASURED.c.worker_id).where(MEASURED.c.series == "held"),
        select(CLOCKS.c.worker_id),
        select(CHILDREN.c.worker_id),
    )
    return frozenset(one for one in connection.scalars(known) if one is not None)
