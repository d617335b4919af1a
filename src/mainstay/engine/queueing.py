"""Waiting for room: an exchange that finds everybody full queues until it is called, loses patience, or must go."""

from collections.abc import Generator

from mainstay.engine import faults
from mainstay.engine.admission.room import Waiter
from mainstay.engine.plan import Try, Wait
from mainstay.engine.progress import Progress
from mainstay.engine.stream import keep_alive
from mainstay.model.commands import Command, Queue
from mainstay.model.events import CallerLeft, Drained, Event
from mainstay.model.fault import Fault

Waiting = Generator[Command, Event | None, Try | Fault | None]


def queue_for(progress: Progress, wait: Wait) -> Waiting:
    """An attempt whose room is taken; `None` where something else may be possible now, so that it is planned again; a
    fault where the exchange must end."""
    room, dice = progress.board.room, progress.ticket.dice
    patience = progress.workload.queue_seconds - progress.queued_seconds
    waiter = Waiter(progress.demand, progress.now, min(progress.now + patience, progress.deadline))
    fault = room.enter(waiter, wait.tries, progress.now, dice)
    if fault is not None:
        return fault
    yield Queue(waiter)
    try:
        return (yield from _listen(progress, waiter, wait))
    finally:
        # Also when the driver closes the conversation: whatever it was called for goes to somebody else.
        progress.queued_seconds += progress.now - waiter.entered_at
        room.leave(waiter, progress.now)


def _listen(progress: Progress, waiter: Waiter, wait: Wait) -> Waiting:
    while True:
        event = yield from progress.listen(min(waiter.until, wait.until, progress.keep_alive_due()))
        if isinstance(event, CallerLeft | Drained):
            return faults.of_parting(event, progress.resumable_id)
        if waiter.granted is not None:
            return _granted(waiter, wait)
        if waiter.expelled is not None:
            return waiter.expelled
        if progress.now >= waiter.until:
            return progress.board.room.patience_over(waiter, progress.now, progress.ticket.dice)
        if progress.now >= wait.until:
            return None
        yield from keep_alive(progress)


def _granted(waiter: Waiter, wait: Wait) -> Try:
    """The attempt that it was called for. From here on the attempt answers for the room."""
    key = waiter.granted.key if waiter.granted is not None else None
    waiter.granted = None
    found = next(one for one in wait.tries if one.key == key)
    return Try(found.candidate, found.credential, found.key, found.chosen, found.repetition, holds_room=True)
