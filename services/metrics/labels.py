"""What may stand in a label: few values, and never a child or a worker."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

from domain.catalogue import AUTHORITY

OTHER = "other"
"""Stands for everything that has no label of its own."""

NONE = "none"
"""Stands for having none."""

MOST_TEAMS = 40
MOST_SOURCES = 3
MOST_SOURCES_WATCHED = 20
FEWEST_DIGITS = 5
"""A number within a name is taken for a reference only if it has so many: others number teams."""

FEWEST_CHILDREN = 5
"""A case system with facts about fewer children has no label: its name may be one of theirs."""


def naming_people(labels: Iterable[str], people: frozenset[str]) -> frozenset[str]:
    """The labels that are the reference of one of some people, or have it in them as a part or as a word or
    several, in any case.
    """
    known = _known(people)
    return frozenset(label for label in labels if not known.isdisjoint(_may_name(label.casefold())))


# Asked for each of many days with the same people.
@lru_cache(maxsize=2)
def _known(people: frozenset[str]) -> frozenset[str]:
    known = [person.casefold() for person in people - {AUTHORITY}]
    return frozenset(part for person in known for part in (person, _parts(person)[-1]))


@lru_cache(maxsize=1_000)
def _may_name(label: str) -> frozenset[str]:
    """What in a label may be a reference."""
    words = [(found.start(), found.end()) for found in _WORD.finditer(label)]
    within = {label[start:end] for place, (start, _) in enumerate(words) for _, end in words[place:]}
    numbers = {word for word in within if word.isdigit() and len(word) < FEWEST_DIGITS}
    return frozenset({label, *_parts(label), *(within - numbers)})


def _parts(name: str) -> list[str]:
    return _BETWEEN.split(name.strip())


_BETWEEN = re.compile(r"[:/#]")
_WORD = re.compile(r"[^\W_]+")


def of_the_most(
    counted: Mapping[str, int], most: int, forbidden: Collection[str] = ()
) -> Callable[[str | None], str]:
    """Which label a value goes under: its own for the ``most`` that count most, never a ``forbidden`` one."""
    allowed = [value for value in counted if value not in forbidden and value not in (OTHER, NONE)]
    shown = set(sorted(allowed, key=lambda value: (-counted[value], value))[:most])
    return lambda value: NONE if value is None else value if value in shown else OTHER


def summed(pairs: Iterable[tuple[tuple[str, ...], float]]) -> list[tuple[tuple[str, ...], float]]:
    """Samples with what came under the same labels added up, in order of their labels."""
    counted: Counter[tuple[str, ...]] = Counter()
    for labels, number in pairs:
        counted[labels] += number  # type: ignore[assignment]
    return sorted(counted.items())
