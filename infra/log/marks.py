"""What streams share, as the log finds it: where a mark stands, and which marks a stream bears."""

from typing import NamedTuple


class Marked(NamedTuple):
    """Where a mark of a given kind and value stands: the stream, and the number of its event."""

    stream: str
    partition: int
    number: int
    extra: str


class Mark(NamedTuple):
    """A mark of a given kind on a given stream, and the number of its event."""

    value: str
    partition: int
    number: int
    extra: str
