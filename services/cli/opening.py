"""Opening the service for a command: its settings, its parts, and what is asked of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import typer

from services.cli.ending import ERROR, NOT_FOUND, UNREACHABLE, USAGE, end
from services.output import tell

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from services.asked import Asked
    from services.compose import Parts
    from services.config import Config
    from services.histories import History


def settings(
    data: str | None = None,
    log: str | None = None,
    views: str | None = None,
    today: str | None = None,
    http: str | None = None,
    metrics: str | None = None,
) -> "Config":
    """The configuration, options before the environment; a wrong one ends the command."""
    from services.config import BadSettings, from_environment

    options = {
        "CASETIMELINE_DATA": data,
        "CASETIMELINE_LOG": log,
        "CASETIMELINE_VIEWS": views,
        "CASETIMELINE_TODAY": today,
        "CASETIMELINE_HTTP": http,
        "CASETIMELINE_METRICS": metrics,
    }
    try:
        return from_environment(options)
    except BadSettings as error:
        end(USAGE, str(error))


@contextmanager
def composed(config: "Config") -> "Iterator[Parts]":
    from infra.master_key import UnusableKey
    from services.compose import composed as compose

    try:
        with compose(config) as parts:
            yield parts
    except UnusableKey as error:
        end(ERROR, str(error))
    except OSError as error:
        if error.filename is None:
            raise
        end(UNREACHABLE, f"{error.strerror}: {error.filename}")


@contextmanager
def telling(config: "Config", parts: "Parts", counts: Sequence["Collector"] = ()) -> Iterator[None]:
    """Answer Prometheus for this process meanwhile, if it is to, with what it counts itself."""
    from services.metrics.exposition import Exposition
    from services.metrics.listening import telling as listening
    from services.serve import PortTaken

    try:
        with listening(config.metrics, Exposition(parts, counts, with_practice=False)):
            yield
    except PortTaken as error:
        end(ERROR, str(error))


def asked_of(parts: "Parts", as_at: str | None, known_at: str | None, basis: str | None) -> "Asked":
    from domain.field import Invalid
    from services.asked import ask

    try:
        return ask(as_at, known_at, basis, parts.today(), parts.calendar)
    except Invalid as error:
        wrong = "; ".join(f"--{p.pointer.replace('_', '-')} {p.detail}" for p in error.problems)
        raise typer.BadParameter(wrong) from None


def history_of(parts: "Parts", child: str) -> "History":
    history = parts.histories.of(child)
    if history is None:
        end(NOT_FOUND, f"nothing is recorded of {child}; check how the reference is written, capitals count")
    return history


def catch_up(parts: "Parts", config: "Config") -> None:
    """Bring the views up with the log; projections that have no rows yet are built, which is quicker."""
    from services.cli.rebuilding import run

    empty = [one.projection for one in parts.views.positions() if not one.partitions]
    if any(parts.log.heads()) and empty:
        run(parts, config, empty, in_spite_of=empty)
    parts.projector.catch_up()
    offer_rebuild(parts)


def offer_rebuild(parts: "Parts") -> None:
    """Say which projections another version of the code made, and how to have them made by this one."""
    from infra.views.builds import VERSIONS

    for build in parts.projector.outdated():
        tell(
            f"{build.projection}: its rows were made by version {build.version} of the code, this is "
            f"{VERSIONS[build.projection]}; they serve as they are until: "
            f"casetimeline rebuild {build.projection}"
        )


def read_day_option(option: str, text: str) -> date:
    from domain.moment import read_day

    try:
        return read_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
