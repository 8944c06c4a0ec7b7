"""The database of the views, and what is said of it where it cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError


class ViewsUnavailable(Exception):
    """The views cannot be reached. Wait and retry; nothing is lost, for they can be built again from
    the log.
    """


class Overtaken(Exception):
    """Another projector moved the views on. Read how far they are, and go on from there."""


@contextmanager
def reaching() -> Iterator[None]:
    """Says in our words what goes wrong with the database."""
    try:
        yield
    except IntegrityError as error:
        raise Overtaken from error
    except DBAPIError as error:
        raise ViewsUnavailable(type(error).__name__) from error


def open_engine(url: str) -> Engine:
    """The database at an address; a file is made if it is not there."""
    engine = create_engine(make_url(url))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            # They can be built again from the log: a crash may cost their last moments, never their sense.
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA busy_timeout=10000")
            cursor.close()

    return engine
