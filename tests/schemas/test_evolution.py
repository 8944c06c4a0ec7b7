"""Schemas only grow, and what was ever stored is read the same for ever."""

import json
import shutil
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import avro.schema
import fastavro
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from domain.catalogue import EVENT_TYPES, FIELDS, PREFIX, read
from domain.field import Kind
from infra.codec import Codec
from infra.incoming import Incoming
from infra.log.commit import LogNotification
from infra.schemas import (
    FOLDER,
    SHARED,
    Release,
    file_of,
    fingerprint,
    newest,
    registry,
    release_changed,
    released,
)
from infra.sealing import divide
from tests.schemas import golden

RELEASES = sorted(registry().items())
TEXT = ["null", "string"]
REFERENCE = {
    "type": "record",
    "namespace": "casetimeline",
    "name": "FactReference",
    "fields": [{"name": "source", "type": "string"}, {"name": "id", "type": "string"}],
}


def releases_of(name: str) -> list[Release]:
    return [release for _, release in RELEASES if release.name == PREFIX + name]


def by_release(release: Release) -> str:
    return f"{release.name}-{release.version}"


every_release = pytest.mark.parametrize("release", [release for _, release in RELEASES], ids=by_release)
every_type = pytest.mark.parametrize("name", EVENT_TYPES)


# What is in the registry


@every_type
def test_the_newest_schema_of_every_type_is_released(name: str):
    assert releases_of(name)[-1].fingerprint == fingerprint(newest(name)), (
        "run python -m infra.schemas release"
    )


@every_release
def test_a_release_is_what_it_was_when_it_was_released(release: Release):
    assert released(release)["name"] == release.name.removeprefix(PREFIX)


def test_ids_and_versions_are_given_in_order():
    assert [id for id, _ in RELEASES] == list(range(1, len(RELEASES) + 1))
    for name in EVENT_TYPES:
        assert [release.version for release in releases_of(name)] == list(
            range(1, len(releases_of(name)) + 1)
        )


def test_the_folder_holds_the_schemas_of_the_registry_and_no_other():
    of_the_log = {"log_pack.avsc", "log_genesis.avsc"}
    assert {path.name for path in FOLDER.glob("*.avsc")} == {
        *map(file_of, EVENT_TYPES), *SHARED.values(), *of_the_log
    }  # fmt: skip
    assert {f"released/{path.name}" for path in (FOLDER / "released").iterdir()} == {
        r.file for _, r in RELEASES
    }
    assert {release.name for _, release in RELEASES} == {PREFIX + name for name in EVENT_TYPES}


# What a schema says


def avro_type(kind: Kind) -> Any:
    """The Avro type in which values of a kind are stored, by the rules in schemas/README.md."""
    types: dict[str, Any] = {
        "flag": ["null", "boolean"],
        "count": ["null", "long"],
        "number": ["null", "long", "double"],
        "list of references": ["null", {"type": "array", "items": "string"}],
        "list of agencies, or their number": ["null", "long", {"type": "array", "items": "string"}],
        "fact": ["null", REFERENCE],
        "list of facts": ["null", {"type": "array", "items": REFERENCE}],
    }
    return types.get(kind.name, TEXT)


@every_type
def test_a_schema_has_the_envelope_and_the_fields_of_the_fact_that_are_not_personal(name: str):
    envelope, *fields = newest(name)["fields"]
    assert (envelope["name"], envelope["type"]["name"]) == ("envelope", "Envelope")
    assert {field["name"]: field["type"] for field in fields} == {
        field.name: avro_type(field.kind) for field in FIELDS[name] if not field.kind.is_personal
    }


@every_type
def test_every_field_of_a_fact_may_be_absent(name: str):
    assert all(field["default"] is None for field in newest(name)["fields"][1:])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.avsc")), ids=lambda path: path.stem)
def test_a_schema_says_what_it_and_its_fields_mean(path: Path):
    schema = json.loads(path.read_text("utf-8"))
    assert schema["doc"].endswith(".")
    assert all(field["doc"].endswith(".") for field in schema["fields"])


# How schemas grow


def compatibility(reader: Any, writer: Any) -> SchemaCompatibilityType:
    reading, writing = (avro.schema.parse(json.dumps(schema)) for schema in (reader, writer))
    return ReaderWriterCompatibilityChecker().get_compatibility(reading, writing).compatibility


@every_release
def test_the_newest_schema_reads_every_release_and_is_read_by_it(release: Release):
    now, then = newest(release.name.removeprefix(PREFIX)), released(release)
    assert compatibility(now, then) == SchemaCompatibilityType.compatible
    assert compatibility(then, now) == SchemaCompatibilityType.compatible


