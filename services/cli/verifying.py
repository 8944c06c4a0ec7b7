"""The command that verifies: the log from end to end, and the rows of the projections with it."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.ending import FAULTY
from services.cli.opening import composed, settings
from services.cli.options import Data, Log, Output, Today, Views
from services.cli.progress import bar
from services.output import Form, show

if TYPE_CHECKING:
    from services.compose import Parts
    from services.config import Config


def verify(
    projections: Annotated[
        bool, typer.Option("--projections", help="Also build all projections aside, and compare.")
    ] = False,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Walk the whole log, and say what in it is not as it must be. Ends with 3 if anything is."""
    from infra.runs import VERIFICATION, Run
    from services.verify import verify as walk

    config = settings(data, log, views, today)
    with composed(config) as parts:
        with bar("Verifying", "events") as move:
            faults: list[dict[str, Any]] = [
                {"partition": fault.partition, "offset": fault.offset, "fault": fault.what}
                for fault in walk(parts.log, parts.codec, move)
            ]
        compared = _compared(parts, config) if projections else []
        faults += [
            {"projection": one["projection"], "fault": one["fault"]} for one in compared if one["fault"]
        ]
        events = sum(parts.log.heads())
        parts.runs.add(VERIFICATION, Run("log", parts.now(), {"events": events, "faults": len(faults)}))
    whole: dict[str, Any] = {"events": events, "verified": not faults, "faults": faults}
    if projections:
        whole["projections"] = compared
    show(
        output,
        whole,
        faults,
        {"partition": "partition", "offset": "offset", "projection": "projection", "fault": "fault"},
        f"{len(faults)} faults in {events} events" if faults else f"{events} events, all as they must be",
    )
    if faults:
        sys.exit(FAULTY)


def _compared(parts: "Parts", config: "Config") -> list[dict[str, Any]]:
    """Each projection with the digest of the rows that serve, of those built aside, and what is wrong."""
    from projections.catalogue import PROJECTIONS
    from services.cli.rebuilding import aside

    found = []
    for one in aside(parts, config, [projection.name for projection in PROJECTIONS]):
        fault = None
        if one.served is None:
            fault = f"its rows were made by version {one.version} of the code, which is not this one"
        elif not one.is_equal:
            fault = (
                f"{one.served.rows} rows of digest {one.served.value} serve, and the log gives "
                f"{one.built.rows} of {one.built.value}"
            )
        found.append(
            {
                "projection": one.projection,
                "rows": one.built.rows,
                "digest": one.built.value,
                "served": None if one.served is None else one.served.value,
                "fault": fault,
            }
        )
    return found
