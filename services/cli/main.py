"""The command line. What takes long to import is imported by the command that needs it."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from services.cli.asking import clocks, late, timeline
from services.cli.ending import DONE, INTERRUPTED, code_of, end, said_of
from services.cli.importing import import_
from services.cli.index import index
from services.cli.intake import intake
from services.cli.inventing import simulate
from services.cli.keeping import doctor, export
from services.cli.measuring import caseloads, measures, restatement
from services.cli.putting_right import set_aside
from services.cli.rebuilding import rebuild
from services.cli.serving import project, run, serve
from services.cli.timescales import timescales
from services.cli.verifying import verify
from services.cli.watching import metrics

cli = typer.Typer(
    name="casetimeline",
    help="How long a child's need has really been running, and what the case record shows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (
    serve, run, project, timeline, clocks, late, measures, caseloads, restatement, simulate, rebuild,
    verify, export, doctor,
):  # fmt: skip
    cli.command()(command)
cli.command("import")(import_)
cli.add_typer(index, name="index")
cli.add_typer(intake, name="intake")
cli.add_typer(set_aside, name="set-aside")
cli.add_typer(timescales, name="timescales")
cli.add_typer(metrics, name="metrics")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and end with its exit code; no failure shows a trace."""
    try:
        cli(args=arguments)
        sys.exit(DONE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        end(code_of(error), said_of(error))
