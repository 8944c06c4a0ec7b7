"""Commands about timescales: what is in force, and what is wrong with a file of local policy."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.ending import DONE, ERROR, USAGE, end
from services.cli.opening import read_day_option, settings
from services.cli.options import AsAt, Output
from services.output import Form, show, tell

timescales = typer.Typer(
    help="The limits that clocks run under, and the operator's own.", invoke_without_command=True
)

COLUMNS = {
    "timescale": "id",
    "part": "part",
    "limit": "limit.value",
    "unit": "limit.unit",
    "kind": "kind",
    "source": "source",
    "paragraph": "paragraph",
    "edition": "edition",
    "in force from": "in_force_from",
    "how sure": "confidence",
}


@timescales.callback()
def catalogue(context: typer.Context, as_at: AsAt = None, output: Output = Form.TABLE) -> None:
    """Every timescale in the row in force on a day, with its source and how sure we are of it."""
    if context.invoked_subcommand is not None:
        return
    from services.compose import current_day
    from services.timescales import parameters_json, timescales_json

    config = settings()
    day = read_day_option("--as-at", as_at) if as_at else config.today or current_day()
    items = timescales_json(config.policy, day)
    whole = {
        "as_at": day.isoformat(),
        "timescales": items,
        "parameters": parameters_json(config.policy, day),
    }
    show(output, whole, items, COLUMNS, f"Timescales in force on {day.isoformat()}")


@timescales.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of local policy, in TOML.")],
) -> None:
    """Say everything that is wrong with a file of local policy, with the line and what to do.

    Ends with 0 where nothing is, 1 where something is, and 2 where there is no such file.
    """
    from domain.overriding import overridden_in
    from domain.policy import AS_REVIEWED
    from infra.policy_file import BadPolicy, load

    try:
        policy = load(file)
    except BadPolicy as error:
        for mistake in error.mistakes:
            stop = "" if mistake.detail.endswith("?") else "."
            tell(f"{file}:{mistake.line}: {mistake.field} {mistake.detail}{stop}")
        count = len(error.mistakes)
        end(ERROR, f"{count} mistake{'' if count == 1 else 's'} in {file}")
    except OSError as error:
        end(USAGE, f"{file} cannot be read: {error.strerror}")
    own = ", ".join(overridden_in(policy, AS_REVIEWED))
    tell(f"{file} is good: {f'it sets {own}' if own else 'it changes nothing'}.")
    raise typer.Exit(DONE)
