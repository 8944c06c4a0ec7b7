"""The parameters of an address, read strictly: a question that is misread is worse than one refused."""

import difflib
from collections.abc import Collection
from datetime import date
from urllib.parse import parse_qsl

from starlette.requests import Request

from domain.field import MAX_REFERENCE, Invalid, Problem
from domain.working_days import WorkingDays
from services.asked import Asked, ask
from services.intake import MAX_IDENTITY

QUESTION = ("as_at", "known_at", "basis")
MAX_LIMIT = 1_000
DEFAULT_LIMIT = 100

_LENGTHS = dict.fromkeys(("team_id", "worker_id", "kind", "flag", "child", "code"), MAX_REFERENCE)


def read(request: Request, allowed: Collection[str]) -> dict[str, str]:
    """The parameters by name. Raises Invalid for any not among ``allowed``, given twice or left empty."""
    raw = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        problem = Problem("query", "is not UTF-8 in percent-encoding, or has too many parameters")
        raise Invalid([problem]) from None
    found: dict[str, str] = {}
    problems = []
    for name, value in pairs:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1)
            meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(allowed) or 'none'}"
            problems.append(Problem(name[:100], f"is not a parameter of this address{meant}"))
        elif name in found:
            problems.append(Problem(name, "is given more than once; give it once"))
        elif not value:
            problems.append(Problem(name, "is empty; leave it out or give it a value"))
        elif len(value) > _LENGTHS.get(name, MAX_IDENTITY):
            most = _LENGTHS.get(name, MAX_IDENTITY)
            problems.append(Problem(name, f"must be at most {most} characters"))
        elif not value.isprintable():
            problems.append(Problem(name, "has control characters"))
        else:
            found[name] = value
    if problems:
        raise Invalid(problems)
    return found


def question(found: dict[str, str], today: date, calendar: WorkingDays) -> Asked:
    """The two questions among the parameters. Raises Invalid."""
    return ask(found.get("as_at"), found.get("known_at"), found.get("basis"), today, calendar)


def limit(found: dict[str, str]) -> int:
    """How many items a page may have. Raises Invalid."""
    text = found.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or not 1 <= int(text) <= MAX_LIMIT:
        raise Invalid([Problem("limit", f"must be a whole number from 1 to {MAX_LIMIT}")])
    return int(text)


def position(found: dict[str, str], name: str = "cursor") -> int:
    """Where a list goes on that is ordered by a number. Raises Invalid."""
    text = found.get(name)
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Invalid([Problem(name, "is not one that was given; ask again without it")])
    return int(text)


def positions(found: dict[str, str], partitions: int, name: str = "cursor") -> tuple[int, ...]:
    """Where a list goes on that is ordered by a number in each partition of the log. Raises Invalid."""
    parts = found.get(name, ".".join("0" * partitions)).split(".")
    if len(parts) != partitions:
        raise Invalid([Problem(name, "is not one that was given; ask again without it")])
    return tuple(position({name: part}, name) for part in parts)


def choice(found: dict[str, str], name: str, words: Collection[str]) -> str | None:
    """A parameter that is one of a few words. Raises Invalid."""
    value = found.get(name)
    if value is not None and value not in words:
        raise Invalid([Problem(name, f"must be one of {', '.join(words)}")])
    return value
