"""Property tests here are bounded by their number of examples, never by the speed of the machine."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
