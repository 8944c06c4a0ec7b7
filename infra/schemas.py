"""The Avro schemas in schemas/: the newest of each event type, and every release by its permanent id."""

import argparse
import hashlib
import json
import re
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastavro import parse_schema

from domain.catalogue import EVENT_TYPES, PREFIX

FOLDER = Path(__file__).parent.parent / "schemas"
SHARED = {PREFIX + "Envelope": "envelope.avsc", PREFIX + "FactReference": "fact_reference.avsc"}


@dataclass(frozen=True, slots=True)
class Release:
    """One released version of the schema of an event type; ``name`` is the full Avro name."""

    name: str
    version: int
    file: str
    fingerprint: str


def file_of(event: str) -> str:
    """The name of the file that holds the newest schema of an event type."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower() + ".avsc"


def newest(event: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The schema of an event type as it now is, self-contained and without docs: what a release keeps."""
    shared = {name: json.loads((folder / file).read_text("utf-8")) for name, file in SHARED.items()}
    whole: dict[str, Any] = _whole(json.loads((folder / file_of(event)).read_text("utf-8")), shared)
    return whole


def _whole(schema: Any, shared: dict[str, Any]) -> Any:
    """Put each shared record where it is first named (Avro lets a name be used only after that)."""
    if isinstance(schema, list):
        return [_whole(branch, shared) for branch in schema]
    if isinstance(schema, str):
        return _whole(shared.pop(schema), shared) if schema in shared else schema
    return {
        key: _whole(value, shared) if key in ("type", "items", "values", "fields") else value
        for key, value in schema.items()
        if key != "doc"
    }


def fingerprint(schema: dict[str, Any]) -> str:
    """SHA-256 of a self-contained schema without docs, in hex; unlike Avro's own it covers the defaults."""
    text = json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def registry(folder: Path = FOLDER) -> dict[int, Release]:
    """Every release by its id."""
    rows = json.loads((folder / "registry.json").read_text("utf-8"))
    return {int(id): Release(**row) for id, row in rows.items()}


def released(release: Release, folder: Path = FOLDER) -> dict[str, Any]:
    """The schema as it was released. Raises ValueError where its file was edited since."""
    schema: dict[str, Any] = json.loads((folder / release.file).read_text("utf-8"))
    if fingerprint(schema) != release.fingerprint:
        raise ValueError(f"{release.file} is not what was released; bring it back from the history")
    return schema


def release_changed(folder: Path = FOLDER) -> list[Release]:
    """Release the newest schema of every event type that differs from its last release; return those.

    Raises fastavro's SchemaParseException or UnknownType for one that is no Avro: a release is for ever.
    """
    path = folder / "registry.json"
    rows = {id: asdict(release) for id, release in registry(folder).items()} if path.exists() else {}
    latest = {row["name"]: row for row in rows.values()}
    new = []
    for event in EVENT_TYPES:
        schema = newest(event, folder)
        parse_schema(schema)
        last = latest.get(PREFIX + event)
        if last and last["fingerprint"] == fingerprint(schema):
            continue
        version = last["version"] + 1 if last else 1
        file = f"released/{file_of(event).removesuffix('.avsc')}.{version}.avsc"
        release = Release(PREFIX + event, version, file, fingerprint(schema))
        with (folder / file).open("x", encoding="utf-8") as out:
            out.write(json.dumps(schema, indent=1, ensure_ascii=False) + "\n")
        rows[max(rows, default=0) + 1] = asdict(release)
        new.append(release)
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    registry.cache_clear()
    return new


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.schemas", description=__doc__)
    parser.add_argument("command", choices=["release"], help="give changed schemas a new version and id")
    parser.parse_args()
    for release in release_changed():
        print(f"{release.name} version {release.version}: {release.file}", file=sys.stderr)


if __name__ == "__main__":
    main()
