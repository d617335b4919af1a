"""Playback: the events of a stream that is given again, at a pace that no client drowns in."""

from collections.abc import Generator
from typing import Final

from mainstay.engine import faults
from mainstay.engine.caching.answer import CachedAnswer
from mainstay.model.commands import Command, Listen, Send
from mainstay.model.events import CallerLeft, Drained, Event
from mainstay.model.fault import Fault

AT_ONCE_EVENTS: Final = 16
"""So many events are sent without waiting: nearly every stream begins with events that show nothing."""
EVENTS_PER_SECOND: Final = 100.0
FASTER: Final = 2.0
"""So many times as fast as the stream was when it came, where that is more than `EVENTS_PER_SECOND`."""
STEP_SECONDS: Final = 0.05
"""Events are sent in groups, not each with a timer of its own."""


class Playback:
    """One stream for one caller."""

    def __init__(self, answer: CachedAnswer, now: float) -> None:
        """Begin at the driver's instant `now`."""
        self.now = now
        self.bytes_sent = 0
        self._parts = answer.parts
        self._rate = max(EVENTS_PER_SECOND, FASTER * len(answer.parts) / max(answer.seconds, STEP_SECONDS))

    def run(self) -> Generator[Command, Event | None, Fault | None]:
        """Send everything; a fault where the caller leaves. A gateway that must stop sends the rest at once."""
        began_at, sent, count = self.now, 0, len(self._parts)
        while True:
            due = min(count, AT_ONCE_EVENTS + int((self.now - began_at) * self._rate + 1e-6))
            if due > sent:
                yield self._sending(sent, due)
                sent = due
            if sent == count:
                return None
            event = yield Listen(max(began_at + (sent + 1 - AT_ONCE_EVENTS) / self._rate, self.now + STEP_SECONDS))
            assert event is not None, "a driver answers Listen with an event"  # noqa: S101 - the driver's contract
            self.now = event.at
            if isinstance(event, CallerLeft):
                return faults.of_parting(event)
            if isinstance(event, Drained):
                yield self._sending(sent, count)
                return None

    def _sending(self, start: int, end: int) -> Send:
        data = b"".join(self._parts[start:end])
        self.bytes_sent += len(data)
        return Send(data)
