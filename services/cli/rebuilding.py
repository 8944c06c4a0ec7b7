"""The command that builds projections afresh."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.ending import ERROR, INTERRUPTED, NOT_FOUND, SET_ASIDE, end
from services.cli.opening import composed, settings
from services.cli.options import Data, Log, Today, Views
from services.cli.progress import bar
from services.output import tell

if TYPE_CHECKING:
    import threading

    from services.compose import Parts
    from services.config import Config
    from services.rebuild import Compared, Progress, Submit

WORTH_PROCESSES = 20_000
"""Events from which on it is worth the time that other processes take to start."""

LISTED = 20


def rebuild(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="Projections; all by default.")
    ] = None,
    child: Annotated[
        str | None, typer.Option("--child", metavar="CHILD", help="Only the rows of this child, at once.")
    ] = None,
    in_spite_of: Annotated[
        list[str] | None,
        typer.Option("--in-spite-of", metavar="NAME", help="Take over though it lacks children."),
    ] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Have the build before serve again.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Drop what was built so far.")] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes that fold; one for each core by default.")
    ] = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Build projections afresh beside those that serve, compare the two, and have the new ones take over.

    Stopped or killed, the same again goes on from there.
    """
    chosen = _known(names or ())
    accepted = _known(in_spite_of) if in_spite_of else ()
    config = settings(data, log, views, today)
    with composed(config) as parts:
        if child is not None:
            _one_child(parts, child)
        elif rollback:
            _roll_back(parts, chosen if names else ())
        elif abandon:
            _abandon(parts, chosen)
        else:
            compared = run(parts, config, chosen, accepted, processes)
            _say(parts, chosen, compared)


def run(
    parts: "Parts",
    config: "Config",
    names: Sequence[str],
    in_spite_of: Sequence[str] = (),
    processes: int | None = None,
) -> "list[Compared]":
    """Build, compare and take over. Ends the command where it is stopped, or where something is set aside."""
    from services.rebuild import SetAsideMeanwhile, Stopped

    try:
        with _folding(parts, config, processes) as (tell_progress, stop, submit):
            return parts.rebuild.run(
                names,
                tell_progress,
                stop,
                in_spite_of=in_spite_of,
                retry=lambda state: parts.set_asides.retry(state=state),
                submit=submit,
            )
    except Stopped:
        end(INTERRUPTED, "stopped; what is built is kept, and the same command goes on from there")
    except SetAsideMeanwhile as error:
        for one in error.found[:LISTED]:
            tell(f"{one.projection}: {one.stream}: {one.failure.error} at {one.failure.place}")
        wanting = ", ".join(sorted({one.projection for one in error.found}))
        end(
            SET_ASIDE,
            f"{len(error.found)} are set aside in what was built, so it does not take over; mend what "
            f"they fail by and run this again, or have it take over without them: --in-spite-of {wanting}",
        )


def aside(parts: "Parts", config: "Config", names: Sequence[str]) -> "list[Compared]":
    """Build projections only to compare them with those that serve."""
    from infra.views.builds import State
    from services.rebuild import Stopped

    try:
        with _folding(parts, config, None) as (tell_progress, stop, submit):
            parts.rebuild.build(names, tell_progress, stop, submit=submit, beside=True)
        return parts.rebuild.compare(names, State.BESIDE)
    except Stopped:
        end(INTERRUPTED, "stopped")
    finally:
        parts.rebuild.abandon(names, State.BESIDE)


@contextmanager
def _folding(
    parts: "Parts", config: "Config", processes: int | None
) -> "Iterator[tuple[Callable[[Progress], None], threading.Event, Submit | None]]":
    """A bar that is told how far a rebuild is, what stops it, and the processes that it has fold."""
    from services.rebuild_elsewhere import processes as elsewhere
    from services.serve import told_to_stop

    if processes is None:
        processes = (os.cpu_count() or 1) if sum(parts.log.heads()) >= WORTH_PROCESSES else 1
    with ExitStack() as stack:
        stop = stack.enter_context(told_to_stop())
        submit = stack.enter_context(elsewhere(config, processes)) if processes > 1 else None
        move = stack.enter_context(bar("Building", "events"))
        yield lambda step: move(step.events, step.all_events), stop, submit


def _say(parts: "Parts", names: Sequence[str], compared: "Sequence[Compared]") -> None:
    for one in compared:
        if one.served is not None and not one.is_equal:
            tell(
                f"{one.projection}: the rows before were not what the log tells: {one.served.rows} of digest "
                f"{one.served.value}, and now {one.built.rows} of {one.built.value}"
            )
    chosen = [one for one in parts.views.positions() if one.projection in names]
    events = max(sum(at.number for at in one.partitions.values()) for one in chosen)
    tell(f"{', '.join(names)}: built of {events} events, and serving.")


def _one_child(parts: "Parts", child: str) -> None:
    if parts.log.head(child) is None:
        end(NOT_FOUND, f"nothing is recorded of {child}; check how the reference is written, capitals count")
    parts.set_asides.retry(child)
    streams = parts.projector.refold([child])
    if parts.set_asides.of(child):
        end(SET_ASIDE, f"{child} is set aside; casetimeline set-aside show {child} says why")
    tell(f"The rows of {child} are made afresh, of {streams} references.")


def _roll_back(parts: "Parts", names: Sequence[str]) -> None:
    if not names:
        raise typer.BadParameter("--rollback needs the name of a projection")
    for name in names:
        build = parts.rebuild.roll_back(name)
        if build is None:
            end(ERROR, f"no build of {name} before this one was kept")
        tell(f"{name}: build {build.number}, of version {build.version}, serves again.")


def _abandon(parts: "Parts", names: Sequence[str]) -> None:
    from infra.views.builds import State

    dropped = parts.rebuild.abandon(names, State.FILLING, State.NEXT, State.BESIDE)
    tell(f"Dropped: {', '.join(f'{one.projection} {one.number}' for one in dropped) or 'nothing'}.")


def _known(names: Sequence[str]) -> tuple[str, ...]:
    """These projections, or all. Ends the command where there is no such."""
    from projections.catalogue import PROJECTIONS

    known = [projection.name for projection in PROJECTIONS]
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"there is no projection {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(name for name in known if name in names or not names)
