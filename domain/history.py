"""A fact on the record, and the order in which the facts of a child are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from domain.event import Event
from domain.field import FactReference
from domain.moment import Moment, london_day


class Entered(Protocol):
    """When something was entered."""

    @property
    def entered_at(self) -> datetime | None: ...
    @property
    def entered_on(self) -> date: ...


class Outline(NamedTuple):
    """When something happened and was entered, and who reported it: all that is read of some facts."""

    occurred_on: Moment
    entered_at: datetime | None
    entered_on: date
    source: str
    historic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fact as it was reported and when we learnt of it.

    ``data`` holds its fields as reported (JSON values, without nulls), ``fact`` the same as read.
    ``version`` counts within ``stream``; ``partition`` and ``offset`` are its place in the log.
    ``historic`` marks what came with a source's first snapshot or an import of history.
    ``is_erased`` marks a fact whose personal part can no longer be read.
    """

    stream: str
    version: int
    source: str
    id: str
    type: str
    occurred_on: Moment
    entered_at: datetime | None
    recorded_at: datetime
    partition: int
    offset: int
    data: Mapping[str, Any]
    fact: Event
    extensions: Mapping[str, Any] = field(default_factory=dict)
    time: str | None = None
    historic: bool = False
    is_erased: bool = False
    reference: FactReference = field(init=False)
    log_order: tuple[datetime, int, int] = field(init=False)
    """Places facts of several streams in the order in which they were recorded."""
    entered_on: date = field(init=False)
    """The Europe/London day on which it was entered; recorded, where that is not told."""

    def __post_init__(self) -> None:
        # Asked for so often that computing them each time showed in every read.
        object.__setattr__(self, "reference", FactReference(self.source, self.id))
        object.__setattr__(self, "log_order", (self.recorded_at, self.partition, self.offset))
        object.__setattr__(self, "entered_on", london_day(self.entered_at or self.recorded_at))
