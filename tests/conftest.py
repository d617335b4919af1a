"""One hypothesis profile for the whole suite: bounded by examples, never by the speed of the machine."""

import os

from hypothesis import settings

pytest_plugins = ["tests.services.postgres"]

IS_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# In CI the same commit gives the same examples; by hand, each run looks for new ones.
settings.register_profile("mainstay", deadline=None, derandomize=IS_CI, print_blob=True)
settings.load_profile("mainstay")
