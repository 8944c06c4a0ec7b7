"""How a command ends: exit codes, and what is said."""

import sys
from typing import NoReturn

from services.output import tell

DONE, ERROR, USAGE, FAULTY, NOT_FOUND, UNREACHABLE, SET_ASIDE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


def end(code: int, message: str) -> NoReturn:
    tell(f"casetimeline: {message}")
    sys.exit(code)


def code_of(error: Exception) -> int:
    """The exit code that tells of an error which no command saw coming."""
    names = {cls.__name__ for cls in type(error).__mro__}
    return UNREACHABLE if names & _UNREACHABLE else ERROR


_UNREACHABLE = frozenset(
    {"PersistenceError", "KeysUnavailable", "ViewsUnavailable", "Overtaken", "DBAPIError", "Unavailable"}
)


def said_of(error: Exception) -> str:
    """An error in a line, with no trace."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    named = type(error).__name__
    return f"{named}: {error}" if str(error) else named
