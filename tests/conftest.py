"""The hypothesis profile of every test (HYPOTHESIS_PROFILE; ``ci`` where CI is set), and the real servers."""

import os

from hypothesis import settings

# No deadline in either: the cores are shared, and a slow machine is not a broken rule.
settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "explore"))

pytest_plugins = ("tests.servers.kafka", "tests.servers.postgres")
