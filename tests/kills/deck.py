"""What is to be killed, and when: drawn by a seed, and so that every kind has its share."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice
from random import Random


class What(StrEnum):
    """What is killed. A rebuild is of one process, or of several: a parent, and workers."""

    PROJECTOR = "projector"
    ALONE = "rebuild in one process"
    PARENT = "parent of a rebuild"
    WORKER = "worker of a rebuild"
    BOTH = "parent and a worker"


class When(StrEnum):
    """Once so many shares more are filled; soon after its start; once all are filled; as it moves on."""

    FILLING = "filling"
    STARTING = "starting"
    FILLED = "filled"
    MOVING = "moving"


_KINDS = (
    (What.PROJECTOR, When.FILLING),
    (What.WORKER, When.FILLING),
    (What.ALONE, When.FILLING),
    (What.PARENT, When.FILLING),
    (What.BOTH, When.FILLING),
    (What.PROJECTOR, When.MOVING),
    (What.WORKER, When.STARTING),
    (What.ALONE, When.FILLED),
    (What.PARENT, When.FILLED),
    (What.WORKER, When.FILLING),
    (What.PROJECTOR, When.MOVING),
    (What.ALONE, When.FILLING),
    (What.PARENT, When.FILLING),
    (What.PROJECTOR, When.FILLING),
    (What.WORKER, When.FILLED),
    (What.PARENT, When.STARTING),
    (What.PROJECTOR, When.MOVING),
    (What.BOTH, When.FILLING),
    (What.ALONE, When.STARTING),
    (What.PROJECTOR, When.FILLING),
)


@dataclass(frozen=True, slots=True)
class Card:
    """A kill: ``part`` of the way from where it is drawn to the last moment of its kind, and a little later;
    and whether the database is restarted after it.
    """

    what: What
    when: When
    part: float
    later_s: float
    restarts: bool

    @property
    def processes(self) -> int | None:
        """How many the rebuild has meanwhile; None: any number."""
        if self.what is What.PROJECTOR:
            return None
        return 1 if self.what is What.ALONE else 2


def deck(kills: int, draw: Random) -> list[Card]:
    """So many cards, shuffled: the first five kinds each once, then all twenty in turns."""
    cards = list(_cards(kills, draw))
    draw.shuffle(cards)
    return cards


def _cards(kills: int, draw: Random) -> Iterator[Card]:
    for number, (what, when) in enumerate(islice(cycle(_KINDS), kills)):
        yield Card(what, when, draw.random(), draw.choice((0.0, draw.uniform(0.0, 0.05))), number % 3 == 0)
