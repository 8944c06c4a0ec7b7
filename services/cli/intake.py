"""Commands about what case systems publish to Kafka: taking it in, and listing what was set aside."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.ending import NOT_FOUND, USAGE, end
from services.cli.opening import composed, settings, telling
from services.cli.options import Data, Log, MetricsAt, Output, Views
from services.output import Form, show, tell

if TYPE_CHECKING:
    from infra.kafka_place import KafkaPlace
    from services.config import Config
    from services.intake_reads import IntakeReads

intake = typer.Typer(help="Take in what case systems publish to Kafka, and list what was set aside.")


@intake.callback(invoke_without_command=True)
def take_in(
    context: typer.Context,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    metrics: MetricsAt = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Record what is published, as over HTTP; any number of these share it out. SIGTERM ends it safely."""
    if context.invoked_subcommand is not None:
        return
    if with_parent:
        from services.with_parent import end_with_parent

        end_with_parent()
    import threading

    from services.compose import taking_in
    from services.serve import until_told
    from services.with_parent import end_within

    stop = threading.Event()
    config = settings(data, log, views, metrics=metrics)
    place = _place(config)
    until_told(stop)
    threading.Thread(target=end_within, args=(stop,), daemon=True).start()
    with (
        composed(config) as parts,
        taking_in(config, parts) as taker,
        telling(config, parts, [parts.appends]),
    ):
        tell(f"casetimeline takes in what is published to {place}")
        taker.run(stop)


@intake.command()
def status(output: Output = Form.TABLE) -> None:
    """Say how far the topic has been read, and what became of what was published."""
    found = _reads(settings()).standing()
    columns = {name: name.replace(" ", "_") for name in ("partition", "read to", "end", "lag")}
    columns |= {name: f"tally.{name}" for name in ("recorded", "duplicate", "conflict", "refused", "missing")}
    title = f"{found['lag']} records of {found['topic']} are not read yet"
    show(output, found, found["partitions"], columns, title)


@intake.command("set-aside")
def set_aside(
    after: Annotated[int, typer.Option(min=-1, help="List what comes after this number.")] = -1,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many to list.")] = 100,
    output: Output = Form.TABLE,
) -> None:
    """List what was published and could not be recorded, each with the reason. Nobody is named."""
    found = _reads(settings()).set_aside(after, limit)
    columns = {"number": "number", "at": "at", "partition": "position.partition", "offset": "position.offset"}
    columns |= {"kind": "kind", "reason": "reason"}
    show(output, found, found["set_aside"], columns, f"{len(found['set_aside'])} records set aside")


@intake.command("show")
def show_one(
    number: Annotated[int, typer.Argument(min=0, help="Its number in the list of what was set aside.")],
) -> None:
    """Print the value of a record that was set aside, byte for byte. It may be personal data."""
    found = _reads(settings()).aside_at(number)
    if found is None:
        end(NOT_FOUND, f"nothing was set aside under number {number}; the list has the numbers there are")
    if found.is_cut:
        tell("Only its beginning could be kept.")
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), found.record.value or b"")


def _reads(config: "Config") -> "IntakeReads":
    from services.intake_reads import IntakeReads

    return IntakeReads(_place(config), config.kafka_client)


def _place(config: "Config") -> "KafkaPlace":
    if config.intake is None:
        from services.config import EXAMPLES

        example = f"CASETIMELINE_INTAKE={EXAMPLES['CASETIMELINE_INTAKE']}"
        end(USAGE, f"no topic is set to be taken in; for example {example}")
    return config.intake
