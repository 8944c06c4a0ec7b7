"""Golden records: facts as each release of a schema stored them, which must be read the same for ever.

``python -m tests.schemas.golden`` adds records for the releases that have none yet, and touches no other.
"""

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from domain.catalogue import FIELDS, PREFIX, Field
from infra.codec import Codec
from infra.incoming import Incoming
from infra.keys import KeyStore
from infra.master_key import from_text
from infra.schemas import registry
from tests.infra.reported import stream_of

FOLDER = Path(__file__).parent / "golden"

# The keys of the golden records, wrapped by this master key, are golden themselves.
MASTER = from_text("SW52ZW50ZWQsIGZvciBnb2xkZW4gcmVjb3JkcyBvbmw=")
KEYS = FOLDER / "keys.json"

_EXAMPLES: dict[str, Any] = {
    "code": "Örtlich – 3b",
    "text": "The family moved; “no further work” said M.\nŠkoda outside, 🏠 empty.",
    "flag": False,
    "count": 15,
    "number": 0.6,
    "date": "2019-03-05",
    "date or instant": "2019-03-31T09:05:00.250+01:00",
    "list of references": ["C1001", "C1002"],
    "list of agencies, or their number": ["police", "school"],
    "fact": {"source": "https://cms.example/900", "id": "17"},
    "list of facts": [{"source": "https://cms.example/900", "id": "17"}, {"source": "urn:x", "id": "A/2"}],
    "changes": {"occurred_on": "2019-03-04", "reason": "moved away", "quorate": False, "team_id": None},
    "value": "2019-04-29",
}


def open_keys(folder: Path) -> KeyStore:
    """A key store that holds the golden keys."""
    path = folder / "keys.sqlite3"
    keys = KeyStore(f"sqlite:///{path}", MASTER)
    with closing(sqlite3.connect(path)) as connection, connection:
        for stream, wrapped in json.loads(KEYS.read_text()).items():
            row = (stream, MASTER.id, bytes.fromhex(wrapped))
            connection.execute("INSERT INTO stream_keys (stream, master, wrapped) VALUES (?, ?, ?)", row)
    return keys


def file_of(release_file: str) -> Path:
    """Where the golden records of a release are."""
    return FOLDER / Path(release_file).with_suffix(".json").name


def examples(name: str) -> list[Incoming]:
    """A fact with all its fields and attributes, and one with none that can be left out."""
    fields = FIELDS[name]
    whole = {field.name: _example(field) for field in fields}
    bare = {field.name: _example(field) for field in fields if field.required}
    return [
        Incoming(
            stream=stream_of(name),
            source="https://cms.example/900",
            id=f"{name}/ä-1",
            type=name,
            data=whole,
            time="2019-03-31T08:05:00Z",
            recordedtime="2019-04-02T16:59:59.999+01:00",
            dataschema="urn:schema:1",
            extensions={"traceparent": "00-4bf9-00f0-01", "sequence": 7, "desk": "East “Übergang”"},
            historic=True,
        ),
        Incoming(
            stream=stream_of(name),
            source="urn:s",
            id="2",
            type=name,
            data=bare | {"occurred_on": "2019-03-05"},
        ),
    ]


def _example(field: Field) -> Any:
    if field.kind.words:
        return field.kind.words[-1]
    if field.name == "field":
        return "started_on"
    if field.kind.name == "reference":
        return f"{field.name[0].upper()}-1"
    return _EXAMPLES[field.kind.name]


def main() -> None:
    """Add golden records for the newest release of each type that has none."""
    newest = {release.name: release for _, release in sorted(registry().items())}
    with tempfile.TemporaryDirectory() as folder, closing(open_keys(Path(folder))) as keys:
        codec = Codec(keys)
        for name in FIELDS:
            path = file_of(newest[PREFIX + name].file)
            if path.exists():
                continue
            records = [{"reported": f._asdict(), "state": codec.encode(f).hex()} for f in examples(name)]
            path.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", "utf-8")
            print(path, file=sys.stderr)


if __name__ == "__main__":
    main()
