"""Waiting for room: an exchange that finds everybody full queues until it is called, loses patience, or must go."""

from collections.abc import Generator

from mainstay.engine import faults
from mainstay.engine.admission.waiter import Waiter
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
    until = min(progress.now + patience, progress.deadline)
    waiter = Waiter(progress.demand, progress.now, until, progress.call.model, progress.ticket.now)
    if until <= progress.now:
        waiter.entered_at = progress.now - progress.queued_seconds
        return room.patience_over(waiter, progress.now, dice)
    fault = room.enter(waiter, wait.tries, progress.now, dice)
    if fault is not None:
        return fault
    try:
        if waiter.granted is not None:
            return _granted(progress, waiter, wait)
        yield Queue(waiter)
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
            return _granted(progress, waiter, wait)
        if waiter.expelled is not None:
            return waiter.expelled
        if progress.now >= waiter.until:
            return progress.board.room.patience_over(waiter, progress.now, progress.ticket.dice)
        if progress.now >= wait.until:
            return None
        yield from keep_alive(progress)


def _granted(progress: Progress, waiter: Waiter, wait: Wait) -> Try | None:
    """The attempt that it was called for. From here on the attempt answers for the room. `None` where the candidate has
    fallen ill meanwhile."""
    key = waiter.granted.key if waiter.granted is not None else None
    found = next(one for one in wait.tries if one.key == key)
    if progress.board.standing(found.key, progress.now).ready_at > progress.now:
        return None
    waiter.granted = None
    return Try(found.candidate, found.credential, found.key, found.chosen, found.repetition, holds_room=True)
