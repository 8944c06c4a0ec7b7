"""What is measured, read from its table: rows that are alike counted together, and the cases one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select, tuple_

from projections.measure import Measure, Period, Where, Which
from projections.measured.row import Measured

By = Literal["team", "worker", "kind"]
"""What the cases of a measure can be parted by."""

_COLUMN: dict[By, str] = {"team": "team_id", "worker": "worker_id", "kind": "kind"}

Key = tuple[date, str, str]
"""What cases are listed by: the day, whose it is, and which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Rows that a measure cannot tell apart. What it does not look at is left at its default."""

    since: date
    until: date | None
    outcome: str
    kind: str | None
    marks: str
    length: int | None
    late_from: date | None
    recorded_outcome: str | None
    recorded_since: date | None
    recorded_length: int | None
    recorded_late_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Which cases are asked for: None of a field wants any."""

    team_id: str | None = None
    worker_id: str | None = None
    kind: str | None = None


def alike(
    connection: Connection,
    table: Table,
    measure: Measure,
    period: Period,
    day: date,
    only: Only,
    by: By | None = None,
) -> Iterator[tuple[str | None, Alike, int]]:
    """The rows that count, those that are alike together: what they are parted by, one of them, how many."""
    looked_at = _looked_at(measure, table, day)
    parts = table.c[_COLUMN[by]] if by else None
    grouped = [*looked_at.values(), *([] if parts is None else [parts])]
    statement = _placed(select(func.count(), *grouped), table, measure, period, day, only)
    if grouped:
        statement = statement.group_by(*grouped)
    names = list(looked_at)
    for number, *values in connection.execute(statement):
        if not number:
            continue
        told = dict(zip(names, values, strict=False))
        for late in ("late_from", "recorded_late_from"):
            told[late] = day if told.get(late) else None
        yield values[-1] if by else None, Alike(**{**_BLANK, **told}), number


_BLANK: dict[str, Any] = {
    "since": date.min, "until": None, "outcome": "", "kind": None, "marks": "|", "length": None,
    "recorded_outcome": None, "recorded_since": None, "recorded_length": None,
}  # fmt: skip


def _looked_at(measure: Measure, table: Table, day: date) -> dict[str, ColumnElement[Any]]:
    """The columns by which a measure tells rows apart."""
    looked: dict[str, ColumnElement[Any]] = {}
    for where in measure.conditions:
        for is_used, name in (
            (where.outcomes, "outcome"),
            (where.kinds, "kind"),
            (where.marked or where.unmarked, "marks"),
            (where.recorded_outcomes, "recorded_outcome"),
        ):
            if is_used:
                looked[name] = table.c[name]
        if where.is_late is not None:
            looked["late_from"] = func.coalesce(table.c.late_from <= day, False)
        if where.is_recorded_late is not None:
            looked["recorded_late_from"] = func.coalesce(table.c.recorded_late_from <= day, False)
    if measure.has_lengths:
        looked |= {name: table.c[name] for name in _length_columns(measure)}
    return looked


def _length_columns(measure: Measure) -> list[str]:
    """What a length is computed from; where it is kept with the row, dates would tell every row apart."""
    recorded = measure.recorded_among is not None
    if measure.unit == "weekdays":
        return ["since", "until", *(["recorded_since"] if recorded else [])]
    if measure.placed == "standing":
        return ["since", *(["recorded_since"] if recorded else [])]
    return ["length", *(["recorded_length"] if recorded else [])]


def _placed(
    statement: Select[Any], table: Table, measure: Measure, period: Period, day: date, only: Only
) -> Select[Any]:
    c = table.c
    conditions = [c.series == measure.series]
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
) -> Iterator[Measured]:
    """The rows that meet each of some conditions, in order, from after a key on; read as they are wanted."""
    c = table.c
    columns = [c[name] for name in Measured.__dataclass_fields__]
    statement = _placed(select(*columns), table, measure, period, day, only)
    for any_of in which:
        statement = statement.where(or_(*(_meeting(where, table, day) for where in any_of)))
    if after is not None:
        statement = statement.where(tuple_(c.day, c.child, c.thing) > tuple_(*after))
    statement = statement.order_by(c.day, c.child, c.thing).execution_options(yield_per=1_000)
    for row in connection.execute(statement):
        yield Measured(**row._mapping)


def _meeting(where: Where, table: Table, day: date) -> ColumnElement[bool]:
    c = table.c
    conditions: list[ColumnElement[bool]] = [c.series.is_not(None)]
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
