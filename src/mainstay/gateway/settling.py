"""Waiting for the journal, for those whose last word is a promise: what happened until now is on disk."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol


class SlowJournal(Protocol):
    """A journal that writes a little later than it is told to."""

    def when_written(self, done: Callable[[], object]) -> None:
        """Call back, from any thread, once what was written before is on disk, or cannot be now."""


class Settling:
    """Calls back in a later turn of the event loop, when what this turn gives to the journal is on disk."""

    def __init__(self, journal: SlowJournal, loop: asyncio.AbstractEventLoop) -> None:
        """Used from this loop alone."""
        self._journal = journal
        self._loop = loop

    def __call__(self, done: Callable[[], object]) -> None:
        """Call `done` then. Where the disk does not take records, it is called as well: they wait in memory."""
        # An exchange says its last word before it gives the journal its records, all in one turn.
        self._loop.call_soon(self._journal.when_written, lambda: self._back(done))

    def _back(self, done: Callable[[], object]) -> None:
        # The loop may have ended meanwhile, and with it everybody who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(done)