@every_release
def test_a_field_once_released_is_there_for_ever(release: Release):
    then = released(release)["fields"]
    assert newest(release.name.removeprefix(PREFIX))["fields"][1 : len(then)] == then[1:]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda fields: fields[-1].update(type=["null", "long"]),
        lambda fields: fields.append({"name": "more", "type": "string"}),
    ],
    ids=["another type", "no default"],
)
def test_the_compatibility_check_finds_what_is_not_compatible(break_it: Any):
    then, now = newest("AssessmentStarted"), newest("AssessmentStarted")
    break_it(now["fields"])
    assert compatibility(now, then) == SchemaCompatibilityType.incompatible


# What was ever stored


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Codec]:
    with closing(golden.open_keys(tmp_path_factory.mktemp("keys"))) as keys:
        yield Codec(keys)


def stored(reported: Incoming, state: bytes) -> LogNotification:
    at = datetime(2019, 4, 3, tzinfo=UTC)
    return LogNotification(reported.stream, 1, PREFIX + reported.type, state, 1, 0, 0, at)


def records(release: Release) -> list[tuple[Incoming, bytes]]:
    found = json.loads(golden.file_of(release.file).read_text("utf-8"))
    return [(Incoming(**each["reported"]), bytes.fromhex(each["state"])) for each in found]


@every_release
def test_a_golden_record_tells_the_fact_that_was_reported(codec: Codec, release: Release):
    for reported, state in records(release):
        assert codec.as_reported(stored(reported, state)) == reported
        recorded = codec.decode(stored(reported, state))
        assert recorded.fact == read(reported.type, reported.data)
        assert not recorded.is_erased


@every_release
def test_a_golden_record_is_of_its_release_and_has_every_field_it_may_have(release: Release):
    whole, bare = records(release)
    for _, state in (whole, bare):
        assert RELEASES[struct.unpack(">bI", state[:5])[1] - 1][1] == release
    assert {field["name"] for field in released(release)["fields"][1:]} <= whole[0].data.keys()


@every_release
def test_a_golden_record_is_read_by_any_avro_reader(release: Release):
    for reported, state in records(release):
        schema = fastavro.parse_schema(released(release))
        reader = fastavro.parse_schema(newest(reported.type))
        record: Any = fastavro.schemaless_reader(BytesIO(state[5:]), schema, reader)
        assert (record["envelope"]["source"], record["envelope"]["id"]) == (reported.source, reported.id)
        assert record["occurred_on"] == reported.data["occurred_on"]


@every_type
def test_a_fact_with_nothing_personal_is_still_stored_in_the_same_bytes(codec: Codec, name: str):
    _, (reported, state) = records(releases_of(name)[-1])
    _, secret = divide(name, reported.data, reported.extensions)
    if not secret:
        assert codec.encode(reported) == state


# Releasing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / "schemas")


def grow(folder: Path, name: str) -> None:
    path = folder / file_of(name)
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"].append({"name": "urgency", "type": TEXT, "default": None, "doc": "How urgent it is."})
    path.write_text(json.dumps(schema), "utf-8")


def test_a_grown_schema_is_released_under_an_id_of_its_own(folder: Path):
    before = registry(folder)
    grow(folder, "AssessmentStarted")
    (release,) = release_changed(folder)
    assert (release.name, release.version) == ("casetimeline.AssessmentStarted", 2)
    assert registry(folder) == {**before, len(before) + 1: release}
    assert (
        compatibility(released(release, folder), newest("AssessmentStarted"))
        == SchemaCompatibilityType.compatible
    )


def test_a_shared_record_that_grew_is_a_release_of_every_type_that_has_it(folder: Path):
    path = folder / "fact_reference.avsc"
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"].append({"name": "stream", "type": TEXT, "default": None, "doc": "Where it stands."})
    path.write_text(json.dumps(schema), "utf-8")
    names = [release.name.removeprefix(PREFIX) for release in release_changed(folder)]
    assert names == ["FactCorrected", "FactWithdrawn", "ClockRuled"]


def test_better_docs_are_no_release(folder: Path):
    path = folder / "envelope.avsc"
    path.write_text(
        path.read_text("utf-8").replace("Who reported it", "The system that reported it"), "utf-8"
    )
    assert release_changed(folder) == []


def test_a_release_that_was_edited_is_refused(folder: Path):
    release = releases_of("AssessmentStarted")[0]
    path = folder / release.file
    path.write_text(path.read_text("utf-8").replace("referral_id", "referral"), "utf-8")
    with pytest.raises(ValueError, match="is not what was released"):
        released(release, folder)


def test_records_of_before_and_after_a_release_tell_the_same_fact(folder: Path, tmp_path: Path):
    _, (reported, before) = records(releases_of("AssessmentStarted")[0])
    grow(folder, "AssessmentStarted")
    release_changed(folder)
    with closing(golden.open_keys(tmp_path)) as keys:
        codec = Codec(keys, folder)
        after = codec.encode(reported)
        assert after[:5] != before[:5]
        assert (
            codec.as_reported(stored(reported, before))
            == codec.as_reported(stored(reported, after))
            == reported
        )
