"""What the service says on standard error while it runs: a line of JSON each, naming nobody."""

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime


def log(level: str, event: str, **facts: object) -> None:
    """Say what happened. ``facts`` must tell nothing of a child: no address, no message of an error."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "level": level, "event": event, **facts}, default=str)
    # Where nobody can listen, the caller is still answered.
    with suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
