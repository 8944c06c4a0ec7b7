"""References that may stand for one child: a list for a person to decide on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from infra.views.tables import IDENTITIES
from infra.views.views import Views
from projections.identity_rows import TOLD_APART, IdentityRow


@dataclass(frozen=True, slots=True)
class Pair:
    """Two references, in order, and what is the same of both."""

    child: str
    other: str
    same: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"child": self.child, "other": self.other, "same": list(self.same)}


def in_views(views: Views) -> list[Pair]:
    """Every pair in the views, by reference. Merged children are one reference there, and in no pair."""
    one, other = IDENTITIES.alias("one"), IDENTITIES.alias("other")
    is_same = and_(one.c.digest == other.c.digest, one.c.by == other.c.by, one.c.child < other.c.child)
    pairs = select(one.c.child, other.c.child, one.c.by).join(other, is_same).where(one.c.by != TOLD_APART)
    apart = select(IDENTITIES.c.child, IDENTITIES.c.digest).where(IDENTITIES.c.by == TOLD_APART)
    with views.reading() as connection:
        found = [tuple(row) for row in connection.execute(pairs)]
        told_apart = {frozenset(row) for row in connection.execute(apart)}
    return _pairs(found, told_apart)


def in_rows(rows: Sequence[IdentityRow]) -> list[Pair]:
    """The same among rows folded for a question."""
    sharing: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.by != TOLD_APART:
            sharing.setdefault((row.by, row.digest), []).append(row.child)
    found = [
        (child, other, by)
        for (by, _), children in sharing.items()
        for child in children
        for other in children
        if child < other
    ]
    return _pairs(found, {frozenset((row.child, row.digest)) for row in rows if row.by == TOLD_APART})


def _pairs(found: Iterable[Sequence[str]], told_apart: set[frozenset[str]]) -> list[Pair]:
    same: dict[tuple[str, str], set[str]] = {}
    for child, other, by in found:
        if frozenset((child, other)) not in told_apart:
            same.setdefault((child, other), set()).add(by)
    return [Pair(child, other, tuple(sorted(by))) for (child, other), by in sorted(same.items())]
