"""Checks that what the service needs is there and in order, and says what to do where it is not."""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from domain.moment import london_day
from services.compose import Parts

LITTLE_BYTES = 1 << 30
CALENDAR_DAYS = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is in order, and what there is to say."""

    what: str
    is_well: bool
    said: str


def examine(parts: Parts) -> Iterator[Finding]:
    """Every finding. Raises LogUnavailable and ViewsUnavailable where there is nothing to look at."""
    yield _log(parts)
    yield _views(parts)
    yield _keys(parts)
    yield _folder(parts.data)
    yield _room(parts.data)
    yield _calendar(parts)
    yield Finding("SQLite", sqlite3.sqlite_version_info >= (3, 37), sqlite3.sqlite_version)


def _log(parts: Parts) -> Finding:
    events = sum(parts.log.heads())
    if parts.log.damaged:
        return Finding("log", False, " ".join(str(error) for error in parts.log.damaged))
    return Finding("log", True, f"{events} events")


def _views(parts: Parts) -> Finding:
    heads = parts.log.heads()
    positions = parts.views.positions()
    if outdated := [one.projection for one in positions if not one.build.is_of_this_code]:
        named = " ".join(outdated)
        return Finding("views", False, f"made by another version of the code; casetimeline rebuild {named}")
    if aside := parts.set_asides.page(0, None):
        said = f"{len(aside)} set aside; casetimeline set-aside list says which, and why"
        return Finding("views", False, said)
    lag = max(position.lag(heads) for position in positions)
    if lag > 0:
        return Finding("views", True, f"{lag} events behind the log; serve or project brings them up with it")
    return Finding("views", True, "up with the log")


def _keys(parts: Parts) -> Finding:
    found = parts.keys.check()
    said = f"{found.usable} can be used, {found.destroyed} were destroyed"
    if found.broken:
        return Finding(
            "keys", False, f"{said}, {found.broken} cannot be read; bring the store back from its backup"
        )
    return Finding("keys", True, said)


def _folder(data: Path) -> Finding:
    open_to_others = [
        path.name
        for path in (data, data / "master.key", data / "keys.sqlite3")
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_to_others:
        return Finding(
            "permissions", False, f"others can read {', '.join(open_to_others)}; run chmod go-rwx on it"
        )
    return Finding("permissions", True, f"{data} is its owner's alone")


def _room(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    said = f"{free >> 20} MiB are free"
    return Finding("room", free > LITTLE_BYTES, said if free > LITTLE_BYTES else f"{said}; make room")


def _calendar(parts: Parts) -> Finding:
    last = parts.calendar.last_day
    is_well = london_day(parts.now()) + timedelta(days=CALENDAR_DAYS) <= last
    more = "" if is_well else "; update, for later due dates are provisional"
    return Finding("bank holidays", is_well, f"known to {last.isoformat()}{more}")
