"""What is measured, read from its table: rows summed, and the cases one by one."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)  # fmt: skip

from projections.measure import Measure, Period, Where, Which
from projections.measured.row import Measured

By = Literal["team", "worker", "kind"]
"""What the cases of a measure can be parted by."""

_COLUMNS: dict[By, tuple[str, ...]] = {
    "team": ("team_id",),
    "worker": ("team_id", "worker_id"),
    "kind": ("team_id", "worker_id", "kind"),
}
"""The column of a part, after those that come before it in the index of visits: what is summed in its order
is not sorted. A part may so be told several times.
"""

Key = tuple[date, str, str]
"""What cases are listed by: the day, whose it is, and which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which cases are asked for: None of a field wants any."""

    team_id: str | None = None
    worker_id: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Lengths:
    """From when to when rows alike went on, or how long; what a measure does not look at is None."""

    since: date | None = None
    until: date | None = None
    length: int | None = None


Group = tuple[str | None, Lengths, int, int]
"""Rows alike: their part, how long they went on, how many there are, and how many of these count."""


def summed(
    connection: Connection,
    table: Table,
    measure: Measure,
    period: Period,
    day: date,
    only: Only,
    by: By | None = None,
    *,
    is_recorded: bool = False,
) -> Iterator[Group]:
    """The rows that count by true dates, or by those recorded: summed by part, which may be told several
    times, and by length where a measure looks at it.
    """
    among = measure.recorded_among if is_recorded else measure.among
    of_these = measure.recorded_of_these if is_recorded else measure.of_these
    assert among is not None
    counts = _any(among, table, day)
    number = func.sum(case((counts, 1), else_=0))
    of: ColumnElement[Any] = literal(0)
    if of_these is not None:
        of = func.sum(case((and_(counts, _any(of_these, table, day)), 1), else_=0))
    lengths = _length_columns(measure, table, is_recorded=is_recorded)
    # With lengths, to tell more apart than is asked for would leave few rows to sum.
    of_part = () if by is None else _COLUMNS[by][-1:] if lengths else _COLUMNS[by]
    parts = [table.c[name] for name in of_part]
    grouped = [*parts, *lengths.values()]
    statement = _placed(select(number, of, *grouped), table, measure, period, day, only)
    if grouped:
        statement = statement.group_by(*grouped)
    for all_of_them, of_them, *values in connection.execute(statement):
        if all_of_them:
            told = dict(zip(lengths, values[len(parts) :], strict=True))
            part = values[len(parts) - 1] if parts else None
            yield part, Lengths(**told), int(all_of_them), int(of_them or 0)


def _any(which: Which, table: Table, day: date) -> ColumnElement[bool]:
    return or_(false(), *(_meeting(where, table, day) for where in which))


def _length_columns(measure: Measure, table: Table, *, is_recorded: bool) -> dict[str, ColumnElement[Any]]:
    """What a length is computed from; where it is kept with the row, dates would tell every row apart."""
    if not measure.has_lengths:
        return {}
    c = table.c
    if measure.unit == "weekdays" or measure.placed == "standing":
        since = c.recorded_since if is_recorded else c.since
        return {"since": since, **({"until": c.until} if measure.unit == "weekdays" else {})}
    return {"length": c.recorded_length if is_recorded else c.length}


def _placed(
    statement: Select[Any], table: Table, measure: Measure, period: Period, day: date, only: Only
) -> Select[Any]:
    c = table.c
    # Written out: an index of a part of the rows is not looked at for a parameter.
    conditions = [c.series == bindparam(None, measure.series, literal_execute=True)]
    if measure.placed == "day":
        conditions.append(c.day.between(period.first, period.last))
    elif measure.placed == "until":
        conditions.append(c.until.between(period.first, period.last))
    elif measure.placed == "standing":
        conditions += [c.until.is_(None), c.since <= day]
    else:
        conditions += [c.since <= period.last, or_(c.until.is_(None), c.until >= period.first)]
    for name in ("team_id", "worker_id", "kind"):
        value = getattr(only, name)
        if value is not None:
            conditions.append(c[name] == value)
    return statement.where(*conditions)


def cases(
    connection: Connection,
    table: Table,
    measure: Measure,
    period: Period,
    day: date,
    only: Only,
    which: Sequence[Which],
    after: Key | None = None,
) -> Generator[Measured]:
    """The rows that meet each of some conditions, in order, from after a key on; read as they are wanted, and
    to be closed where not all are.
    """
    c = table.c
    columns = [c[name] for name in Measured.__dataclass_fields__]
    statement = _placed(select(*columns), table, measure, period, day, only)
    for any_of in which:
        statement = statement.where(_any(any_of, table, day))
    if after is not None:
        statement = statement.where(tuple_(c.day, c.child, c.thing) > tuple_(*after))
    statement = statement.order_by(c.day, c.child, c.thing).execution_options(yield_per=1_000)
    with closing(connection.execute(statement)) as rows:
        for row in rows:
            yield Measured(**row._mapping)


def _meeting(where: Where, table: Table, day: date) -> ColumnElement[bool]:
    c = table.c
    conditions: list[ColumnElement[bool]] = [true()]
    for values, name in (
        (where.outcomes, "outcome"),
        (where.kinds, "kind"),
        (where.recorded_outcomes, "recorded_outcome"),
    ):
        if values:
            conditions.append(c[name].in_(values))
    if where.marked:
        conditions.append(or_(*(c.marks.contains(f"|{mark}|", autoescape=True) for mark in where.marked)))
    conditions += [~c.marks.contains(f"|{mark}|", autoescape=True) for mark in where.unmarked]
    for is_late, name in ((where.is_late, "late_from"), (where.is_recorded_late, "recorded_late_from")):
        if is_late is not None:
            has_come = func.coalesce(c[name] <= day, False)
            conditions.append(has_come if is_late else ~has_come)
    return and_(*conditions)
