"""One service for all tests of the API that a process runs; each test has children of its own."""

from itertools import count

import pytest

from tests.api.posting import Posting
from tests.running import serving

_children = count(1)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="session")
def api(service):
    with service.client() as client:
        yield Posting(client)


@pytest.fixture
def child():
    """The reference of a child of whom nothing is recorded yet."""
    return f"T{next(_children)}"
