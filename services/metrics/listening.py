"""Metrics of processes that answer nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from services.metrics.exposition import Exposition
from services.serve import PortTaken


@contextmanager
def telling(address: tuple[str, int] | None, exposition: Exposition) -> Iterator[None]:
    """Answer Prometheus at an address, if there is one, from a thread. Raises PortTaken."""
    if address is None:
        yield
        return
    host, port = address
    try:
        server, thread = start_http_server(port, host, exposition.registry)
    except OSError as error:
        said = f"cannot listen on {host}:{port}: {error.strerror}; choose another with --metrics HOST:PORT"
        raise PortTaken(said) from error
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
