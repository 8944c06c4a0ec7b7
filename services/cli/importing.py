"""The command that imports files."""

import sys
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.ending import ERROR, SET_ASIDE
from services.cli.opening import composed, read_day_option, settings
from services.cli.options import Data, Log, Output, Today, Views
from services.cli.progress import bar
from services.output import Form, show, tell

if TYPE_CHECKING:
    from services.compose import Parts
    from services.import_census import Progress, Tally

LISTED = 20
"""Of what was set aside, how many are listed with the tally; ``--output json`` lists more."""


class Format(StrEnum):
    """The formats of files that can be imported."""

    EVENTS = "events"
    CIN_CENSUS = "cin-census"


def import_(
    format: Annotated[Format, typer.Argument(metavar="FORMAT", help="events or cin-census.")],
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Files; - is standard input (events).")
    ],
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="URI", help="Who reports; events may name it themselves."),
    ] = None,
    taken_on: Annotated[
        str | None, typer.Option("--taken-on", metavar="DATE", help="The day a snapshot was taken.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Events typed in long ago: no delay is counted.")
    ] = False,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Import files, and say what came of each part of them. What cannot be read is set aside and listed."""
    if format is Format.CIN_CENSUS and not source:
        raise typer.BadParameter("a census needs --source URI, the case system that it comes from")
    if format is Format.CIN_CENSUS and history:
        raise typer.BadParameter("--history is for events; a first snapshot is history by itself")
    if format is Format.EVENTS and taken_on:
        raise typer.BadParameter("--taken-on is for snapshots; every event has its own day")
    from infra.runs import IMPORT, Run

    taken = None if taken_on is None else read_day_option("--taken-on", taken_on)
    with composed(settings(data, log, views, today)) as parts, bar("Importing", "bytes") as move:

        def progress(step: "Progress") -> None:
            move(step.read_bytes, step.total_bytes)

        if format is Format.EVENTS:
            tally = _import_events(parts, paths, source, history, progress)
        else:
            assert source is not None
            tally = _import_census(parts, paths, source, taken, progress)
        counted = {"files": tally.files, "set_aside": tally.set_aside_count + len(tally.unreadable)}
        counted |= {"recorded": tally.recorded, "duplicate": tally.duplicates}
        counted |= {"conflict": tally.conflicts, "refused": tally.refused}
        parts.runs.add(IMPORT, Run(format.value, parts.now(), counted))
    _show_tally(tally, output)
    if tally.unreadable:
        sys.exit(ERROR)
    if tally.set_aside_count:
        sys.exit(SET_ASIDE)


def _import_events(
    parts: "Parts",
    paths: Sequence[Path],
    source: str | None,
    history: bool,
    progress: "Callable[[Progress], None]",
) -> "Tally":
    from services.import_events import import_events
    from services.reporting import Reporting

    return import_events(
        paths,
        source,
        historic=history,
        report=Reporting(parts.recording, parts.now),
        now=parts.now,
        progress=progress,
    )


def _import_census(
    parts: "Parts",
    paths: Sequence[Path],
    source: str,
    taken_on: date | None,
    progress: "Callable[[Progress], None]",
) -> "Tally":
    from domain.moment import london_day
    from services.compose import DIGESTS
    from services.import_census import import_census
    from services.reporting import Reporting

    try:
        return import_census(
            paths,
            source,
            taken_on=taken_on,
            record=Reporting(parts.recording, parts.now),
            snapshots=parts.snapshots,
            key=parts.keys.key_for(DIGESTS),
            today=london_day(parts.now()),
            progress=progress,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _show_tally(tally: "Tally", output: Form) -> None:
    aside = [
        {"file": str(one.path), "line": one.line, "place": one.place, "reason": one.reason}
        for one in (*tally.unreadable, *tally.set_aside)
    ]
    whole = {
        "files": tally.files,
        "recorded": tally.recorded,
        "duplicates": tally.duplicates,
        "set_aside": tally.set_aside_count,
        "unreadable": len(tally.unreadable),
        "problems": aside,
    }
    if output is not Form.TABLE:
        columns = {"file": "file", "line": "line", "place": "place", "reason": "reason"}
        show(output, whole, aside, columns, "")
    for problem in aside[:LISTED]:
        where = (problem["file"], problem["line"], problem["place"])
        tell(f"{':'.join(str(part) for part in where if part)}: {problem['reason']}")
    listed = len(aside[:LISTED])
    if tally.set_aside_count + len(tally.unreadable) > listed:
        tell(f"and {tally.set_aside_count + len(tally.unreadable) - listed} more; --output json lists them")
    unread = f"; {len(tally.unreadable)} of the files could not be read" if tally.unreadable else ""
    recorded = f"{tally.recorded} facts recorded, {tally.duplicates} known already"
    tell(f"{recorded}, {tally.set_aside_count} set aside{unread}.")
