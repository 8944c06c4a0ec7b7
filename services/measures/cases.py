"""The cases behind a measure, page by page: for today from the views, for any other question from rows."""

import base64
import binascii
import heapq
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from domain.field import Invalid, Problem
from domain.working_days import WorkingDays
from infra.views.measured import Key, cases
from infra.views.tables import MEASURED
from infra.views.views import Views
from projections.measure import Band, Measure, Which
from projections.measured.row import Measured
from projections.measuring import (
    is_of_these,
    is_placed,
    is_recorded_of_these,
    length_of,
    meets,
    recorded_length_of,
)  # fmt: skip
from services.measures.across import ACROSS
from services.measures.asked import Wanted
from services.measures.counted import is_wanted

SIDES = ("true", "recorded")
PARTS = ("denominator", "numerator")


@dataclass(frozen=True, slots=True)
class Listed:
    """Which cases of a measure are listed: those counted by true dates or by the records, all or those in
    the numerator, and of one band or any.
    """

    is_recorded: bool = False
    only_numerator: bool = False
    band: Band | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Cases, and the cursor that asks for those after them (None: there are none)."""

    cases: list[dict[str, Any]]
    next: str | None


def from_views(views: Views, measure: Measure, wanted: Wanted, listed: Listed) -> Page:
    """A page of the cases in the views, which were made for the day asked about."""
    after = _read_cursor(measure, listed)
    with views.reading() as connection:
        across = ACROSS.get(measure.series)
        if across is not None and across.in_order is not None:
            with closing(across.in_order(connection, wanted, _lengths(measure, listed), after)) as streamed:
                in_order = (one for one in streamed if is_wanted(one[0], wanted.only))
                found = list(islice(in_order, listed.limit + 1))
            return _page(found, measure, wanted, listed, views.calendar)
        if across is not None and across.from_views is not None:
            made = across.from_views(connection, wanted)
            return from_rows(made, measure, wanted, listed, views.calendar)
        with closing(
            cases(
                connection,
                MEASURED,
                measure,
                wanted.period,
                wanted.day,
                wanted.only,
                _which(measure, listed),
                after,
            )
        ) as rows:
            kept = ((row, 1) for row in rows if _is_listed(row, measure, wanted, listed, views.calendar))
            found = list(islice(kept, listed.limit + 1))
    return _page(found, measure, wanted, listed, views.calendar)


def from_rows(
    rows: Iterable[tuple[Measured, int]],
    measure: Measure,
    wanted: Wanted,
    listed: Listed,
    calendar: WorkingDays,
) -> Page:
    """The same page from rows made for the question. Keeps only a page in memory."""
    found = first_listed(rows, measure, wanted, listed, calendar)
    return _page(found, measure, wanted, listed, calendar)


def first_listed(
    rows: Iterable[tuple[Measured, int]],
    measure: Measure,
    wanted: Wanted,
    listed: Listed,
    calendar: WorkingDays,
) -> list[tuple[Measured, int]]:
    """The rows of a page, and the one after them, which tells that there is another page.

    Raises Invalid for a cursor that was not given.
    """
    after = _read_cursor(measure, listed)

    def kept() -> Iterator[tuple[Measured, int]]:
        for row, number in rows:
            if (
                row.series == measure.series
                and is_placed(row, measure, wanted.period, wanted.day)
                and is_wanted(row, wanted.only)
                and all(meets(row, which, wanted.day) for which in _which(measure, listed))
                and (after is None or key(row) > after)
                and _is_listed(row, measure, wanted, listed, calendar)
            ):
                yield row, number

    return heapq.nsmallest(listed.limit + 1, kept(), key=lambda one: key(one[0]))


def key(row: Measured) -> Key:
    """What cases are listed by."""
    return row.day, row.child, row.thing


def _which(measure: Measure, listed: Listed) -> list[Which]:
    among = measure.recorded_among if listed.is_recorded else measure.among
    of_these = measure.recorded_of_these if listed.is_recorded else measure.of_these
    assert among is not None
    return [among, *([of_these] if listed.only_numerator and of_these is not None else [])]


def _lengths(measure: Measure, listed: Listed) -> list[Band]:
    """The bands within all of which the length of what is listed lies."""
    asked = [listed.band, measure.of_these_lengths if listed.only_numerator else None]
    return [band for band in asked if band is not None]


def _is_listed(
    row: Measured, measure: Measure, wanted: Wanted, listed: Listed, calendar: WorkingDays
) -> bool:
    """Whether a row that counts has the length asked for."""
    bands = _lengths(measure, listed)
    if not bands:
        return True
    find = recorded_length_of if listed.is_recorded else length_of
    length = find(row, measure, wanted.day, calendar)
    return length is not None and all(band.holds(length) for band in bands)


def _page(
    found: list[tuple[Measured, int]], measure: Measure, wanted: Wanted, listed: Listed, calendar: WorkingDays
) -> Page:
    told = [
        case_json(row, measure, wanted.day, calendar) | {"stands_for": number}
        for row, number in found[: listed.limit]
    ]
    has_more = len(found) > listed.limit
    return Page(told, _write_cursor(measure, key(found[listed.limit - 1][0])) if has_more else None)


def case_json(row: Measured, measure: Measure, day: date, calendar: WorkingDays) -> dict[str, Any]:
    """A case, with what it counts as, by true dates and by the records."""
    is_counted = meets(row, measure.among, day)
    length = length_of(row, measure, day, calendar) if measure.has_lengths else None
    return {
        "child": row.child,
        "case": row.thing,
        "series": row.series,
        "day": row.day.isoformat(),
        "since": row.since.isoformat(),
        "until": None if row.until is None else row.until.isoformat(),
        "outcome": row.outcome,
        "kind": row.kind,
        "marks": [mark for mark in row.marks.split("|") if mark],
        "length": length,
        "is_late": row.until is None and row.late_from is not None and row.late_from <= day,
        "in_denominator": is_counted,
        "in_numerator": is_counted and is_of_these(row, measure, day, length),
        "recorded": _recorded_json(row, measure, day, calendar),
        "worker_id": row.worker_id,
        "team_id": row.team_id,
    }


def _recorded_json(
    row: Measured, measure: Measure, day: date, calendar: WorkingDays
) -> dict[str, Any] | None:
    if measure.recorded_among is None:
        return None
    length = recorded_length_of(row, measure, day, calendar) if measure.has_lengths else None
    is_counted = meets(row, measure.recorded_among, day)
    return {
        "outcome": row.recorded_outcome,
        "since": None if row.recorded_since is None else row.recorded_since.isoformat(),
        "length": length,
        "in_denominator": is_counted,
        "in_numerator": is_counted and is_recorded_of_these(row, measure, day, length),
    }


def _write_cursor(measure: Measure, key: Key) -> str:
    text = json.dumps([measure.name, key[0].isoformat(), *key[1:]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(measure: Measure, listed: Listed) -> Key | None:
    cursor = listed.cursor
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, day, child, thing = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        read = date.fromisoformat(day)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid([Problem("cursor", "is not one that was given; ask again without it")]) from None
    if name != measure.name or not isinstance(child, str) or not isinstance(thing, str):
        raise Invalid([Problem("cursor", "belongs to another list; ask again without it")])
    return read, child, thing
