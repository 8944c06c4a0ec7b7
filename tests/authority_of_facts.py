"""A real service in a folder of its own, and facts put into it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.compose import Parts, composed
from services.config import read_config
from services.intake import incoming
from services.record import Result

SOURCE = "urn:invented:cases"


@contextmanager
def service_in(
    folder: Path, today: str | None = None, views: str | None = None, **more: str
) -> Iterator[Parts]:
    """The service with log, views and keys in ``folder``; the views elsewhere, where an address is given.

    ``more`` settings are named without their prefix.
    """
    settings = {"CASETIMELINE_DATA": str(folder)}
    settings |= {f"CASETIMELINE_{name.upper()}": value for name, value in more.items()}
    if views is not None:
        settings["CASETIMELINE_VIEWS"] = views
    if today is not None:
        settings["CASETIMELINE_TODAY"] = today
    with composed(read_config(settings)) as service:
        yield service


def event(id: str, name: str, occurred_on: str, *, subject: str = "C1001", **data: Any) -> dict[str, Any]:
    """A structured CloudEvent."""
    whole = {"occurred_on": occurred_on, **{key.rstrip("_"): value for key, value in data.items()}}
    return {
        "specversion": "1.0", "id": id, "source": SOURCE, "type": f"casetimeline.{name}",
        "subject": subject, "data": whole,
    }  # fmt: skip


def put(service: Parts, events: Iterable[dict[str, Any] | bytes]) -> list[Result]:
    """Record events, as objects or as lines of NDJSON."""
    now = datetime.now(UTC)
    parsed = [json.loads(one) if isinstance(one, bytes) else one for one in events]
    results: list[Result] = []
    for start in range(0, len(parsed), 500):
        results += service.recording.record([incoming(one, now) for one in parsed[start : start + 500]])
    return results
