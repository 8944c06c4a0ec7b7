"""Lists of what does not follow in the record: for today from the views, for any other question from rows."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from sqlalchemy import select, tuple_

from domain.field import Invalid, Problem
from domain.integrity import RULES
from infra.views.shapes import SHAPES
from infra.views.tables import DISCREPANCIES
from infra.views.views import Views
from projections.discrepancy_rows import DiscrepancyRow, discrepancy_rows
from services.timeline import instant_json

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which discrepancies are asked for: None of a field wants any."""

    child: str | None = None
    code: str | None = None
    source: str | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[DiscrepancyRow]
    next: str | None

    def to_json(self) -> list[dict[str, Any]]:
        return [_json(row) for row in self.rows]


def _json(row: DiscrepancyRow) -> dict[str, Any]:
    rule = RULES.get(row.code)
    return {
        "child": row.child,
        "code": row.code,
        "rule": rule.number if rule else None,
        "says": rule.says if rule else None,
        "source": row.source,
        "id": row.id,
        "type": row.type,
        "occurred_on": row.occurred_on.isoformat(),
        "recorded_at": instant_json(row.recorded_at),
    }


def from_views(views: Views, wanted: Wanted) -> Page:
    """A page of those in the views, by child, code and fact."""
    c = DISCREPANCIES.c
    key = (c.child, c.code, c.source, c.id)
    statement = select(DISCREPANCIES).order_by(*key).limit(wanted.limit + 1)
    for name in ("child", "code", "source"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(c[name] == value)
    after = _read_cursor(wanted)
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(*after))
    with views.reading() as connection:
        rows = [SHAPES[discrepancy_rows.name].row(line) for line in connection.execute(statement)]
    return _page(rows, wanted)


def from_rows(rows: Iterable[DiscrepancyRow], wanted: Wanted) -> Page:
    """The same page from rows made for the question. Keeps only a page in memory."""
    after = _read_cursor(wanted)
    kept = (
        row
        for row in rows
        if wanted.child in (None, row.child)
        and wanted.code in (None, row.code)
        and wanted.source in (None, row.source)
        and (after is None or _key(row) > after)
    )
    return _page(nsmallest(wanted.limit + 1, kept, key=_key), wanted)


def _key(row: DiscrepancyRow) -> Key:
    return row.child, row.code, row.source, row.id


def _page(rows: list[DiscrepancyRow], wanted: Wanted) -> Page:
    if len(rows) <= wanted.limit:
        return Page(rows, None)
    text = json.dumps(_key(rows[wanted.limit - 1]))
    return Page(rows[: wanted.limit], urlsafe_b64encode(text.encode()).decode().rstrip("="))


def _read_cursor(wanted: Wanted) -> Key | None:
    cursor = wanted.cursor
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        child, code, source, id = json.loads(b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise Invalid([Problem("cursor", "is not one that was given; ask again without it")]) from None
    if not all(isinstance(part, str) for part in (child, code, source, id)):
        raise Invalid([Problem("cursor", "belongs to another list; ask again without it")])
    return child, code, source, id
