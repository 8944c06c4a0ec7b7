"""Many objects of one class made at once, from a column of values for each attribute.

The code that does it is made for the class, and fills all slots of an object at once: a frozen dataclass with
slots takes much longer to make by its own ``__init__``, or slot by slot.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, TypeVar

Object = TypeVar("Object")


def maker(cls: type[Object], attributes: Sequence[str]) -> Callable[..., list[Object]]:
    """A function that makes so many objects of a class with slots, given a column for each of these
    attributes in this order; what else the class has is left without a value.

    No column may be shorter than the number. The objects are as the class says they are, frozen ones too:
    neither their class's ``__init__`` nor its ``__post_init__`` is called.
    """
    # Laid out as the class says, but open to be filled.
    slots = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    opened: type[Object] = type(cls.__name__, (cls,), slots)
    fill = _filler(cls, attributes)

    def make(number: int, *columns: Iterable[Any]) -> list[Object]:
        made = list(map(object.__new__, repeat(opened, number)))
        fill(made, *columns)
        return made

    return make


def _filler(cls: type, attributes: Sequence[str]) -> Callable[..., None]:
    """A function that gives objects their values, and makes them such of a class."""
    columns = [f"column{place}" for place in range(len(attributes))]
    values = [f"value{place}" for place in range(len(attributes))]
    lines = [
        f"def fill({', '.join(['made', *columns])}):",
        f"    for {', '.join(['one', *values])} in zip({', '.join(['made', *columns])}):",
        *(f"        one.{name} = {value}" for name, value in zip(attributes, values, strict=True)),
        "        one.__class__ = cls",
    ]
    scope: dict[str, Any] = {"cls": cls}
    exec("\n".join(lines), scope)  # noqa: S102 (of the names of a class's attributes)
    filled: Callable[..., None] = scope["fill"]
    return filled
