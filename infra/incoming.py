"""A fact as it came in."""

from collections.abc import Mapping
from typing import Any, NamedTuple

NO_EXTENSIONS: Mapping[str, Any] = {}


class Incoming(NamedTuple):
    """A fact as it came in: checked, not yet on the record.

    ``type`` is its name without the prefix, ``data`` its fields as reported; a null is an absent field.
    ``time``, ``recordedtime`` and ``dataschema`` are CloudEvents attributes as text, ``extensions`` the rest.
    """

    stream: str
    source: str
    id: str
    type: str
    data: Mapping[str, Any]
    time: str | None = None
    recordedtime: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, Any] = NO_EXTENSIONS
    historic: bool = False
