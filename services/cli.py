"""The command line. What takes long to import is imported by the command that needs it."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from services.output import Form, show, tell, write

if TYPE_CHECKING:
    from services.asked import Asked
    from services.compose import Parts
    from services.config import Config
    from services.histories import History
    from services.import_census import Progress, Tally

DONE, ERROR, USAGE, FAULTY, NOT_FOUND, UNREACHABLE, SET_ASIDE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130

DEMONSTRATION_CHILDREN = 600
DEMONSTRATION_SEED = 1
LISTED = 20
"""Of what was set aside, how many are listed with the tally; ``--output json`` lists more."""

cli = typer.Typer(
    name="casetimeline",
    help="How long a child's need has really been running, and what the case record shows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Data = Annotated[
    str | None, typer.Option("--data", metavar="FOLDER", help="Where everything embedded is kept.")
]
Log = Annotated[str | None, typer.Option("--log", metavar="URL", help="The log: sqlite:///FILE.")]
Views = Annotated[str | None, typer.Option("--views", metavar="URL", help="The views: sqlite:///FILE.")]
Today = Annotated[str | None, typer.Option("--today", metavar="DATE", help="A day that stands for today.")]
Http = Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="Where to listen.")]
AsAt = Annotated[
    str | None, typer.Option("--as-at", metavar="DATE", help="The day asked about; default today.")
]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", metavar="WHEN", help="Leave out what was learnt after this.")
]
BasisOption = Annotated[
    str | None, typer.Option("--basis", metavar="recorded|entered", help="When a fact counts as learnt.")
]
Output = Annotated[Form, typer.Option("--output", help="How to print.")]
Child = Annotated[str, typer.Argument(metavar="CHILD", help="The child's reference.")]


class Format(StrEnum):
    """The formats of files that can be imported."""

    EVENTS = "events"
    CIN_CENSUS = "cin-census"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and end with its exit code; no failure shows a trace."""
    try:
        cli(args=arguments)
        sys.exit(DONE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        _end(_code(error), _said(error))


def _code(error: Exception) -> int:
    names = {cls.__name__ for cls in type(error).__mro__}
    return UNREACHABLE if names & _UNREACHABLE else ERROR


_UNREACHABLE = frozenset({"PersistenceError", "KeysUnavailable", "ViewsUnavailable", "DBAPIError"})


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    named = type(error).__name__
    return f"{named}: {error}" if str(error) else named


def _end(code: int, message: str) -> NoReturn:
    tell(f"casetimeline: {message}")
    sys.exit(code)


def _settings(
    data: str | None = None,
    log: str | None = None,
    views: str | None = None,
    today: str | None = None,
    http: str | None = None,
) -> "Config":
    """The configuration, options before the environment; a wrong one ends the command."""
    from services.config import BadSettings, from_environment

    options = {
        "CASETIMELINE_DATA": data,
        "CASETIMELINE_LOG": log,
        "CASETIMELINE_VIEWS": views,
        "CASETIMELINE_TODAY": today,
        "CASETIMELINE_HTTP": http,
    }
    try:
        return from_environment(options)
    except BadSettings as error:
        _end(USAGE, str(error))


@contextmanager
def _composed(config: "Config") -> "Iterator[Parts]":
    from infra.master_key import UnusableKey
    from services.compose import composed

    try:
        with composed(config) as parts:
            yield parts
    except UnusableKey as error:
        _end(ERROR, str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _end(UNREACHABLE, f"{error.strerror}: {error.filename}")


def _asked(parts: "Parts", as_at: str | None, known_at: str | None, basis: str | None) -> "Asked":
    from domain.field import Invalid
    from services.asked import ask

    try:
        return ask(as_at, known_at, basis, parts.today(), parts.calendar)
    except Invalid as error:
        wrong = "; ".join(f"--{p.pointer.replace('_', '-')} {p.detail}" for p in error.problems)
        raise typer.BadParameter(wrong) from None


def _history(parts: "Parts", child: str) -> "History":
    from services.project import is_child

    history = parts.histories.of(child) if is_child(child) else None
    if history is None:
        _end(NOT_FOUND, f"nothing is recorded of {child}; check how the reference is written, capitals count")
    return history


@cli.command()
def serve(
    http: Http = None, data: Data = None, log: Log = None, views: Views = None, today: Today = None
) -> None:
    """Answer over HTTP, and keep the views up with the log. SIGTERM or Ctrl-C ends it safely."""
    _serve(_settings(data, log, views, today, http), lambda parts: None)


@cli.command()
def run(
    http: Http = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
    children: Annotated[
        int, typer.Option(min=0, help="How many invented children an empty log is filled with.")
    ] = DEMONSTRATION_CHILDREN,
) -> None:
    """Serve, with an invented authority where nothing is recorded yet."""
    from dataclasses import replace

    from services.demonstration import LAST_DAY, fill, is_invented

    config = _settings(data, log, views, today, http)
    with _composed(config) as parts:
        if not parts.log.max_notification_id():
            tell(f"Filling {config.data} with an invented authority of {children} children.")
            with _bar("Inventing", "children") as move:
                fill(parts, children, DEMONSTRATION_SEED, move)
        invented = is_invented(parts)
    if invented and config.today is None:
        config = replace(config, today=LAST_DAY)
    if config.today is not None:
        tell(f"Today is taken to be {config.today.isoformat()} in every answer.")
    with _composed(config) as parts:
        _catch_up(parts)
    _serve(config, lambda where: _where_to_look(where, invented))


def _where_to_look(where: str, invented: bool) -> None:
    tell(f"  {where}/overview               who is late, and what hides it")
    if invented:
        tell(f"  {where}/children/C1001/page    one child's timeline")
    tell(f"  {where}/docs                   everything that can be asked")
    tell("  Ctrl-C stops it.")


def _serve(config: "Config", ready: "Callable[[str], None]") -> None:
    import gc
    import signal

    from services.api.app import application
    from services.config import settings_of
    from services.page_reads import PageReads
    from services.serve import Beside, PortTaken, address, listen, serve
    from services.web.pages import pages

    # What stops the server is told again when it has stopped, to whoever listened before.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    try:
        listening = listen(config.http_host, config.http_port)
    except PortTaken as error:
        _end(ERROR, str(error))
    with listening, _composed(config) as parts:
        reads = PageReads(parts.log, parts.histories, parts.views, parts.calendar, parts.today)
        routes = pages(reads, calendar=parts.calendar, today=parts.today, standing_today=parts.standing_today)
        app = application(
            parts,
            routes,
            max_body_bytes=config.max_body_bytes,
            max_batch_events=config.max_batch_events,
        )
        projector = Beside(["project", "--with-parent"], settings_of(config))

        def tell_ready() -> None:
            projector.start()
            tell(f"casetimeline is ready on {address(listening)}")
            ready(address(listening))

        # What was made until now lives as long as the process, and what a request makes goes with it: looking
        # for cycles among them took a third of the time of a batch.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        try:
            serve(app, listening, tell_ready)
        finally:
            projector.stop()


@cli.command()
def project(
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
    once: Annotated[bool, typer.Option("--once", help="Stop once the views are up with the log.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Keep the views up with the log."""
    if with_parent:
        from services.with_parent import end_with_parent

        # Before anything that takes long is imported: a service killed often would leave a crowd behind.
        end_with_parent()
    import threading

    from services.serve import until_told

    stop = threading.Event()
    until_told(stop)
    with _composed(_settings(data, log, views, today)) as parts:
        if once:
            _catch_up(parts)
        else:
            parts.projector.run(stop)


@cli.command("import")
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
    taken = None if taken_on is None else _day("--taken-on", taken_on)
    with _composed(_settings(data, log, views, today)) as parts, _bar("Importing", "bytes") as move:

        def progress(step: "Progress") -> None:
            move(step.read_bytes, step.total_bytes)

        if format is Format.EVENTS:
            tally = _import_events(parts, paths, source, history, progress)
        else:
            assert source is not None
            tally = _import_census(parts, paths, source, taken, progress)
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


TIMELINE_COLUMNS = {
    "occurred on": "occurred_on",
    "type": "type",
    "recorded at": "recorded_at",
    "entered at": "entered_at",
    "delay, working days": "recording_delay_working_days",
    "source": "source",
    "id": "id",
    "facts": "effective",
    "discrepancies": "discrepancies",
}
CLOCK_COLUMNS = {
    "clock": "id",
    "status": "status",
    "started": "started_on",
    "due": "due_on",
    "stopped": "stopped_on",
    "true working days": "elapsed.working_days",
    "shown working days": "recorded.working_days",
    "hidden working days": "hidden.working_days",
    "over by working days": "over_by.working_days",
    "flags": "flags",
}


@cli.command()
def timeline(
    child: Child,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """All that happened to a child, and when it was learnt."""
    from services.timeline import timeline_reply

    with _composed(_settings(data, log, views, today)) as parts:
        asked = _asked(parts, as_at, known_at, basis)
        reply = timeline_reply(parts.histories.case(_history(parts, child), asked.question), asked)
    show(output, reply, reply["entries"], TIMELINE_COLUMNS, f"{child} as at {reply['as_at']}")


@cli.command()
def clocks(
    child: Child,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """How long each need of a child has run, and what the record shows."""
    from services.clocks import clocks_reply

    with _composed(_settings(data, log, views, today)) as parts:
        asked = _asked(parts, as_at, known_at, basis)
        reply = clocks_reply(parts.histories.case(_history(parts, child), asked.question), asked)
    show(output, reply, reply["clocks"], CLOCK_COLUMNS, f"{child} as at {reply['as_at']}")


@cli.command()
def late(
    timescale: Annotated[
        str | None, typer.Option("--timescale", help="Only clocks of this timescale.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many to list at most.")] = 100,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Whose clocks are past their limit, longest over first."""
    from domain.question import Question
    from domain.timescale import CATALOGUE
    from services.clock_list import Wanted, from_rows, from_views
    from services.page_reads import LATE_STATUSES
    from services.past_rows import rows_as_at

    known = sorted({row.id for row in CATALOGUE})
    if timescale is not None and timescale not in known:
        raise typer.BadParameter(f"--timescale must be one of {', '.join(known)}")
    wanted = Wanted(timescale=timescale, statuses=LATE_STATUSES, over=True, limit=limit)
    with _composed(_settings(data, log, views, today)) as parts:
        asked = _asked(parts, as_at, known_at, basis)
        day = asked.question.as_at
        if asked.question == Question(parts.today()):
            _catch_up(parts)
            page = from_views(parts.views, wanted, day)
        else:
            rows = rows_as_at(parts.log, parts.histories, asked.question)
            page = from_rows(rows, wanted, day, parts.calendar)
        items = page.to_json(parts.calendar)
    reply = {**asked.echo(), "clocks": items, "next": page.next}
    columns = {"child": "child", **CLOCK_COLUMNS, "team": "team_id", "worker": "worker_id"}
    show(output, reply, items, columns, f"Past their limit as at {day.isoformat()}")
    if page.next is not None:
        tell(f"There are more than {limit}; ask for more with --limit.")


@cli.command()
def simulate(
    children: Annotated[int, typer.Option(min=0, help="How many children.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same authority.")] = 1,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day.")] = None,
    practice_from: Annotated[
        str | None, typer.Option("--practice-from", metavar="DATE", help="When needs begin to be hidden.")
    ] = None,
    richness: Annotated[float, typer.Option(help="How many times as many visits as usual.")] = 1.0,
    showcase: Annotated[
        bool, typer.Option("--showcase", help="Begin with the worked example, C1001.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write here.")] = None,
) -> None:
    """Print an invented authority as events, one a line."""
    from services.simulate.simulation import FROM_DATE, PRACTICE_FROM, TO_DATE
    from services.simulate.simulation import simulate as invent

    days = [
        default if text is None else _day(name, text)
        for name, text, default in (
            ("--from", from_, FROM_DATE),
            ("--to", to, TO_DATE),
            ("--practice-from", practice_from, PRACTICE_FROM),
        )
    ]
    try:
        lines = invent(children, seed, *days, showcase=showcase, richness=richness)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if out is None:
        write(lines)
    else:
        with out.open("wb") as file:
            file.writelines(lines)


@cli.command()
def rebuild(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="Projections; all by default.")
    ] = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Build the views afresh from the log. One fold makes the rows of all projections."""
    from projections.catalogue import PROJECTIONS

    known = [projection.name for projection in PROJECTIONS]
    if unknown := [name for name in names or () if name not in known]:
        raise typer.BadParameter(f"there is no projection {', '.join(unknown)}; there are {', '.join(known)}")
    with _composed(_settings(data, log, views, today)) as parts, _bar("Folding", "children") as move:
        parts.projector.rebuild(parts.now, lambda step: move(step.children, step.all_children))
        events = parts.views.position()
    tell(f"The views are built of {events} events.")


@cli.command()
def verify(output: Output = Form.TABLE, data: Data = None, log: Log = None, views: Views = None) -> None:
    """Walk the whole log, and say what in it is not as it must be. Ends with 3 if anything is."""
    from services.verify import verify as walk

    with _composed(_settings(data, log, views)) as parts, _bar("Verifying", "events") as move:
        faults = [
            {"offset": fault.offset, "fault": fault.what} for fault in walk(parts.log, parts.codec, move)
        ]
        events = parts.log.max_notification_id() or 0
    show(
        output,
        {"events": events, "verified": not faults, "faults": faults},
        faults,
        {"offset": "offset", "fault": "fault"},
        f"{len(faults)} faults in {events} events" if faults else f"{events} events, all as they must be",
    )
    if faults:
        sys.exit(FAULTY)


@cli.command()
def export(
    child: Annotated[str | None, typer.Option("--child", help="Only the facts of this child.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write here.")] = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
) -> None:
    """Print the facts of the log as events, one a line, to be imported again. It is personal data."""
    from services.export import exported

    with _composed(_settings(data, log, views)) as parts:
        if child is not None and parts.log.head(child) is None:
            _end(
                NOT_FOUND,
                f"nothing is recorded of {child}; check how the reference is written, capitals count",
            )
        lines = exported(parts.log, parts.codec, child)
        if out is None:
            write(lines)
        else:
            with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.writelines(lines)


@cli.command()
def doctor(
    output: Output = Form.TABLE, data: Data = None, log: Log = None, views: Views = None, today: Today = None
) -> None:
    """Check that everything the service needs is there and in order."""
    from services.doctor import examine

    with _composed(_settings(data, log, views, today)) as parts:
        findings = [{"what": one.what, "ok": one.is_well, "said": one.said} for one in examine(parts)]
    columns = {"what": "what", "in order": "ok", "": "said"}
    is_well = all(finding["ok"] for finding in findings)
    show(
        output,
        {"ok": is_well, "findings": findings},
        findings,
        columns,
        "All is in order" if is_well else "Not all is in order",
    )
    if not is_well:
        sys.exit(ERROR)


def _catch_up(parts: "Parts") -> None:
    """Bring the views up with the log, building them afresh where that is quicker."""
    head = parts.log.max_notification_id() or 0
    if parts.views.position() == 0 and head:
        with _bar("Folding", "children") as move:
            parts.projector.rebuild(parts.now, lambda step: move(step.children, step.all_children))
    else:
        parts.projector.catch_up()


def _day(option: str, text: str) -> date:
    from domain.moment import read_day

    try:
        return read_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None


@contextmanager
def _bar(doing: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, and nothing elsewhere; it is moved to so many of so many."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
