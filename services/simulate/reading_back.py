"""Histories made from lines, without a log: what each child's true clocks are in a simulated authority."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from domain.amended import Amended
from domain.catalogue import PREFIX, read
from domain.history import Recorded
from domain.identity import ChildMerged
from domain.moment import read_instant
from domain.true_clock import Figures, figures
from domain.working_days import WorkingDays


def recorded(event: Mapping[str, Any], offset: int, version: int) -> Recorded:
    """An event as if it had been appended to a log at the moment it was entered."""
    name = event["type"].removeprefix(PREFIX)
    entered_at = read_instant(event["recordedtime"])
    fact = read(name, event["data"])
    return Recorded(
        stream=event["subject"],
        version=version,
        source=event["source"],
        id=event["id"],
        type=name,
        occurred_on=fact.occurred_on,
        entered_at=entered_at,
        recorded_at=entered_at,
        partition=0,
        offset=offset,
        data=event["data"],
        fact=fact,
    )


def histories(lines: Iterable[bytes]) -> dict[str, list[Recorded]]:
    """The facts of each stream; those of a child merged into another are with the other's."""
    streams: dict[str, list[Recorded]] = {}
    merged: dict[str, str] = {}
    for offset, line in enumerate(lines):
        event = json.loads(line)
        facts = streams.setdefault(event["subject"], [])
        fact = recorded(event, offset, len(facts) + 1)
        facts.append(fact)
        if isinstance(fact.fact, ChildMerged):
            merged[fact.stream] = fact.fact.into
    for duplicate, into in merged.items():
        streams[into] = sorted(streams[into] + streams.pop(duplicate), key=lambda fact: fact.offset)
    return streams


def clocks(child: str, facts: Iterable[Recorded], as_at: date, calendar: WorkingDays) -> Figures:
    """A child's true clocks as at a day."""
    return figures(child, Amended(list(facts)), as_at, calendar)
