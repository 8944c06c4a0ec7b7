"""The one shape of a measure: what it counts, of that how many, and where its definition comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Placed = Literal["day", "until", "standing", "overlapping"]
"""What counts in a period: what is placed in it by its day, or was over in it; what stands on the day asked
about; or what went on at any time in it.
"""

Unit = Literal[
    "working_days", "weekdays", "calendar_days", "weeks", "months", "children", "changes", "placements"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Rows that meet every condition given; an empty one sets none.

    ``marked``: it has one of these marks; ``unmarked``: it has none of those. ``is_late`` and
    ``is_recorded_late``: whether it would be late on the day asked about, by its true or its recorded dates.
    """

    outcomes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()
    recorded_outcomes: tuple[str, ...] = ()
    is_late: bool | None = None
    is_recorded_late: bool | None = None


Which = tuple[Where, ...]
"""Rows that meet any of these; of none given, no row does."""

ALL: Which = (Where(),)


@dataclass(frozen=True, slots=True)
class Band:
    """Lengths from ``low`` to ``high``, both included (None: without end)."""

    low: int
    high: int | None

    def holds(self, length: int) -> bool:
        return self.low <= length and (self.high is None or length <= self.high)

    @property
    def name(self) -> str:
        if self.high is None:
            return f"{self.low}+"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure by its permanent ``name``.

    It counts the rows of ``series`` that are ``placed`` in the period (or stand on the day) and are ``among``
    those in question: the denominator. Those ``of_these`` are the numerator; None where it is a count alone.
    The same by the records of the case system: None where it has none of such things.
    ``bands`` part the denominator by length in ``unit``; ``has_quartiles``: the 25th, 50th and 75th
    percentiles of it are told. ``of_these_lengths``: the numerator is what has such a length.
    ``counts``: what one case is, in the plural.
    """

    name: str
    title: str
    definition: str
    source: str
    counts: str
    series: str
    placed: Placed
    among: Which = ALL
    of_these: Which | None = None
    recorded_among: Which | None = None
    recorded_of_these: Which | None = None
    of_these_lengths: Band | None = None
    bands: tuple[Band, ...] = ()
    unit: Unit = "working_days"
    has_quartiles: bool = False

    @property
    def has_lengths(self) -> bool:
        return bool(self.bands) or self.has_quartiles or self.of_these_lengths is not None

    @property
    def is_share(self) -> bool:
        """Whether it is so many of so many, and not a count alone."""
        return self.of_these is not None or self.of_these_lengths is not None

    @property
    def conditions(self) -> Iterator[Where]:
        for which in (self.among, self.of_these, self.recorded_among, self.recorded_of_these):
            yield from which or ()


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; ``of`` is None where nothing is divided."""

    count: int
    of: int | None

    @property
    def percent(self) -> float | None:
        """In percent, to one decimal; None of nothing."""
        return round(100 * self.count / self.of, 1) if self.of else None


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The least lengths within which a quarter, half and three quarters of the cases lie."""

    lower: int
    median: int
    upper: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's numbers, by one way of seeing the cases: the share, and the cases by band."""

    share: Share
    bands: dict[str, int] = field(default_factory=dict)
    quartiles: Quartiles | None = None


def by_band(lengths: dict[int, int], bands: tuple[Band, ...]) -> dict[str, int]:
    """How many cases lie in each band, which between them hold every length once."""
    counted = {band.name: 0 for band in bands}
    for length, cases in lengths.items():
        for band in bands:
            if band.holds(length):
                counted[band.name] += cases
    return counted
