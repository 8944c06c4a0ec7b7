"""What is measured by looking at several children or workers at once: made when it is asked for."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, cast, exists, func, or_, select, type_coerce

from domain.history import Outline
from domain.people import WORKER_PREFIX
from domain.working_days import WorkingDays
from infra.views.chunks import chunks
from infra.views.measured import Key
from infra.views.shapes import SHAPES
from infra.views.tables import MEASURED, RECORDING_DELAYS, WORKERS
from projections.across import by_child, caseloads, changes, delays, siblings, themes
from projections.across.caseloads import Held, caseload_policy, measured_caseloads
from projections.across.changes import Change, changes_by_child
from projections.across.delays import measured_delays
from projections.across.siblings import Spell, Visit
from projections.across.themes import Found, measured_themes
from projections.across.without_worker import SERIES as WITHOUT_WORKER
from projections.across.without_worker import Without, without_worker
from projections.delay_rows import DelayRow, delay_rows
from projections.delay_rows import delays as delay_rows_of
from projections.measure import Band, Period
from projections.measured.audits import BELOW_GOOD
from projections.measured.holding import OPEN
from projections.measured.row import Measured
from projections.measured.rows import measured_rows
from projections.projection import Case
from projections.worker_rows import WorkerRow, worker_rows
from services.measures.asked import Wanted

Weighed = Iterator[tuple[Measured, int]]
"""Rows, each with how many cases it stands for."""

FromOutlines = Callable[[str, Sequence[Outline], Period | None, WorkingDays], Weighed]

Streamed = Generator[tuple[Measured, int]]
"""The same as they are read: to be closed where not all are wanted."""


@dataclass(frozen=True, slots=True)
class Across:
    """How rows of a series are made: from the views (None: they stand there as they are); of each case by
    itself; or from what was laid by of all cases, rows ``of`` some series, and the workers where there are
    any to be known.

    ``in_order``: from the views, those of lengths within all of some bands in the order of cases, from after
    a key on, where no page needs all the others. ``counted`` and ``alike_from_rows`` are for who only counts:
    they spare reading, or making, every row. ``only_of``: who has no fact of this type matters to none.
    ``from_outlines``: of a child never merged, by its facts known, where nobody asks who held it.
    """

    from_views: Callable[[Connection, Wanted], Weighed] | None
    from_rows: Callable[["Rows", Wanted], Weighed] | None = None
    from_case: Callable[[Case], Weighed] | None = None
    knows_workers: bool = False
    of: tuple[str, ...] = ()
    alike_from_rows: Callable[["Rows", Wanted], Weighed] | None = None
    in_order: Callable[[Connection, Wanted, Sequence[Band], Key | None], Streamed] | None = None
    counted: Callable[[Connection, Wanted], Weighed] | None = None
    only_of: str | None = None
    from_outlines: FromOutlines | None = None


@dataclass(slots=True)
class Rows:
    """What was laid by of rows folded for a question: no more of each than looking across needs."""

    workers: list[WorkerRow] = field(default_factory=list)
    laid: dict[str, list[Any]] = field(default_factory=dict)

    def lay(self, rows: Iterable[Measured], wanted: Wanted) -> None:
        """Lay by the rows of a child."""
        for row in rows:
            kept = _LAID[row.series](row, wanted)
            if kept is not None:
                self.laid.setdefault(row.series, []).append(kept)

    def take(self, other: "Rows") -> None:
        self.workers += other.workers
        for series, rows in other.laid.items():
            self.laid.setdefault(series, []).extend(rows)

    def series(self, name: str) -> list[Any]:
        return self.laid.get(name, [])


def _laid_visit(row: Measured, wanted: Wanted) -> Visit | None:
    if not wanted.period.first <= row.day <= wanted.period.last:
        return None
    return Visit(row.child, row.day, row.outcome, row.worker_id, row.team_id)


def _laid_change(row: Measured, wanted: Wanted) -> Change | None:
    if not wanted.period.first <= row.day <= wanted.period.last:
        return None
    return Change(row.child, row.day, row.worker_id, row.team_id)


def _laid_audit(row: Measured, wanted: Wanted) -> Found | None:
    if row.day > wanted.period.last or not any(f"|{mark}|" in row.marks for mark in BELOW_GOOD):
        return None
    return Found(row.child, row.thing, row.day, row.kind, row.worker_id, row.team_id)


_LAID: Mapping[str, Callable[[Measured, Wanted], Any]] = {
    "visits": _laid_visit,
    "households": lambda row, _: Spell(row.child, row.kind or "", row.since, row.until),
    "held": lambda row, _: Held(
        row.child, row.worker_id or "", row.team_id, row.since, row.until, row.day, row.outcome == OPEN
    ),
    "unallocated": lambda row, _: Without(row.child, row.team_id, row.since, row.until),
    "worker_changes": _laid_change,
    **dict.fromkeys(("referrals", "visit_gaps", "care", "placements"), lambda row, _: row),
    "audits": _laid_audit,
}
"""By series, what is laid by of a row; None: nothing."""


def _once(rows: Iterable[Measured]) -> Weighed:
    return ((row, 1) for row in rows)


def _siblings_in_rows(rows: Rows, wanted: Wanted) -> Weighed:
    return _once(siblings.siblings(rows.series("visits"), rows.series("households")))


def _siblings_alike_in_rows(rows: Rows, wanted: Wanted) -> Weighed:
    return siblings.siblings_alike(rows.series("visits"), rows.series("households"), wanted.period.last)


_HELD = select(
    MEASURED.c.child, MEASURED.c.worker_id, MEASURED.c.team_id, MEASURED.c.since, MEASURED.c.until,
    MEASURED.c.day, MEASURED.c.outcome == OPEN,
)  # fmt: skip
"""The columns of what was held."""


def held_in_views(connection: Connection, first: date) -> list[Held]:
    """The times that workers held cases, of those that reach to ``first`` or beyond."""
    c = MEASURED.c
    held = _HELD.where(c.series == "held", or_(c.until.is_(None), c.until >= first))
    return [Held(*row) for row in connection.execute(held)]


def held_in_rows(rows: Rows) -> list[Held]:
    return rows.series("held")


def workers_in_views(connection: Connection) -> list[WorkerRow]:
    shape = SHAPES[worker_rows.name]
    return [shape.row(line) for line in connection.execute(select(shape.table))]


def _caseloads(held: Sequence[Held], workers: Sequence[WorkerRow], wanted: Wanted) -> Weighed:
    policy = caseload_policy(wanted.policy, wanted.day)
    return _once(measured_caseloads(caseloads.caseloads(held, workers, wanted.day, policy)))


def without_in_views(connection: Connection, first: date) -> Iterator[Measured]:
    """The times that open cases had no worker, of those that reach to ``first`` or beyond."""
    c, w = MEASURED.c, WORKERS.c
    # By the stream, which is the key of the table.
    was_left = exists().where(
        w.child == WORKER_PREFIX + c.worker_id,
        w.has_left,
        w.until >= c.day,
        or_(c.until.is_(None), c.until > w.until),
    )
    held = [Held(*row) for row in connection.execute(_HELD.where(c.series == "held", was_left))]
    every = select(c.child, c.team_id, c.since, c.until).where(c.series == "unallocated")
    asked = [every.where(or_(c.until.is_(None), c.until >= first))]
    # Of children that were left, earlier times too: they may go on in others.
    asked += [every.where(c.child.in_(some)) for some in chunks(sorted({one.child for one in held}))]
    unallocated = {Without(*row) for one in asked for row in connection.execute(one)}
    return without_worker(unallocated, held, workers_in_views(connection))


def _without_in_rows(rows: Rows, wanted: Wanted) -> Weighed:
    return _once(without_worker(rows.series("unallocated"), rows.series("held"), rows.workers))


def _changes_in_views(connection: Connection, wanted: Wanted) -> Weighed:
    c = MEASURED.c
    changed = select(c.child, c.day, c.worker_id, c.team_id).where(
        c.series == "worker_changes", c.day.between(wanted.period.first, wanted.period.last)
    )
    found = (Change(*row) for row in connection.execute(changed))
    return _once(changes_by_child(found, wanted.period))


def _changes_in_rows(rows: Rows, wanted: Wanted) -> Weighed:
    return _once(changes_by_child(rows.series("worker_changes"), wanted.period))


def _themes_in_views(connection: Connection, wanted: Wanted) -> Weighed:
    c = MEASURED.c
    found = select(c.child, c.thing, c.day, c.kind, c.worker_id, c.team_id).where(
        c.series == "audits",
        c.day <= wanted.period.last,
        or_(*(c.marks.contains(f"|{mark}|", autoescape=True) for mark in BELOW_GOOD)),
    )
    rows = (Found(*row) for row in connection.execute(found))
    return _once(measured_themes(rows, wanted.period))


def _themes_in_rows(rows: Rows, wanted: Wanted) -> Weighed:
    return _once(measured_themes(rows.series("audits"), wanted.period))


def _delays_in_views(connection: Connection, wanted: Wanted) -> Weighed:
    shape = SHAPES[delay_rows.name]
    entered = select(shape.table).where(
        RECORDING_DELAYS.c.entered_on.between(wanted.period.first, wanted.period.last), *_delays_of(wanted)
    )
    return measured_delays(shape.row(line) for line in connection.execute(entered))


def _delays_of(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Whose cases are asked for, and told by which source."""
    c, only = RECORDING_DELAYS.c, wanted.only
    asked = ((c.team_id, only.team_id), (c.worker_id, only.worker_id), (c.source, only.kind))
    return [column == value for column, value in asked if value is not None]


