"""The operator's file of local policy: TOML, read whole, every mistake told with its line."""

import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from domain.moment import EARLIEST
from domain.overriding import (
    MOST,
    UNITS,
    Override,
    day_after,
    overridden,
    why_not_parameter,
    why_not_timescale,
    why_not_value,
)
from domain.policy import AS_REVIEWED, Policy

_TABLES = {
    "timescale": ("id", "part", "limit", "unit", "from", "to", "source", "edition"),
    "parameter": ("name", "value", "from", "to", "source", "edition"),
}
_SYNTAX = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"^\s*\[\[\s*\"?(?P<name>[^\]\"]+?)\"?\s*\]\]")
_KEY = re.compile(r"^\s*\"?(?P<key>[A-Za-z0-9_-]+)\"?\s*=")
_SOURCE, _EDITION = "local policy of this authority", "as the operator's file says"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong with the file: on which line, in which field, and what to do about it."""

    line: int
    field: str
    detail: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field} {self.detail}"


class BadPolicy(ValueError):
    """A file of local policy has mistakes."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def load(path: Path) -> Policy:
    """The catalogue with what a file overrides. Raises BadPolicy, naming every mistake, or OSError."""
    return read(path.read_bytes())


def read(raw: bytes) -> Policy:
    """The catalogue with what the text of a file overrides. Raises BadPolicy, naming every mistake."""
    try:
        # Editors on Windows begin a file with a mark, which is no part of the text.
        text = raw.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadPolicy([Mistake(line, "the file", "is not UTF-8; save it as UTF-8")]) from None
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy([_syntax(str(error), text)]) from None
    reading = _Reading(_Lines(text))
    for name, value in told.items():
        reading.table(name, value)
    if reading.mistakes:
        raise BadPolicy(sorted(reading.mistakes))
    return overridden(AS_REVIEWED, reading.timescales, reading.parameters)


def _syntax(said: str, text: str) -> Mistake:
    found = _SYNTAX.match(said)
    line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
    what = (found["what"] if found else said).lower()
    return Mistake(line, "the file", f"is not TOML here: {what}")


class _Lines:
    """Where in the text each table, and each key in it, stands."""

    def __init__(self, text: str) -> None:
        self._tables: dict[str, list[dict[str, int]]] = {}
        self._top: dict[str, int] = {}
        keys = self._top
        for number, line in enumerate(text.splitlines(), 1):
            header = _HEADER.match(line)
            if header is not None:
                keys = {"": number}
                self._tables.setdefault(header["name"], []).append(keys)
            elif line.lstrip().startswith("["):
                keys = {}
                self._top.setdefault(line.strip().strip("[]").strip(), number)
            elif (key := _KEY.match(line)) is not None:
                keys.setdefault(key["key"], number)

    def of(self, table: str, index: int, key: str = "") -> int:
        """The line of a key of the n-th table of a name, else of the table."""
        tables = self._tables.get(table, [])
        if index >= len(tables):
            return self._top.get(table, 1)
        return tables[index].get(key, tables[index][""])

    def of_top(self, key: str) -> int:
        return self._top.get(key) or self.of(key, 0)


class _Reading:
    def __init__(self, lines: _Lines) -> None:
        self.mistakes: list[Mistake] = []
        self.timescales: list[Override] = []
        self.parameters: list[Override] = []
        self._lines = lines
        self._first: dict[tuple[str, str, str, date], int] = {}

    def table(self, name: str, value: Any) -> None:
        if name not in _TABLES:
            known = " and ".join(f"[[{one}]]" for one in _TABLES)
            detail = f"is not known here; the file holds tables {known}"
            self.mistakes.append(Mistake(self._lines.of_top(name), name, detail))
        elif not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            detail = f"must be written as [[{name}]], once for each row"
            self.mistakes.append(Mistake(self._lines.of_top(name), name, detail))
        else:
            for index, one in enumerate(value):
                self._row(name, index, one)

    def _row(self, table: str, index: int, told: Mapping[str, Any]) -> None:
        before = len(self.mistakes)

        def wrong(field: str, detail: str) -> None:
            self.mistakes.append(Mistake(self._lines.of(table, index, field), field, detail))

        for key in told:
            if key not in _TABLES[table]:
                wrong(key, f"is not a field of [[{table}]]; its fields are {', '.join(_TABLES[table])}")
        is_timescale = table == "timescale"
        name_field, value_field = ("id", "limit") if is_timescale else ("name", "value")
        name = _text(told, name_field, wrong, is_required=True)
        part = _text(told, "part", wrong) or ""
        value = _number(told, value_field, wrong)
        unit = _unit(told, wrong) if is_timescale else None
        since = _day(told, "from", wrong, is_required=True)
        last = _day(told, "to", wrong)
        if name is not None:
            why = (
                why_not_timescale(AS_REVIEWED, name, part)
                if is_timescale
                else why_not_parameter(AS_REVIEWED, name)
            )
            if why is not None:
                wrong("part" if why.startswith("has no part") and "part" in told else name_field, why)
            elif not is_timescale and value is not None:
                why = why_not_value(AS_REVIEWED, name, value)
                if why is not None:
                    wrong(value_field, why)
        if since is not None and last is not None and last < since:
            wrong("to", "is before from; it is the last day in force")
        source = _text(told, "source", wrong) or _SOURCE
        edition = _text(told, "edition", wrong) or _EDITION
        if len(self.mistakes) > before or name is None or value is None or since is None:
            return
        line = self._lines.of(table, index)
        earlier = self._first.setdefault((table, name, part, since), line)
        if earlier != line:
            wrong("from", f"is that of the row on line {earlier} too; leave one of them out")
            return
        override = Override(
            name=name, part=part, value=value, unit=unit, since=since,
            until=None if last is None else day_after(last), source=source, edition=edition,
        )  # fmt: skip
        (self.timescales if is_timescale else self.parameters).append(override)


def _text(told: Mapping[str, Any], field: str, wrong: Any, *, is_required: bool = False) -> str | None:
    value = told.get(field)
    if value is None:
        if is_required:
            wrong(field, f'is missing; write {field} = "…"')
        return None
    if not isinstance(value, str) or (is_required and not value.strip()):
        wrong(field, 'must be text, in "quotes"')
        return None
    return value


def _number(told: Mapping[str, Any], field: str, wrong: Any) -> int | None:
    value = told.get(field)
    if value is None:
        wrong(field, f"is missing; write {field} = 10")
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        wrong(field, f"must be a whole number from 1 to {MOST}, without quotes")
        return None
    return value


def _unit(told: Mapping[str, Any], wrong: Any) -> str | None:
    value = told.get("unit")
    if value is None:
        wrong("unit", 'is missing; write unit = "working_days"')
    elif value not in UNITS:
        wrong("unit", f"must be one of {', '.join(UNITS)}")
    else:
        return str(value)
    return None


def _day(told: Mapping[str, Any], field: str, wrong: Any, *, is_required: bool = False) -> date | None:
    value = told.get(field)
    if value is None:
        if is_required:
            wrong(field, f"is missing; write {field} = 2024-04-01")
        return None
    if not isinstance(value, date) or isinstance(value, datetime):
        wrong(field, f"must be a date without quotes; write {field} = 2024-04-01")
        return None
    if not EARLIEST <= value < date(2200, 1, 1):
        wrong(field, "must be from 1900 to 2199")
        return None
    return value
