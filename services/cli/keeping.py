"""Commands that look after what is kept: export and doctor."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.ending import ERROR, NOT_FOUND, end
from services.cli.opening import composed, settings
from services.cli.options import Data, Log, Output, Today, Views
from services.output import Form, show, write


def export(
    child: Annotated[str | None, typer.Option("--child", help="Only the facts of this child.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write here.")] = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
) -> None:
    """Print the facts of the log as events, one a line, to be imported again. It is personal data."""
    from services.export import exported

    with composed(settings(data, log, views)) as parts:
        if child is not None and parts.log.head(child) is None:
            end(
                NOT_FOUND,
                f"nothing is recorded of {child}; check how the reference is written, capitals count",
            )
        lines = exported(parts.log, parts.codec, child)
        if out is None:
            write(lines)
        else:
            with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.writelines(lines)


def doctor(
    output: Output = Form.TABLE, data: Data = None, log: Log = None, views: Views = None, today: Today = None
) -> None:
    """Check that everything the service needs is there and in order."""
    from services.doctor import examine

    with composed(settings(data, log, views, today)) as parts:
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
