"""Events from a file or a program, told as the API would tell them: recorded, a duplicate, or refused."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.field import Invalid
from infra.incoming import Incoming
from services.api import results
from services.intake import incoming
from services.record import Recording


class Reporting:
    """Checks and records events, a batch at a time."""

    def __init__(self, recording: Recording, now: Callable[[], datetime]) -> None:
        self._recording = recording
        self._now = now

    def __call__(self, events: Sequence[dict[str, Any]], /, *, historic: bool) -> Sequence[Mapping[str, Any]]:
        """What became of each event, as an item of a batch's results. Raises LogUnavailable."""
        now = self._now()
        return self.record([_check(event, now, historic) for event in events])

    def record(self, checked: Sequence[Incoming | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Record the facts among what was checked; the rest are replies already."""
        facts = [one for one in checked if isinstance(one, Incoming)]
        recorded = iter(self._recording.record(facts) if facts else ())
        return [results.reply(next(recorded)) if isinstance(one, Incoming) else one for one in checked]


def _check(event: object, now: datetime, historic: bool) -> Incoming | Mapping[str, Any]:
    try:
        return incoming(event, now, historic=historic)
    except Invalid as error:
        return results.refused(results.unreadable(error))
