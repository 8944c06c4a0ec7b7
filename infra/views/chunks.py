"""Long lists in parts that a statement can take."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
_LENGTH = 500


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, so many at a time."""
    for start in range(0, len(items), _LENGTH):
        yield items[start : start + _LENGTH]
