"""Commands that run until they are told to stop: serve, run and project."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.ending import ERROR, end
from services.cli.opening import catch_up, composed, offer_rebuild, settings, telling
from services.cli.options import Data, Http, Log, MetricsAt, Today, Views
from services.cli.progress import bar
from services.output import tell

if TYPE_CHECKING:
    from services.api.apart import Apart
    from services.config import Config

LATEST_END_S = 8.0
"""How long a service told to stop may take, whatever holds it up: a broker that does not answer, say."""

DEMONSTRATION_CHILDREN = 600
DEMONSTRATION_SEED = 1


def serve(
    http: Http = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
    with_intake: Annotated[
        bool, typer.Option("--intake/--no-intake", help="Take in what is published to Kafka, if it is set.")
    ] = True,
    with_projector: Annotated[
        bool, typer.Option("--projector/--no-projector", help="Keep the views up with the log, too.")
    ] = True,
) -> None:
    """Answer over HTTP, and keep the views up with the log. SIGTERM or Ctrl-C ends it safely."""
    config = settings(data, log, views, today, http)
    _serve(config, lambda parts: None, with_intake=with_intake, with_projector=with_projector)


def run(
    http: Http = None,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
    children: Annotated[
        int, typer.Option(min=0, help="How many invented children an empty log is filled with.")
    ] = DEMONSTRATION_CHILDREN,
) -> None:
    """Serve, with an invented authority where nothing is recorded yet."""
    from dataclasses import replace

    from services.demonstration import LAST_DAY, fill, is_invented

    config = settings(data, log, views, today, http)
    with composed(config) as parts:
        if not any(parts.log.heads()):
            tell(f"Filling {config.data} with an invented authority of {children} children.")
            with bar("Inventing", "children") as move:
                fill(parts, children, DEMONSTRATION_SEED, move)
        invented = is_invented(parts)
    if invented and config.today is None:
        config = replace(config, today=LAST_DAY)
    if config.today is not None:
        tell(f"Today is taken to be {config.today.isoformat()} in every answer.")
    with composed(config) as parts:
        catch_up(parts, config)
    _serve(config, lambda where: _where_to_look(where, invented))


def _where_to_look(where: str, invented: bool) -> None:
    tell(f"  {where}/overview               who is late, and what hides it")
    if invented:
        tell(f"  {where}/children/C1001/page    one child's timeline")
    tell(f"  {where}/docs                   everything that can be asked")
    tell("  Ctrl-C stops it.")


def _serve(
    config: "Config",
    ready: "Callable[[str], None]",
    *,
    with_intake: bool = True,
    with_projector: bool = True,
) -> None:
    import gc
    import signal
    import threading

    from services.api.app import application
    from services.config import settings_of
    from services.measures.answers import Measures
    from services.page_reads import PageReads
    from services.serve import Beside, PortTaken, address, listen, serve
    from services.web.pages import pages
    from services.with_parent import end_within

    # What stops the server is told again when it has stopped, to whoever listened before; until it serves,
    # nobody else hears of it.
    draining = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: draining.set())
    threading.Thread(target=end_within, args=(draining, LATEST_END_S), daemon=True).start()
    try:
        listening = listen(config.http_host, config.http_port)
    except PortTaken as error:
        end(ERROR, str(error))
    with listening, composed(config) as parts, _reading_apart(config) as apart:
        reads = PageReads(
            parts.log, parts.histories, parts.views, parts.calendar, parts.today, Measures(parts)
        )
        routes = pages(reads, calendar=parts.calendar, today=parts.today, standing_today=parts.standing_today)
        app = application(
            parts,
            routes,
            apart,
            max_body_bytes=config.max_body_bytes,
            max_batch_events=config.max_batch_events,
        )
        beside = [Beside(["project", "--with-parent"], settings_of(config))] if with_projector else []
        if config.intake is not None and with_intake:
            beside.append(Beside(["intake", "--with-parent"], settings_of(config)))

        def tell_ready() -> None:
            for each in beside:
                each.start()
            tell(f"casetimeline is ready on {address(listening)}")
            ready(address(listening))

        def drain() -> None:
            draining.set()
            for each in beside:
                each.tell_to_stop()

        # What was made until now lives as long as the process, and what a request makes goes with it: looking
        # for cycles among them took a third of the time of a batch.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        if draining.is_set():
            return
        try:
            serve(app, listening, tell_ready, drain)
        finally:
            drain()
            for each in beside:
                each.stop()


@contextmanager
def _reading_apart(config: "Config") -> "Iterator[Apart | None]":
    """What reads large batches in a process of its own, where the log is on Kafka.

    Its memory is little beside a broker's, and much for whoever keeps all in one folder.
    """
    if isinstance(config.log, Path):
        yield None
        return
    from services.api.apart import Apart
    from services.workers import workers

    with closing(Apart(lambda: workers(config, 1))) as apart:
        yield apart


def project(
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
    metrics: MetricsAt = None,
    once: Annotated[bool, typer.Option("--once", help="Stop once the views are up with the log.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Keep the views up with the log."""
    if with_parent:
        from services.with_parent import end_with_parent

        # Before anything that takes long is imported: a service killed often would leave a crowd behind.
        end_with_parent()
    import threading

    from services.compose import sharing
    from services.serve import until_told
    from services.with_parent import end_within

    stop = threading.Event()
    until_told(stop)
    threading.Thread(target=end_within, args=(stop,), daemon=True).start()
    config = settings(data, log, views, today, metrics=metrics)
    with composed(config) as parts:
        if once:
            catch_up(parts, config)
            return
        offer_rebuild(parts)
        with telling(config, parts), sharing(config) as mine:
            parts.projector.run(stop, mine=mine, tell=tell)
