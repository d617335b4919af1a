"""A rest until somebody is ready, with keep-alives for a streaming caller."""

from collections.abc import Generator

from mainstay.engine import faults
from mainstay.engine.progress import Progress
from mainstay.engine.stream import keep_alive
from mainstay.model.commands import Command
from mainstay.model.events import CallerLeft, Drained, Event
from mainstay.model.fault import Fault


def rest_until(progress: Progress, until: float) -> Generator[Command, Event | None, Fault | None]:
    """Wait; a fault when the caller or the gateway goes meanwhile."""
    while progress.now < until:
        event = yield from progress.listen(min(until, progress.keep_alive_due()))
        if isinstance(event, CallerLeft | Drained):
            return faults.of_parting(event, progress.resumable_id)
        yield from keep_alive(progress)
    return None
