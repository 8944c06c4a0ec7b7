"""What every fact has, whatever happened."""

from dataclasses import dataclass

from domain.field import Reference, Text, When


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, as a case system reported it (or, for a ruling, as a person asked it).

    ``occurred_on`` is when it happened; ``worker_id`` and ``team_id`` whose work it was;
    ``batch_id`` what was recorded in one go for several children.
    """

    occurred_on: When
    worker_id: Reference | None = None
    team_id: Reference | None = None
    batch_id: Reference | None = None
    note: Text | None = None
