"""What every measurement is given."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.plan import Plan
from bench.stage import Stage


class Context(msgspec.Struct, frozen=True):
    """The stage, the lengths, a folder for files, and a way to say what goes on."""

    stage: Stage
    plan: Plan
    folder: Path
    say: Callable[[str], None]
