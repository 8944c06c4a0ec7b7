"""A child's facts in the order in which they are read, repeated reports of one end taken as one."""

from collections.abc import Iterable

from domain.assessment_life import superseded
from domain.telling import Told, in_order


def reading_order(facts: Iterable[Told]) -> list[Told]:
    """Sort facts as they are read.

    What is open in the morning depends on which of several reports of an end counts, and that on the order:
    so the ends that a first reading shows not to count are left out of account in a second.
    """
    of_child = list(facts)
    ordered = in_order(of_child)
    ignored = frozenset(ordered[place].reference for place in superseded(ordered))
    return in_order(of_child, ignored) if ignored else ordered
