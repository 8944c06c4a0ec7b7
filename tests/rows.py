"""The rows of the views as they stand, to compare them whole."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from infra.views.digest import Digest, digest
from infra.views.shapes import SHAPES
from infra.views.views import Views


def rows_of(views: Views) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row that serves, by projection, but for numbers that only tell rows apart."""
    found = {}
    with views.reading() as connection:
        for name, shape in SHAPES.items():
            columns = [shape.table.c[column] for column in shape.columns]
            found[name] = sorted(tuple(map(repr, row)) for row in connection.execute(select(*columns)))
    return found


def digests_of(views: Views) -> Mapping[str, Digest]:
    """The digest of the rows that serve, by projection."""
    with views.reading() as connection:
        return {one.projection: digest(connection, one.build) for one in views.positions()}
