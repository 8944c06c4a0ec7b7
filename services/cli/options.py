"""The options that commands share."""

from typing import Annotated

import typer

from services.output import Form

Data = Annotated[
    str | None, typer.Option("--data", metavar="FOLDER", help="Where everything embedded is kept.")
]
Log = Annotated[
    str | None,
    typer.Option("--log", metavar="URL", help="The log: sqlite:///FILE or kafka://HOST:PORT/TOPIC."),
]
Views = Annotated[
    str | None,
    typer.Option(
        "--views", metavar="URL", help="The views: sqlite:///FILE or postgresql+psycopg://HOST/DATABASE."
    ),
]
Today = Annotated[str | None, typer.Option("--today", metavar="DATE", help="A day that stands for today.")]
Http = Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="Where to listen.")]
MetricsAt = Annotated[
    str | None, typer.Option("--metrics", metavar="HOST:PORT", help="Where to tell of this process.")
]
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