def _delays_in_order(
    connection: Connection, wanted: Wanted, bands: Sequence[Band], after: Key | None
) -> Streamed:
    c = RECORDING_DELAYS.c
    # As `measured_delays` names them.
    thing = c.source + ":" + type_coerce(c.entered_on, String) + ":" + cast(c.working_days, String)
    asked = select(*(c[name] for name in DelayRow.__dataclass_fields__)).where(
        c.entered_on.between(wanted.period.first, wanted.period.last), *_delays_of(wanted)
    )
    for band in bands:
        asked = asked.where(c.working_days >= band.low)
        if band.high is not None:
            asked = asked.where(c.working_days <= band.high)
    if after is not None:
        day, child, last = after
        is_later = or_(c.child > child, and_(c.child == child, thing > last))
        asked = asked.where(c.entered_on >= day, or_(c.entered_on > day, is_later))
    asked = asked.order_by(c.entered_on, c.child, thing).execution_options(yield_per=1_000)
    with closing(connection.execute(asked)) as rows:
        yield from measured_delays(DelayRow(*row) for row in rows)


def _holders_told(wanted: Wanted) -> list[ColumnElement[str | None]]:
    """The columns that tell who held a case, no more of them than are asked for.

    The worker is not told without the team, which comes first in the index: what is summed in its order is
    not sorted.
    """
    c, only = RECORDING_DELAYS.c, wanted.only
    if wanted.by == "worker" or only.worker_id is not None:
        return [c.team_id, c.worker_id]
    return [c.team_id] if wanted.by == "team" or only.team_id is not None else []


