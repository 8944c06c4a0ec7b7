"""Caseloads of workers and of teams over time: at the end of each month of a period, and on its last day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from domain.months import months_after
from infra.views.views import Views
from projections.across.caseloads import Caseload, Held, caseload_policy, caseloads, held_on
from projections.measure import Period
from projections.worker_rows import WorkerRow
from services.measures.across import Rows, held_in_rows, held_in_views, workers_in_views
from services.measures.asked import Wanted

By = Literal["worker", "team"]


def days_of(period: Period) -> Iterator[date]:
    """The last day of each month of a period, and its own last day."""
    day = months_after(period.first.replace(day=1), 1) - timedelta(days=1)
    while day < period.last:
        yield day
        day = months_after(day + timedelta(days=1), 1) - timedelta(days=1)
    yield period.last


def in_views(views: Views, wanted: Wanted, by: By, most: int | None) -> list[dict[str, Any]]:
    """The caseloads by the views, which were made for the day asked about; ``most`` children are what a
    full-time worker should hold, where the authority's policy is not to tell.
    """
    with views.reading() as connection:
        held, workers = held_in_views(connection, wanted.period.first), workers_in_views(connection)
    return list(_told(held, workers, wanted, by, most))


def in_rows(rows: Rows, wanted: Wanted, by: By, most: int | None) -> list[dict[str, Any]]:
    """The same by rows folded for the question."""
    return list(_told(held_in_rows(rows), rows.workers, wanted, by, most))


def cases_in_views(views: Views, day: date, worker_id: str) -> list[dict[str, Any]]:
    """The children that a worker holds by the views, which were made for ``day``."""
    with views.reading() as connection:
        held, workers = held_in_views(connection, day), workers_in_views(connection)
    return _cases(held, workers, day, worker_id)


def cases_in_rows(rows: Rows, day: date, worker_id: str) -> list[dict[str, Any]]:
    """The same by rows folded for the question."""
    return _cases(held_in_rows(rows), rows.workers, day, worker_id)


def _cases(
    held: Sequence[Held], workers: Sequence[WorkerRow], day: date, worker_id: str
) -> list[dict[str, Any]]:
    of_worker = (spell for spell in held if spell.worker_id == worker_id)
    return [
        {
            "child": spell.child,
            "allocated_on": spell.allocated_on.isoformat(),
            "team_id": spell.team_id,
            "is_open": spell.is_open,
        }
        for spell in sorted(held_on(of_worker, workers, day), key=lambda spell: spell.child)
    ]


def _told(
    held: Sequence[Held], workers: Sequence[WorkerRow], wanted: Wanted, by: By, most: int | None
) -> Iterator[dict[str, Any]]:
    only = wanted.only
    for day in days_of(wanted.period):
        loads = [
            load
            for load in caseloads(held, workers, day, caseload_policy(wanted.policy, day, most))
            if only.team_id in (None, load.team_id) and only.worker_id in (None, load.worker_id)
        ]
        yield from _by_worker(loads) if by == "worker" else _by_team(day, loads)


def _by_worker(loads: Iterable[Caseload]) -> Iterator[dict[str, Any]]:
    for load in loads:
        yield {
            "on": load.day.isoformat(),
            "worker_id": load.worker_id,
            "team_id": load.team_id,
            "children": load.children,
            "full_time_equivalent": load.full_time_equivalent,
            "per_full_time_equivalent": _per(load.children, load.full_time_equivalent),
            "newly_qualified": load.is_newly_qualified,
            "most": round(load.most, 1),
            "is_over": load.is_over,
        }


def _by_team(day: date, loads: Iterable[Caseload]) -> Iterator[dict[str, Any]]:
    teams: dict[str | None, list[Caseload]] = {}
    for load in loads:
        teams.setdefault(load.team_id, []).append(load)
    for team, of_team in sorted(teams.items(), key=lambda one: (one[0] is None, one[0] or "")):
        children = sum(load.children for load in of_team)
        equivalent = sum(load.full_time_equivalent for load in of_team)
        yield {
            "on": day.isoformat(),
            "team_id": team,
            "workers": len(of_team),
            "newly_qualified": sum(load.is_newly_qualified for load in of_team),
            "children": children,
            "full_time_equivalent": round(equivalent, 2),
            "per_full_time_equivalent": _per(children, equivalent),
            "over": sum(load.is_over for load in of_team),
        }


def _per(children: int, equivalent: float) -> float | None:
    return round(children / equivalent, 1) if equivalent else None
