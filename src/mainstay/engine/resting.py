"""A rest until somebody is ready, with keep-alives for a streaming caller."""

from collections.abc import Generator

from mainstay.engine.progress import Progress
from mainstay.engine.stream import keep_alive
from mainstay.model.commands import Command
from mainstay.model.events import CallerLeft, Event


def rest_until(progress: Progress, until: float) -> Generator[Command, Event | None, bool]:
    """Wait; true when the caller left meanwhile."""
    while progress.now < until:
        event = yield from progress.listen(min(until, progress.keep_alive_due()))
        if type(event) is CallerLeft:
            return True
        yield from keep_alive(progress)
    return False
