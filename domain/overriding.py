"""What an authority's own policy may change of the catalogue, and the policy that comes of it."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from domain.moment import EARLIEST
from domain.policy import Policy
from domain.timescale import Limit, Parameter, Timescale

LOCAL = "local policy"
UNITS = ("working_days", "calendar_days", "weeks", "months")
MOST = 1_000

Row = TypeVar("Row", Timescale, Parameter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A row of local policy in place of the default, from a day up to ``until`` (None: for good).

    ``name`` is the id of a timescale, or the name of a parameter, whose unit cannot be changed (None).
    """

    name: str
    part: str
    value: int
    unit: str | None
    since: date
    until: date | None
    source: str
    edition: str

    def is_in_force_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


def overridden(policy: Policy, timescales: Sequence[Override], parameters: Sequence[Override]) -> Policy:
    """The policy with some rows replaced, each from its day; of two in force at once, the later began."""
    return Policy(
        _overlaid(policy.timescales, _of_timescale, timescales, _own),
        _overlaid(policy.parameters, _of_parameter, parameters, _own_value),
    )


def overridden_in(policy: Policy, reviewed: Policy) -> list[str]:
    """What a policy sets otherwise than was reviewed: timescales, with their part, and parameters."""
    sources = {(row.source, row.edition) for row in reviewed.timescales}
    sources |= {(row.source, row.edition) for row in reviewed.parameters}
    timescales = {
        f"{row.id} ({row.part})" if row.part else row.id
        for row in policy.timescales
        if (row.source, row.edition) not in sources
    }
    parameters = {row.name for row in policy.parameters if (row.source, row.edition) not in sources}
    return sorted(timescales | parameters)


def why_not_timescale(policy: Policy, id: str, part: str) -> str | None:
    """Why the limit of a timescale cannot be overridden, and what to do; None where it can."""
    rows = [row for row in policy.timescales if row.id == id]
    if not rows:
        known = sorted({row.id for row in policy.timescales if row.kind == LOCAL and row.id != "action"})
        return f"is not a timescale{_meant(id, known)}"
    if id == "action":
        return "cannot be overridden: each action has a day of its own, given when it is set"
    if rows[0].kind != LOCAL:
        return (
            f"is {rows[0].kind} ({rows[0].source}), which no local policy changes; leave it out, and "
            "measure a stricter standard of your own beside it"
        )
    parts = sorted({row.part for row in rows})
    if part not in parts:
        named = ", ".join(repr(one) for one in parts)
        return f"has no part {part!r}; its parts are {named}"
    return None


def why_not_parameter(policy: Policy, name: str) -> str | None:
    """Why a parameter cannot be overridden; None where it can."""
    known = sorted({row.name for row in policy.parameters})
    return None if name in known else f"is not a parameter{_meant(name, known)}"


def why_not_value(policy: Policy, name: str, value: int) -> str | None:
    """Why a parameter cannot have a value; None where it can."""
    is_share = any(row.name == name and row.unit == "percent" for row in policy.parameters)
    return f"is so much of a hundred: from 1 to 100, not {value}" if is_share and value > 100 else None


def _meant(given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _of_timescale(row: Timescale) -> tuple[str, str]:
    return (row.id, row.part)


def _of_parameter(row: Parameter) -> tuple[str, str]:
    return (row.name, "")


def _overlaid(
    rows: Iterable[Row],
    key_of: Callable[[Row], tuple[str, str]],
    overrides: Sequence[Override],
    own: Callable[[Row, Override], Row],
) -> list[Row]:
    by_key: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_key.setdefault(key_of(row), []).append(row)
    laid: list[Row] = []
    for key, of_key in by_key.items():
        over = [one for one in overrides if (one.name, one.part) == key]
        laid += _laid(of_key, over, own) if over else of_key
    return laid


def _laid(rows: list[Row], over: Sequence[Override], own: Callable[[Row, Override], Row]) -> list[Row]:
    """Rows with overrides laid over them, cut where one begins or ends; the first stands for all days before
    it.
    """
    first = min(row.in_force_from for row in rows)
    cuts: set[date] = {row.in_force_from for row in rows} | {
        row.in_force_to for row in rows if row.in_force_to
    }
    cuts |= {one.since for one in over} | {one.until for one in over if one.until}
    if min(cuts) < first:
        cuts.add(EARLIEST)
    days: list[date] = sorted(cuts)
    untils: list[date | None] = [*days[1:], None]
    laid: list[Row] = []
    for since, until in zip(days, untils, strict=True):
        default = next((row for row in rows if row.is_in_force_on(since)), rows[0] if since < first else None)
        current = [one for one in over if one.is_in_force_on(since)]
        if current:
            row = own(default or rows[0], max(current, key=lambda one: one.since))
        elif default is not None:
            row = default
        else:
            continue
        laid.append(replace(row, in_force_from=since, in_force_to=until))
    return laid


def _own(row: Timescale, override: Override) -> Timescale:
    assert override.unit is not None
    return replace(
        row,
        limit=Limit(override.value, override.unit),  # type: ignore[arg-type]
        source=override.source,
        paragraph="",
        edition=override.edition,
        confidence="as the operator's file says",
    )


def _own_value(row: Parameter, override: Override) -> Parameter:
    return replace(row, value=override.value, source=override.source, edition=override.edition)


def day_after(day: date) -> date:
    """The first day on which a row that was in force up to and on ``day`` no longer is."""
    return day + timedelta(days=1)