def _delays_counted(connection: Connection, wanted: Wanted) -> Weighed:
    c, last = RECORDING_DELAYS.c, wanted.period.last
    # Not the bare column: SQLite would seek in the index by day, and read rows and sort them.
    entered_on = func.coalesce(c.entered_on, c.entered_on)
    told = [c.source, c.working_days, *_holders_told(wanted)]
    entered = (
        select(func.sum(c.facts), *told)
        .where(entered_on.between(wanted.period.first, last), *_delays_of(wanted))
        .group_by(*told)
    )

    def alike() -> Iterator[DelayRow]:
        for facts, source, working_days, *held_by in connection.execute(entered):
            team, worker = (*held_by, None, None)[:2]
            yield DelayRow("", source, last, working_days, int(facts), worker, team)

    return measured_delays(alike())


def _by_child(
    of: tuple[str, ...],
    make: Callable[[Iterable[Measured], Wanted], Iterator[Measured]],
    *,
    in_period: bool = False,
) -> Across:
    """Children counted once, from all rows of some series, or only from those placed in the period."""

    def from_views(connection: Connection, wanted: Wanted) -> Weighed:
        shape = SHAPES[measured_rows.name]
        asked = select(shape.table).where(MEASURED.c.series.in_(of))
        if in_period:
            asked = asked.where(MEASURED.c.day.between(wanted.period.first, wanted.period.last))
        lines = connection.execute(asked)
        return _once(make(map(shape.row, lines), wanted))

    def from_rows(rows: Rows, wanted: Wanted) -> Weighed:
        return _once(make((row for name in of for row in rows.series(name)), wanted))

    return Across(from_views, from_rows, of=of)


ACROSS: Mapping[str, Across] = {
    by_child.REFERRED: _by_child(
        ("referrals",), lambda rows, w: by_child.referred_children(rows, w.period), in_period=True
    ),
    by_child.LONGEST_GAPS: _by_child(("visit_gaps",), lambda rows, w: by_child.longest_gaps(rows, w.day)),
    by_child.PLACEMENTS_OF: _by_child(
        ("care", "placements"), lambda rows, w: by_child.placements_by_child(rows, w.period, w.day)
    ),
    by_child.SAME_PLACEMENT: _by_child(
        ("care", "placements"), lambda rows, w: by_child.same_placement(rows, w.day)
    ),
    siblings.SERIES: Across(
        None,
        _siblings_in_rows,
        of=("visits", "households"),
        alike_from_rows=_siblings_alike_in_rows,
        only_of="HouseholdJoined",
    ),
    caseloads.SERIES: Across(
        lambda connection, wanted: _caseloads(
            held_in_views(connection, wanted.period.first), workers_in_views(connection), wanted
        ),
        lambda rows, wanted: _caseloads(held_in_rows(rows), rows.workers, wanted),
        knows_workers=True,
        of=("held",),
    ),
    WITHOUT_WORKER: Across(
        lambda connection, wanted: _once(without_in_views(connection, wanted.period.first)),
        _without_in_rows,
        knows_workers=True,
        of=("unallocated", "held"),
    ),
    themes.SERIES: Across(_themes_in_views, _themes_in_rows, of=("audits",)),
    changes.SERIES: Across(_changes_in_views, _changes_in_rows, of=("worker_changes",)),
    delays.SERIES: Across(
        _delays_in_views,
        from_case=lambda case: measured_delays(delay_rows.rows(case)),
        in_order=_delays_in_order,
        counted=_delays_counted,
        from_outlines=lambda *told: measured_delays(delay_rows_of(*told)),
    ),
}
"""By series."""
