"""The command that invents an authority."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.opening import read_day_option
from services.output import write


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
        default if text is None else read_day_option(name, text)
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
