"""The command that builds the views afresh."""

from typing import Annotated

import typer

from services.cli.opening import composed, settings
from services.cli.options import Data, Log, Today, Views
from services.cli.progress import bar
from services.output import tell


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
    with composed(settings(data, log, views, today)) as parts, bar("Folding", "children") as move:
        parts.projector.rebuild(parts.now, lambda step: move(step.children, step.all_children))
        events = sum(at.number for at in parts.views.positions()[0].partitions.values())
    tell(f"The views are built of {events} events.")
