"""What measures count: the shape of one case behind a number."""

from collections.abc import Iterable
from datetime import date

from domain.numerous import numerous


@numerous(frozen=True, slots=True, kw_only=True)
class Measured:
    """One thing that happened to a child, or went on for a time, as measures count it.

    ``series`` names the sort of thing, and ``thing`` the one among those of the child. ``day`` is what places
    it in a period; it went on from ``since`` to ``until`` (None: it still does). ``kind`` parts a series by
    one thing, ``marks`` (``|A|B|``) are what else is true of it, ``outcome`` is what became of it.
    ``length`` is how long it took, where it is over, in the unit of its series; ``late_from`` the first day
    on which it is late if it goes on. The four that begin with ``recorded`` are the same as the case system
    shows them, None where it has no record of such things. Nothing depends on the day but what is known.
    """

    child: str
    series: str
    thing: str
    day: date
    since: date
    until: date | None = None
    outcome: str
    kind: str | None = None
    marks: str = "|"
    length: int | None = None
    late_from: date | None = None
    recorded_outcome: str | None = None
    recorded_since: date | None = None
    recorded_length: int | None = None
    recorded_late_from: date | None = None
    worker_id: str | None = None
    team_id: str | None = None


def marked(codes: Iterable[str]) -> str:
    """Codes as the marks of a row, each once, in order."""
    if not codes:
        return "|"
    return "|" + "".join(f"{code}|" for code in sorted(set(codes)))
