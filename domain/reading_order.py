"""A child's facts in the order in which they are read, repeated reports of one end taken as one."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from domain.assessment_life import superseded
from domain.field import FactReference
from domain.telling import Told, in_order


def reading_order(
    facts: Iterable[Told], closing: Mapping[FactReference, Iterable[str]] = MappingProxyType({})
) -> list[Told]:
    """Sort facts as they are read; ``closing`` are the assessments that ends of needs are known to close.

    What is open in the morning depends on which of several reports of an end counts, and that on the order:
    so the ends that a first reading shows not to count are left out of account in a second.
    """
    of_child = list(facts)
    ordered = in_order(of_child, closing=closing)
    ignored = frozenset(ordered[place].reference for place in superseded(ordered))
    return in_order(of_child, ignored, closing) if ignored else ordered
