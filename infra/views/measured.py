"""What is measured, read from its table: rows summed, and the cases one by one."""

from collections.abc import Generator, Iterable, Iterator, Sequence
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

from infra.views.tables import SUMMED
from projections.measure import Measure, Period, Where, Which
from projections.measured.row import Measured

By = Literal["team", "worker", "kind"]
"""What the cases of a measure can be parted by."""

_COLUMNS: dict[By, tuple[str, ...]] = {
    "team": ("day", "team_id"),
    "worker": ("day", "team_id", "worker_id"),
    "kind": ("day", "team_id", "worker_id", "kind"),
}
"""The column of a part, after those that come before it in the index of the series that have one: what is
summed in its order is not sorted.
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
    """The rows that count by true dates, or by those recorded: summed by part, and by length where a measure
    looks at it.
    """
    among = measure.recorded_among if is_recorded else measure.among
    of_these = measure.recorded_of_these if is_recorded else measure.of_these
    assert among is not None
    of: ColumnElement[Any] = literal(0)
    if of_these is not None:
        of = func.sum(case((_any(of_these, table, day), 1), else_=0))
    lengths = _length_columns(measure, table, is_recorded=is_recorded)
    part = [] if by is None else [table.c[_COLUMNS[by][-1]]]
    told = [*part, *lengths.values()]
    statement = _placed(select(func.count(), of, *told), table, measure, period, day, only)
    statement = statement.where(_any(among, table, day))
    if part and measure.series in SUMMED and not lengths:
        assert by is not None
        yield from _merged(connection.execute(statement.group_by(*(table.c[name] for name in _COLUMNS[by]))))
        return
    for number, of_them, *values in connection.execute(statement.group_by(*told) if told else statement):
        if number:
            length = Lengths(**dict(zip(lengths, values[len(part) :], strict=True)))
            yield values[0] if part else None, length, int(number), int(of_them or 0)


def _merged(told: Iterable[Any]) -> Iterator[Group]:
    """Numbers of parts told several times, summed."""
    found: dict[str | None, tuple[int, int]] = {}
    for number, of_them, part in told:
        before, of_before = found.get(part, (0, 0))
        found[part] = before + number, of_before + of_them
    for part, (number, of_them) in found.items():
        yield part, Lengths(), number, of_them


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
