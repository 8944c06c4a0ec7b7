"""Folds that fail for some children, and code that has changed, as a bad release would have it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from infra.views import builds
from projections.projection import Case, Projection

SECRET = "Aloysius Quill"
"""What an error says that nobody may see."""


@contextmanager
def failing(projection: Projection[Any], children: Collection[str]) -> Iterator[None]:
    """A projection raises for these children."""
    rows = projection.rows

    def fail(case: Case) -> list[Any]:
        if case.child in children:
            raise ValueError(f"cannot read {SECRET}")
        return rows(case)

    object.__setattr__(projection, "rows", fail)
    try:
        yield
    finally:
        object.__setattr__(projection, "rows", rows)


@contextmanager
def another_version(projection: Projection[Any]) -> Iterator[None]:
    """The code of a projection has changed."""
    version = builds.VERSIONS[projection.name]
    builds.VERSIONS[projection.name] = version + 1
    try:
        yield
    finally:
        builds.VERSIONS[projection.name] = version
