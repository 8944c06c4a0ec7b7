"""Which facts changed a case that is found by looking at several children or workers at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from projections.across import by_child, caseloads, changes, siblings, themes, without_worker
from projections.measured.row import Measured
from projections.measured.rows import rows_of
from projections.projection import Case
from projections.worker_rows import WorkerRow, worker_rows
from services.measures.across import Rows
from services.measures.past import Ask, Needed

Laid = Measured | WorkerRow


@dataclass(frozen=True, slots=True)
class Differing:
    """A row of what is looked across, as it was known then and as it is known now, where it was and is there;
    and the facts that changed it.
    """

    rows: tuple[Laid, ...]
    facts: tuple[dict[str, Any], ...]


def laid_rows(case: Case, ask: Ask) -> Mapping[tuple[str, str, str], Laid]:
    """The rows of a case that are looked across, by series, whose they are and which."""
    if case.survivor[0] != case.child:
        return {}
    needed = Needed.by(ask.measures)
    found: dict[tuple[str, str, str], Laid] = {
        (row.series, row.child, row.thing): _looked_at(row) for row in rows_of(case, needed.looked_across)
    }
    if needed.knows_workers:
        found |= {(worker_rows.name, row.child, f"{row.since}"): row for row in worker_rows.rows(case)}
    return found


def _looked_at(row: Measured) -> Measured:
    """What of a row is looked at across children: of an audit, not what came of it."""
    return replace(row, outcome="", until=None) if row.series == "audits" else row


def _theme(row: Measured) -> object:
    """What audits of one theme have in common; one without a theme has it with none."""
    return row.kind or (row.child, row.thing)


class Causes:
    """Finds the facts of all that differs and bears on a case of a series."""

    def __init__(self, series: str, differing: Iterable[Differing], known: Sequence[Rows]) -> None:
        self._homes = _homes(known)
        self._held = _held(known)
        self._bears = _BEARS[series]
        self._by_key: dict[object, list[Differing]] = {}
        for one in differing:
            for key in {key for row in one.rows for key in self._keys(series, row)}:
                self._by_key.setdefault(key, []).append(one)

    def of(self, case: Measured) -> list[dict[str, Any]]:
        """The facts that changed a case, each once, in the order they were recorded."""
        found = {
            (fact["source"], fact["id"]): fact
            for one in self._by_key.get(_CASE_KEY[case.series](case), ())
            if any(self._bears(row, case.day) for row in one.rows)
            for fact in one.facts
        }
        return sorted(found.values(), key=lambda fact: (fact["recorded_at"], fact["source"], fact["id"]))

    def _keys(self, series: str, row: Laid) -> Iterator[object]:
        if isinstance(row, WorkerRow) and series == without_worker.SERIES:
            yield from self._held.get(row.worker_id, ())
        elif isinstance(row, WorkerRow):
            yield row.worker_id
        elif series == siblings.SERIES:
            yield from [row.kind] if row.series == "households" else self._homes.get(row.child, ())
        elif series == themes.SERIES:
            yield _theme(row)
        else:
            yield row.worker_id if series == caseloads.SERIES else row.child


def _homes(known: Sequence[Rows]) -> dict[str, set[str]]:
    """The households that each child was ever known in."""
    homes: dict[str, set[str]] = {}
    for rows in known:
        for spell in rows.series("households"):
            homes.setdefault(spell.child, set()).add(spell.household)
    return homes


def _held(known: Sequence[Rows]) -> dict[str, set[str]]:
    """The children that each worker was ever known to hold."""
    held: dict[str, set[str]] = {}
    for rows in known:
        for spell in rows.series("held"):
            held.setdefault(spell.worker_id, set()).add(spell.child)
    return held


def _goes_on(row: Laid, day: date) -> bool:
    """Whether a spell goes on on a day; a visit is made on its own."""
    if isinstance(row, WorkerRow):
        # Who has left holds nothing since.
        return row.goes_on(day) or (row.has_left and row.since <= day)
    if row.series == "visits":
        return row.day == day
    return row.since <= day and (row.until is None or day < row.until)


_BEARS: Mapping[str, Callable[[Laid, date], bool]] = {
    siblings.SERIES: _goes_on,
    caseloads.SERIES: _goes_on,
    changes.SERIES: lambda *_: True,
    **dict.fromkeys(by_child.ALL, lambda *_: True),
    without_worker.SERIES: lambda *_: True,
    themes.SERIES: lambda row, day: isinstance(row, Measured) and row.day <= day,
}
"""By series, whether a row bears on a case of a day."""

_CASE_KEY: Mapping[str, Callable[[Measured], object]] = {
    siblings.SERIES: lambda case: case.kind,
    caseloads.SERIES: lambda case: case.worker_id,
    changes.SERIES: lambda case: case.child,
    **dict.fromkeys(by_child.ALL, lambda case: case.child),
    without_worker.SERIES: lambda case: case.child,
    themes.SERIES: _theme,
}
"""By series, what the rows that bear on a case have in common with it: whose or of what they are."""
