"""The compiled encoding against fastavro's, which is the oracle."""

from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import EVENT_TYPES
from infra.avro import Malformed, compiled
from infra.avro_of_shape import writer_of
from infra.schemas import newest

LONGS = st.integers(-(2**63), 2**63 - 1)
PRIMITIVES = {
    "string": st.text(max_size=200),
    "bytes": st.binary(max_size=200),
    "boolean": st.booleans(),
    "long": LONGS,
    "double": st.floats(allow_nan=False),
}


def values(schema: Any) -> st.SearchStrategy[Any]:
    if isinstance(schema, str):
        return PRIMITIVES[schema]
    if isinstance(schema, list):
        return st.one_of(*(st.none() if branch == "null" else values(branch) for branch in schema))
    if schema["type"] == "array":
        return st.lists(values(schema["items"]), max_size=4)
    if schema["type"] == "map":
        return st.dictionaries(PRIMITIVES["string"], values(schema["values"]), max_size=4)
    return st.fixed_dictionaries({field["name"]: values(field["type"]) for field in schema["fields"]})


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(its) for key, its in value.items() if its is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


SCHEMAS = {name: newest(name) for name in EVENT_TYPES}
COMPILED = {name: compiled(schema) for name, schema in SCHEMAS.items()}
PARSED = {name: fastavro.parse_schema(schema) for name, schema in SCHEMAS.items()}
records = st.sampled_from(sorted(SCHEMAS)).flatmap(
    lambda name: st.tuples(st.just(name), values(SCHEMAS[name]))
)


def written(name: str, record: dict[str, Any]) -> bytes:
    return COMPILED[name][0](record)


def written_by_fastavro(name: str, record: dict[str, Any]) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, PARSED[name], record)
    return out.getvalue()


@given(records)
def test_a_record_is_written_as_fastavro_writes_it(named: tuple[str, dict[str, Any]]):
    name, record = named
    assert written(name, record) == written_by_fastavro(name, record)


@given(records)
def test_a_record_is_read_as_fastavro_reads_it(named: tuple[str, dict[str, Any]]):
    name, record = named
    raw = written_by_fastavro(name, record)
    read = fastavro.schemaless_reader(BytesIO(raw), PARSED[name], None)
    assert COMPILED[name][1](raw, 0) == (without_nulls(read), len(raw))


@given(records)
def test_an_absent_field_is_written_as_its_default(named: tuple[str, dict[str, Any]]):
    name, record = named
    assert written(name, without_nulls(record)) == written(name, record)


@given(records, st.randoms())
def test_code_made_for_the_fields_of_a_record_writes_the_same(named: tuple[str, dict[str, Any]], random: Any):
    name, record = named
    of_envelope = {f"envelope.{key}": value for key, value in record["envelope"].items()}
    told = without_nulls({**record, **of_envelope})
    del told["envelope"]
    names = random.sample(sorted(told), len(told))
    write = writer_of(SCHEMAS[name], names, b"header")
    assert write(*(told[each] for each in names)) == b"header" + written(name, record)


@pytest.mark.parametrize(
    ("names", "said"),
    [(["id"], "source is missing in Place"), (["source", "id", "it"], "no field 'it' in Place")],
)
def test_no_code_is_made_for_fields_that_are_not_those_of_the_record(names: list[str], said: str):
    fields = [{"name": "source", "type": "string"}, {"name": "id", "type": "long"}]
    with pytest.raises(ValueError, match=said):
        writer_of({"type": "record", "namespace": "n", "name": "Place", "fields": fields}, names)


@given(records, st.data())
def test_a_record_that_ends_too_early_is_refused(named: tuple[str, dict[str, Any]], data: st.DataObject):
    name, record = named
    raw = written(name, record)
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises((ValueError, IndexError)):
        COMPILED[name][1](raw[:cut], 0)


@given(st.sampled_from(sorted(SCHEMAS)), st.binary(max_size=80))
def test_bytes_of_no_schema_are_refused_or_read_and_nothing_else(name: str, raw: bytes):
    try:
        _, end = COMPILED[name][1](raw, 0)
    except (ValueError, IndexError):
        return
    assert end <= len(raw)


def test_arrays_written_in_sized_blocks_are_read():
    schema = {"type": "array", "items": "string"}
    _, read = compiled(schema)
    assert read(b"\x03\x08\x02a\x02b\x02\x02c\x00", 0) == (["a", "b", "c"], 10)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("long", True),
        ("long", 2**63),
        ("long", 1.0),
        ("boolean", 1),
        (["null", "long"], True),
        (["null", "boolean"], 0),
        (["null", "long", {"type": "array", "items": "string"}], "three"),
    ],
)
def test_a_value_is_never_written_as_something_else(schema: Any, value: Any):
    write, _ = compiled(schema)
    with pytest.raises(ValueError):
        write(value)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"id": 1}, "source is missing in Place"),
        ({"source": "s", "id": 1, "it": 2}, "no field 'it' in Place"),
    ],
)
def test_a_record_is_never_written_with_less_than_it_has(record: dict[str, Any], said: str):
    fields = [{"name": "source", "type": "string"}, {"name": "id", "type": "long"}]
    write, _ = compiled({"type": "record", "namespace": "n", "name": "Place", "fields": fields})
    with pytest.raises(ValueError, match=said):
        write(record)


@pytest.mark.parametrize(
    ("schema", "raw"),
    [
        ("boolean", b"\x02"),
        ("long", b"\xff" * 11),
        ("string", b"\x01"),
        ("string", b"\x04a"),
        ("string", b"\x02\xff"),
        (["null", "string"], b"\x04\x02a"),
        (["null", "boolean"], b"\x03\x01"),
    ],
)
def test_what_no_writer_writes_is_malformed(schema: Any, raw: bytes):
    _, read = compiled(schema)
    with pytest.raises((Malformed, UnicodeDecodeError)):
        read(raw, 0)
