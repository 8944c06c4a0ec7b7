"""Commands about the index of a log on Kafka: how it stands, what the topic lost, and the ways back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from services.cli.ending import FAULTY, USAGE, end
from services.cli.opening import composed, settings
from services.cli.options import Data, Log, Output
from services.output import Form, show, tell

if TYPE_CHECKING:
    from infra.log.kafka_log import KafkaLog
    from infra.log.kafka_mending import Lost

index = typer.Typer(help="Look after the index of a log on Kafka.")
COLUMNS = {"partition": "partition", "offset": "offset", "commit": "commit", "events": "events"}


@index.command("show")
def show_index(output: Output = Form.TABLE, data: Data = None, log: Log = None) -> None:
    """Tell how far the index is, and the digest of all that it holds."""
    from infra.log.index_digest import content_digest

    with _on_kafka(data, log) as found:
        heads = found.heads()
        partitions = [
            {
                "partition": position.partition,
                "events": heads[position.partition],
                "next_offset": position.next_offset,
                "behind": found.behind.get(position.partition, 0),
            }
            for position in found.index.positions()
        ]
        digest = content_digest(found.index)
    columns = {name: name for name in ("partition", "events", "next_offset", "behind")}
    show(output, {"digest": digest, "partitions": partitions}, partitions, columns, f"digest {digest}")


@index.command("lost")
def lost(output: Output = Form.TABLE, data: Data = None, log: Log = None) -> None:
    """List the commits that were acknowledged and are not in the topic any more. Ends with 3 if any are."""
    with _on_kafka(data, log) as found:
        rows = _rows(found.mending.lost())
    said = f"{len(rows)} commits were lost" if rows else "The topic holds all that the index has of it"
    show(output, {"lost": rows}, rows, COLUMNS, said)
    if rows:
        sys.exit(FAULTY)


@index.command("mend")
def mend(output: Output = Form.TABLE, data: Data = None, log: Log = None) -> None:
    """Write again what the topic lost, and read on from there. It may be interrupted, and done again."""
    with _on_kafka(data, log) as found:
        rows = _rows(found.mending.mend())
        found.heads()
        damaged = [str(error) for error in found.damaged]
    said = f"{len(rows)} commits were written again" if rows else "There is nothing to mend"
    show(output, {"written_again": rows}, rows, COLUMNS, said)
    if damaged:
        end(FAULTY, damaged[0])


@index.command("rebuild")
def rebuild(data: Data = None, log: Log = None) -> None:
    """Make the index again from the topic."""
    from infra.log.index_digest import content_digest

    with _on_kafka(data, log) as found:
        if found.mending.lost():
            end(FAULTY, "the topic lost commits that only the index has: casetimeline index mend first")
        found.mending.read_again()
        events = sum(found.heads())
        digest = content_digest(found.index)
    tell(f"The index is made of {events} events again; its digest is {digest}.")


@contextmanager
def _on_kafka(data: str | None, log: str | None) -> "Iterator[KafkaLog]":
    from infra.kafka_place import KafkaPlace

    config = settings(data, log)
    if not isinstance(config.log, KafkaPlace):
        end(USAGE, "the log is a SQLite file, which has no index; --log names one on Kafka")
    from infra.log.kafka_log import KafkaLog

    with composed(config) as parts:
        assert isinstance(parts.log, KafkaLog)
        yield parts.log


def _rows(lost: "list[Lost]") -> list[dict[str, object]]:
    return [
        {
            "partition": one.partition,
            "offset": one.offset,
            "commit": one.commit.id.hex(),
            "events": len(one.commit.events),
        }
        for one in lost
    ]
