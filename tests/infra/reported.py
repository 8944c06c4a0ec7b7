"""Invented facts of every type, with every kind of value that a field may hold."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from domain.catalogue import AUTHORITY, FIELD_NAMES, FIELDS, ON_AUTHORITY, ON_WORKERS, Field
from infra.incoming import Incoming

_ON_ONE_LINE = st.characters(categories=("L", "M", "N", "P", "S"))
_CLEAN = st.characters(exclude_categories=("Cs", "Cc"))

references = st.text(_ON_ONE_LINE, min_size=1, max_size=100)
texts = st.text(_CLEAN, min_size=1, max_size=200).filter(lambda text: not text.isspace())
days = st.dates(min_value=date(1901, 1, 1)).map(str)
instants = st.builds(
    "{}{}{:02}:{:02}{}{}".format,
    st.dates(min_value=date(1901, 1, 1), max_value=date(9998, 12, 31)),
    st.sampled_from("Tt"),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["", ":00", ":59", ":07.1", ":07.123456", ":07.123456789"]),
    st.sampled_from(["Z", "z", "+00:00", "-00:00", "+01:00", "-11:30"]),
)
scalars = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_CLEAN, max_size=40)
)
json_values = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(references, inner, max_size=3),
    max_leaves=6,
)
facts_meant = st.fixed_dictionaries({"source": texts, "id": texts})

_OF_KIND: dict[str, st.SearchStrategy[Any]] = {
    "reference": references,
    "code": texts,
    "text": texts,
    "flag": st.booleans(),
    "count": st.integers(1, 1_000_000),
    "number": st.integers(0, 1_000_000) | st.floats(0, 1_000_000),
    "date": days,
    "date or instant": days | instants,
    "list of references": st.lists(references, max_size=5),
    "list of agencies, or their number": st.integers(0, 1_000_000) | st.lists(references, max_size=5),
    "fact": facts_meant,
    "list of facts": st.lists(facts_meant, max_size=3),
    "changes": st.dictionaries(
        st.sampled_from(sorted(FIELD_NAMES)) | references, json_values, min_size=1, max_size=4
    ),
    "value": scalars,
}


def values(field: Field) -> st.SearchStrategy[Any]:
    """Everything that a field may hold."""
    return st.sampled_from(field.kind.words) if field.kind.words else _OF_KIND[field.kind.name]


def data(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Data of an event of a type, with any of its optional fields."""
    return st.fixed_dictionaries(
        {field.name: values(field) for field in FIELDS[name] if field.required},
        optional={field.name: values(field) for field in FIELDS[name] if not field.required},
    )


def stream_of(name: str) -> str:
    """A stream in which an event of a type may stand."""
    if name in ON_WORKERS:
        return "worker:W-7"
    return AUTHORITY if name in ON_AUTHORITY else "C1001"


def facts(names: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Incoming]:
    """Facts of any type, or of some."""

    def of(name: str) -> st.SearchStrategy[Incoming]:
        return st.builds(
            Incoming,
            stream=st.just(stream_of(name)),
            source=texts,
            id=texts,
            type=st.just(name),
            data=data(name),
            time=st.none() | instants,
            recordedtime=st.none() | instants,
            dataschema=st.none() | texts,
            extensions=st.dictionaries(
                st.sampled_from(["traceparent", "sequence", "sampledrate", "worker", "childname"]),
                scalars,
                max_size=3,
            ),
            historic=st.booleans(),
        )

    return (st.sampled_from(sorted(FIELDS)) if names is None else names).flatmap(of)
