"""How far each projection is with the log: in events and in seconds, and what of it is set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.log.commit import LogDamaged
from infra.log.log import Log
from infra.views.builds import VERSIONS, State
from infra.views.positions import Position
from infra.views.views import Views
from services.timeline import instant_json


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a build is with a partition: every event ``read`` must be either ``applied`` or ``set_aside``.

    ``seconds``: how long the first event that it has not read has been in the log; None of a damaged
    partition, of which that cannot be told.
    """

    partition: int
    read: int
    applied: int
    set_aside: int
    events: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Coming:
    """How far a build is that is made beside the one that serves: how many of all events it has.

    ``seconds_left``: how long the others take at its rate; None while nothing tells.
    """

    position: Position
    read: int
    all: int
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a projection is. ``next``: the build made beside the one that serves, if one is."""

    position: Position
    lags: tuple[Lag, ...]
    next: Coming | None


def standings(log: Log, views: Views, now: datetime) -> list[Standing]:
    """How far all projections are. The log is asked first: none seems further than it is."""
    heads = log.heads()
    found = views.positions(State.SERVING, State.FILLING, State.NEXT)
    coming = {one.projection: _coming(one, heads) for one in found if one.build.state is not State.SERVING}
    seconds: dict[tuple[int, int], float | None] = {}
    return [
        Standing(one, _lags(log, one, heads, now, seconds), coming.get(one.projection))
        for one in found
        if one.build.state is State.SERVING
    ]


def _coming(one: Position, heads: Sequence[int]) -> Coming:
    every, rate = sum(heads), one.build.rate
    read = min(one.in_rows(), every)
    return Coming(one, read, every, round((every - read) / rate, 1) if rate else None)


def _lags(
    log: Log, one: Position, heads: Sequence[int], now: datetime, seconds: dict[tuple[int, int], float | None]
) -> tuple[Lag, ...]:
    return tuple(
        Lag(
            partition=partition,
            read=(read := one.number(partition)),
            applied=one.applied.get(partition, 0),
            set_aside=one.set_aside.get(partition, 0),
            events=max(head - read, 0),
            seconds=_seconds(log, partition, read, now, seconds) if head > read else 0.0,
        )
        for partition, head in enumerate(heads)
    )


def _seconds(
    log: Log, partition: int, read: int, now: datetime, known: dict[tuple[int, int], float | None]
) -> float | None:
    if (partition, read) not in known:
        try:
            waiting = log.page(partition, read, 1)
        except LogDamaged:
            known[partition, read] = None
        else:
            age = (now - waiting[0].recorded_at).total_seconds() if waiting else 0.0
            known[partition, read] = round(max(age, 0.0), 3)
    return known[partition, read]


def standing_json(one: Standing) -> dict[str, Any]:
    """A projection as JSON values: ``position`` is the newest event that was read."""
    build = one.position.build
    last = one.position.last
    return {
        "name": build.projection,
        "version": build.version,
        "code_version": VERSIONS[build.projection],
        "build": build.number,
        "position": None if last is None else {"partition": last[0], "offset": last[1].offset},
        "recorded_at": None if last is None else instant_json(last[1].recorded_at),
        "lag": sum(lag.events for lag in one.lags),
        "lag_seconds": _longest([lag.seconds for lag in one.lags]),
        "set_aside": sum(lag.set_aside for lag in one.lags),
        "rate": build.rate,
        "last_rebuild": None if build.rebuilt_at is None else instant_json(build.rebuilt_at),
        "next": None if one.next is None else _next_json(one.next),
        "partitions": [
            {
                "partition": lag.partition,
                "read": lag.read,
                "applied": lag.applied,
                "set_aside": lag.set_aside,
                "lag": lag.events,
                "lag_seconds": lag.seconds,
            }
            for lag in one.lags
        ],
    }


def _longest(seconds: Sequence[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    return max(known, default=0.0) if len(known) == len(seconds) else None


def _next_json(one: Coming) -> dict[str, Any]:
    build = one.position.build
    return {
        "build": build.number,
        "version": build.version,
        "state": build.state.value,
        "streams": one.position.filled,
        "read": one.read,
        "all": one.all,
        "rate": build.rate,
        "seconds_left": one.seconds_left,
    }
