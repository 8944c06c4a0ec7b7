"""JSON is read fast, and never otherwise than slowly."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.strict_json import MAX_INTEGER, Improper, NotJson, read

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(
    values,
    st.sampled_from([None, 1]),
    st.booleans(),
    st.sampled_from([(",", ":"), (" , ", " : "), (",\n", "\t:\r\n")]),
)
def test_what_json_writes_is_read_back(value, indent, ascii_only, separators):
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators).encode()
    assert read(raw) == value


@pytest.mark.parametrize("raw", [b'{"a" : {"b" : 1}}', b'{"a":{"b":"\\"so\\": it says"}}'])
def test_what_is_read_slowly_is_made_of_plain_objects(raw):
    value = read(raw)
    assert (type(value), type(value["a"])) == (dict, dict)


class Twice(dict):
    """An object that is written with its first member once more at its end."""


def written(value):
    if isinstance(value, dict):
        members = [*value.items(), *([next(iter(value.items()))] if isinstance(value, Twice) else [])]
        return "{" + ",".join(f"{json.dumps(key)}:{written(member)}" for key, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


@given(values, st.dictionaries(st.text(max_size=4), st.text(':" \\{}', max_size=6), min_size=1, max_size=3))
def test_a_key_given_twice_is_found_wherever_it_is(value, members):
    with pytest.raises(Improper, match="more than once"):
        read(written([value, {"in": [Twice(members)]}]).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("spaces", ["", " ", "\t", "\n", "\r\n", " \t "])
def test_white_space_hides_no_second_key(spaces):
    with pytest.raises(Improper) as error:
        read(f'{{"a"{spaces}:1,"b":":","a"{spaces}:2}}'.encode())
    assert [p.pointer for p in error.value.problems] == ["/a"]


@given(st.integers(min_value=MAX_INTEGER + 1) | st.integers(max_value=-MAX_INTEGER - 1))
def test_a_number_that_readers_would_change_is_refused(number):
    with pytest.raises(Improper, match="too large"):
        read(f'{{"a":[{number}]}}'.encode())


@pytest.mark.parametrize("number", ["1e309", "-1e400", "9" * 10_000, "0." + "1" * 10 + "e400"])
def test_a_number_without_end_is_refused(number):
    with pytest.raises(Improper):
        read(f"[{number}]".encode())


def test_a_small_number_is_zero_and_a_whole_float_is_a_float():
    assert read(b"[1e-999, 1.0, -0]") == [0.0, 1.0, 0]
    assert all(math.isfinite(number) for number in read(b"[1e308, -1e308]"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"[01]",
        b"{'a':1}",
        b"[1,]",
        b"nul",
        b"[1] 2",
        b"\xff",
        b"\xef\xbb\xbf1",
        b"[" * 5_000,
    ],
)
def test_what_is_no_json_says_so(raw):
    with pytest.raises(NotJson):
        read(raw)


@given(st.binary(max_size=40))
def test_nothing_else_is_ever_raised(raw):
    with suppress(NotJson, Improper):
        read(raw)


@given(values)
def test_it_agrees_with_a_strict_reader(value):
    raw = json.dumps(value).encode("utf-8", "surrogatepass")
    assert read(raw) == json.loads(raw)
