"""Every release of a schema, compiled."""

from pathlib import Path
from typing import Any, NamedTuple

from infra.avro import Read, Write, compiled
from infra.schemas import FOLDER, registry, released


class Compiled(NamedTuple):
    """A release: its full Avro name, its schema, and what writes and reads records of it."""

    name: str
    schema: dict[str, Any]
    write: Write
    read: Read


def compiled_releases(folder: Path = FOLDER) -> dict[int, Compiled]:
    """All releases by their ids, in the order of those, which only grow: the newest of a type comes last.

    Raises ValueError as `released` does.
    """
    found = {}
    for id, release in sorted(registry(folder).items()):
        schema = released(release, folder)
        found[id] = Compiled(release.name, schema, *compiled(schema))
    return found
