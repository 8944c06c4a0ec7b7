"""What a fold hands to the views: the rows of streams merged with one another, or why there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """Why rows could not be made: the kind of error, where in the code, and what an unreadable record is said
    to be. Nothing of what the facts tell is in it.
    """

    error: str
    place: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """The rows, by projection, of the references in ``streams``, which were all merged with one another once.

    ``members``: the reference each has its rows under. ``heads``: those of the log's partitions before the
    fold began; all up to there is in the rows. ``changed_on`` and ``changes_on`` are the last day before, and
    the next day after that of the rows, on which they change. A projection that failed is in ``failures``
    alone.
    """

    streams: Sequence[str]
    members: Mapping[str, str]
    rows: Mapping[str, Sequence[Any]]
    failures: Mapping[str, Failure]
    heads: tuple[int, ...]
    changed_on: date | None
    changes_on: date | None
