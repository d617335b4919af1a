"""A clock that can be moved while programs run (see `site/sitecustomize.py`, which does it from inside of them)."""

import os
from pathlib import Path

SITE = Path(__file__).parent / "site"
SEEN_SECONDS = 0.3
"""After so long every program has seen that its clock was moved."""


class MovedClock:
    """The clock of all programs that are started with `environment`."""

    def __init__(self, file: Path, seconds: float = 0.0) -> None:
        """`file` says how far the clock is moved."""
        self._file = file
        self.move(seconds)

    @property
    def environment(self) -> dict[str, str]:
        """For programs of this clock."""
        path = os.pathsep.join(filter(None, (str(SITE), os.environ.get("PYTHONPATH"))))
        return {"PYTHONPATH": path, "CHAOS_CLOCK": str(self._file)}

    def move(self, seconds: float) -> None:
        """Move it by so much from the true time."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._file)
