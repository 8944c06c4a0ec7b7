"""What tests of services share."""

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def views(request) -> str | None:
    """Where the views are: in the folder of the service, or in a PostgreSQL database."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
