"""Commands for those who watch: the metrics of past days."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from services.cli.opening import asked_of, composed, read_day_option, settings
from services.cli.options import BasisOption, Data, KnownAt, Log, Today, Views
from services.cli.progress import bar
from services.output import tell, write

_STEP = re.compile(r"([1-9]\d{0,3})d", re.ASCII)

metrics = typer.Typer(help="What Prometheus is told.", no_args_is_help=True)


@metrics.callback()
def _metrics() -> None:
    """What Prometheus is told."""


@metrics.command()
def history(
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The last; yesterday if not told.")
    ] = None,
    step: Annotated[str, typer.Option("--step", metavar="DAYS", help="Every so many days, as in 7d.")] = "1d",
    known_at: KnownAt = None,
    basis: BasisOption = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Print the figures about children of every past day as OpenMetrics, for promtool to make blocks of.

    Each is at the end of its day in London. What a process counts of itself has no past, and is left out.
    """
    from services.metrics.history import Range, as_openmetrics, past_figures

    every = _STEP.fullmatch(step)
    if every is None:
        raise typer.BadParameter("--step must be a number of days and a d, as in 1d or 7d")
    first = read_day_option("--from", from_)
    with composed(settings(data, log, views, today)) as parts:
        last = parts.today() - timedelta(days=1) if to is None else read_day_option("--to", to)
        if last < first:
            raise typer.BadParameter(f"--to {last} is before --from {first}; give the earlier day first")
        asked = asked_of(parts, last.isoformat(), known_at, basis)
        with bar("Reading", "children") as move:
            figures = past_figures(parts, Range(first, last, asked.question), move)
        write(line.encode() for line in as_openmetrics(figures, int(every[1])))
    tell(f"The figures of {first} to {last}, every {step}.")
