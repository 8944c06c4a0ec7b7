"""Which part of a fact is personal data, to be kept apart and encrypted."""

from collections.abc import Mapping
from typing import Any

from domain.catalogue import FIELDS, personal_fields

_PERSONAL_SOMEWHERE = frozenset(name for event in FIELDS for name in personal_fields(event))

_ABOUT_OTHERS = frozenset({"FactCorrected", "RecordChanged"})


def split(name: str, data: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Divide the data of an event of type ``name`` into what may be stored in the clear and what may not.

    Names, dates of birth, NHS numbers and free text are personal; so are corrections of and changes to them.
    Where nothing is, the first is ``data`` itself.
    """
    always = personal_fields(name)
    if always.isdisjoint(data) and name not in _ABOUT_OTHERS:
        return data, {}
    clear: dict[str, Any] = {}
    personal: dict[str, Any] = {}
    for key, value in data.items():
        if key in always:
            personal[key] = value
        elif key == "changes" and name == "FactCorrected":
            for field, now in value.items():
                part = personal if _may_be_personal(field, now) else clear
                part.setdefault("changes", {})[field] = now
        elif key in ("was", "now") and name == "RecordChanged":
            (personal if _may_be_personal(data["field"], value) else clear)[key] = value
        else:
            clear[key] = value
    return clear, personal


def join(clear: Mapping[str, Any], personal: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `split`; with nothing personal left, what remains is the fact bereft of it."""
    whole = {**clear, **personal}
    if "changes" in clear and "changes" in personal:
        whole["changes"] = {**clear["changes"], **personal["changes"]}
    return whole


def _may_be_personal(field: str, value: object) -> bool:
    if field not in _PERSONAL_SOMEWHERE:
        return field not in _KNOWN
    return not (isinstance(value, str) and value in _CODED.get(field, ()))


_KNOWN = frozenset(f.name for fields in FIELDS.values() for f in fields) | {"started_on", "ended_on"}
_CODED: dict[str, set[str]] = {}
for _fields in FIELDS.values():
    for _field in _fields:
        if _field.kind.words:
            _CODED.setdefault(_field.name, set()).update(_field.kind.words)
