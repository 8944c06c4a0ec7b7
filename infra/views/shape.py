"""How the rows of a projection stand in their table, and are read back from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, DateTime, Table

from domain.working_days import WorkingDays

Row = TypeVar("Row")


@dataclass(frozen=True)
class Shape(Generic[Row]):
    """A table, the values of a row as its columns, and the row that a line of the table stands for.

    ``columns`` are those that rows fill, in the order of their values: one that only tells lines apart is
    not among them.
    """

    table: Table
    columns: tuple[str, ...]
    values: Callable[[Row, WorkingDays], Sequence[Any]]
    row: Callable[[Any], Row]


def plain(table: Table, row: type[Row]) -> Shape[Row]:
    """The shape of a dataclass each of whose fields is a column of the same name.

    Aware instants are kept in UTC, tuples of texts and numbers as JSON.
    """
    names = [field.name for field in fields(row)]  # type: ignore[arg-type]
    instants = frozenset(name for name in names if isinstance(table.c[name].type, DateTime))
    # All others are kept as they are: a rebuild asks for millions.
    changing = [at for at, name in enumerate(names) if isinstance(table.c[name].type, (DateTime, JSON))]
    told_by = attrgetter(*names)

    def values(one: Row, calendar: WorkingDays) -> Sequence[Any]:
        if not changing:
            return told_by(one)
        found = list(told_by(one))
        for at in changing:
            found[at] = _kept(found[at])
        return found

    def read(line: Any) -> Row:
        told: Mapping[str, Any] = line._mapping
        return row(**{name: _told(told[name], name in instants) for name in names})

    return Shape(table, tuple(names), values, read)


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return list(value) if isinstance(value, tuple) else value


def _told(value: Any, is_instant: bool) -> Any:
    if is_instant and value is not None:
        return value.replace(tzinfo=UTC)
    return tuple(value) if isinstance(value, list) else value
