"""Commands about what was set aside: set-aside list, show, retry and drop."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from services.cli.ending import NOT_FOUND, SET_ASIDE, end
from services.cli.opening import composed, settings
from services.cli.options import Data, Log, Output, Today, Views
from services.output import Form, show, tell

if TYPE_CHECKING:
    from infra.views.set_aside import SetAside

Subject = Annotated[str, typer.Argument(metavar="CHILD", help="A child's reference, or worker:ID.")]
Projection = Annotated[
    str | None, typer.Option("--projection", metavar="NAME", help="Only in this projection.")
]
COLUMNS = {
    "projection": "projection",
    "subject": "subject",
    "error": "error",
    "place": "place",
    "partition": "position.partition",
    "from event": "position.number",
    "events waiting": "events",
    "since": "since",
    "tries": "tries",
}

set_aside = typer.Typer(
    name="set-aside",
    help="What could not be projected: listed, shown, tried again, let go.",
    no_args_is_help=True,
)


@set_aside.command("list")
def list_(
    dropped: Annotated[bool, typer.Option("--dropped", help="Also what was let go.")] = False,
    projection: Projection = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """List the children whose rows could not be made, and why. Their later facts wait."""
    with composed(settings(data, log, views, today)) as parts:
        rows = parts.set_asides.page(0, None, projection=_known(projection), with_dropped=dropped)
    _show(output, rows)


@set_aside.command("show")
def show_(
    subject: Subject,
    projection: Projection = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Show why a child is set aside, in which projections, and how many of its facts wait."""
    with composed(settings(data, log, views, today)) as parts:
        rows = parts.set_asides.of(subject, _known(projection))
    if not rows:
        _nothing(subject)
    _show(output, rows)


@set_aside.command("retry")
def retry(
    subject: Annotated[
        str | None, typer.Argument(metavar="[CHILD]", help="A child's reference; all by default.")
    ] = None,
    projection: Projection = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Try again with the code of the day. Ends with 6 if anything is still set aside."""
    with composed(settings(data, log, views, today)) as parts:
        tried = parts.set_asides.retry(subject, _known(projection))
    if subject is not None and not tried:
        _nothing(subject)
    still = [one for one in tried if one.failure is not None]
    tell(f"{len(tried) - len(still)} of {len(tried)} are in the views now, {len(still)} are still set aside.")
    if still:
        end(SET_ASIDE, "casetimeline set-aside list says why")


@set_aside.command("drop")
def drop(
    subject: Subject,
    projection: Projection = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Let a child wait for ever: it is no longer listed, nor in the way of a rebuild. Its rows stay as they
    are, and what waits goes on being counted.
    """
    with composed(settings(data, log, views, today)) as parts:
        dropped = parts.set_asides.drop(subject, _known(projection))
    if not dropped:
        _nothing(subject)
    tell(f"{subject} may wait: list --dropped goes on listing it, and retry still takes it in.")


def _known(projection: str | None) -> str | None:
    from projections.catalogue import PROJECTIONS

    names = [one.name for one in PROJECTIONS]
    if projection is not None and projection not in names:
        raise typer.BadParameter(f"there is no projection {projection}; there are {', '.join(names)}")
    return projection


def _nothing(subject: str) -> NoReturn:
    end(NOT_FOUND, f"nothing is set aside under {subject}; casetimeline set-aside list lists what is")


def _show(output: Form, rows: "list[SetAside]") -> None:
    from services.set_aside import set_aside_json

    told = [set_aside_json(row) for row in rows]
    show(output, {"set_aside": told, "next": None}, told, COLUMNS, f"{len(told)} set aside")
