"""What commands print: tables for people, JSON and CSV for programs."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


class Form(StrEnum):
    """How a command prints."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def show(
    form: Form,
    whole: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    title: str,
) -> None:
    """Print a reply: whole as JSON, or its items a line each, or as rows.

    ``columns`` maps headings to the dotted path of a value in an item.
    """
    if form is Form.JSON:
        _print(json.dumps(whole, ensure_ascii=False, indent=2))
    elif form is Form.NDJSON:
        for item in items:
            _print(json.dumps(item, ensure_ascii=False, separators=(",", ":")))
    elif form is Form.CSV:
        _print(_csv(items, columns), end="")
    else:
        _table(items, columns, title)


def _csv(items: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for item in items:
        writer.writerow([_cell(value(item, path)) for path in columns.values()])
    return text.getvalue()


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _table(items: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for heading in columns:
        is_number = heading.endswith(("days", "version"))
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for item in items:
        table.add_row(*(Text(value(item, path)) for path in columns.values()))
    console.print(table)


def value(item: Mapping[str, Any], path: str) -> str:
    """The value at a dotted path as text: empty where there is none, lists of flags by their codes."""
    found: Any = item
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None:
        return ""
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return ", ".join(_named(one) for one in found)
    if isinstance(found, Mapping):
        return json.dumps(found, ensure_ascii=False)
    return str(found)


def _named(one: Any) -> str:
    """An item of a list: a flag by its code, a fact by its id."""
    return str((one.get("code") or one.get("id") or one) if isinstance(one, Mapping) else one)


def _print(text: str, end: str = "\n") -> None:
    write([(text + end).encode("utf-8", "surrogateescape")])


def write(lines: Iterable[bytes]) -> None:
    """Write to standard output, for as long as somebody reads it."""
    try:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read the output has what they wanted; the interpreter would complain of what is left in it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None


def tell(text: str) -> None:
    """Say something to the person at the terminal, apart from what is printed for programs."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
