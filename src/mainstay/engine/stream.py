"""An attempt at a streamed answer: five separate clocks, hold-back, keep-alives, the honest end."""

from collections.abc import Generator

from mainstay.engine import faults
from mainstay.engine.attempt import CHARACTERS_PER_TOKEN, Attempt
from mainstay.engine.closing import answer_headers, early_headers
from mainstay.engine.delivery import WORKING, Delivery
from mainstay.engine.lifecycle import settle, start, told_quota
from mainstay.engine.plan import Try
from mainstay.engine.policy import ERROR_BYTES_MAX, LINGER_SECONDS
from mainstay.engine.progress import Conversation, Progress
from mainstay.engine.unheard import look_at, why_given_up
from mainstay.model.commands import Command, Finish, Listen
from mainstay.model.events import Broke, CallerLeft, Chunk, Drained, Ended, Event, Opened, Outrun
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import FrameKind
from mainstay.model.http import Outgoing
from mainstay.model.ports import FrameReader

OK = 200
TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""

UNREAD = frozenset({FrameKind.THINKING, FrameKind.TOOL})
"""Output whose characters nobody counts: each such event is at least one token."""


class StreamAttempt:
    """One try at a stream. `run` ends with `None` when the terminal marker has reached the caller."""

    def __init__(self, progress: Progress, step: Try, delivery: Delivery, sent: Outgoing) -> None:
        """`sent` is the request of this attempt: the caller's own, or one that asks for the rest."""
        self._progress = progress
        self._passage = progress.passages.to(step.candidate)
        self._step = step
        self._delivery = delivery
        self._sent = sent
        self._reader: FrameReader | None = None
        self._error: list[bytes] = []

    def run(self) -> Conversation:
        """The whole attempt."""
        progress, delivery = self._progress, self._delivery
        attempt = yield from start(progress, self._step, self._sent)
        clocks = Clocks(progress, attempt)
        fault: Fault | None = None
        listen: Listen | None = None
        was_working = False
        while fault is None and attempt.open and not delivery.done:
            # Once the model works, all clocks only move away: an old instant wakes us early, which does no harm. But
            # one from before that may lie behind the end of the silence that is allowed from then on.
            if listen is None or not was_working or progress.now >= listen.until:
                was_working = attempt.working_at is not None
                listen = Listen(min(clocks.next(), progress.keep_alive_due()))
            event = yield listen
            assert event is not None, "a driver answers Listen with an event"  # noqa: S101 - the driver's contract
            progress.now = event.at
            if type(event) is Chunk:
                data = event.data
                attempt.last_byte_at = event.at
                attempt.bytes_received += len(data)
                fault = self._take(attempt, data)
                out = delivery.out()
                if out:
                    if not attempt.delivered:
                        yield from self._commit(attempt)
                    yield progress.sending(out)
            else:
                fault = yield from self._turn(attempt, clocks, event)
        attempt.dropped_events = self._reader.dropped if self._reader else 0
        attempt.stop_reason = delivery.stop_reason
        attempt.tools_broken = progress.caller is not None and progress.caller.has_broken_tool()
        if fault is not None and attempt.delivered and fault.kind is not FaultKind.CALLER_LEFT:
            yield from self._leftovers()
            # Where no terminal marker exists, what came before the break may have been all of it.
            fault = None if delivery.done else fault
        if fault is None:
            yield from self._finish(attempt)
        return (yield from settle(progress, attempt, fault, self._sent))

    def _turn(self, attempt: Attempt, clocks: "Clocks", event: Event) -> Generator[Command, Event | None, Fault | None]:
        """An event that is no chunk."""
        fault: Fault | None = None
        match event:
            case Opened():
                attempt.opened(event)
                self._progress.board.silence.heard(self._step.key, event.at)
                yield from told_quota(self._progress, attempt)
                if event.status == OK and self._passage.is_stream(event.headers):
                    self._reader = self._passage.frames(event.headers)
                fault = yield from self._chunk(attempt, event.data)
                if fault is None and event.ended and not self._delivery.done:
                    fault = yield from self._over(attempt)
            case Ended():
                attempt.open = False
                fault = yield from self._over(attempt)
            case Broke():
                attempt.open = False
                fault = faults.of_breakage(event)
            case CallerLeft() | Drained() | Outrun():
                fault = faults.of_parting(event, self._progress.resumable_id)
            case _:
                fault = clocks.fault()
                if fault is None:
                    yield from keep_alive(self._progress)
        return fault

    def _chunk(self, attempt: Attempt, data: bytes) -> Generator[Command, Event | None, Fault | None]:
        """Bytes that came together with the header, or the rest after the last chunk."""
        fault = self._take(attempt, data) if data else None
        out = self._delivery.out()
        if out:
            if not attempt.delivered:
                yield from self._commit(attempt)
            yield self._progress.sending(out)
        return fault

    def _take(self, attempt: Attempt, data: bytes) -> Fault | None:
        reader = self._reader
        if reader is None:
            self._error.append(data)
            if attempt.bytes_received > ERROR_BYTES_MAX:
                return self._judge_error(attempt)
            return None
        delivery = self._delivery
        for frame in reader.feed(data):
            kind = frame.kind
            if kind is TEXT:
                attempt.output_characters += len(frame.text)
            elif kind in UNREAD:
                attempt.output_characters += CHARACTERS_PER_TOKEN
            if frame.usage is not None:
                attempt.add_usage(frame.usage)
            if attempt.working_at is None and kind in WORKING:
                attempt.working_at = self._progress.now
                self._progress.is_working = True
            fault = delivery.take(frame)
            if fault is not None:
                return fault
            if delivery.done:
                break
        return None

    def _commit(self, attempt: Attempt) -> Generator[Command, Event | None, None]:
        """The first bytes of this attempt go to the caller."""
        progress = self._progress
        attempt.delivered = True
        attempt.content_at = progress.now
        progress.committed = True
        progress.first_content_at = progress.first_content_at or progress.now
        progress.served_by = self._step.candidate
        if not progress.begun:
            yield from progress.begin(OK, answer_headers(progress, attempt))

    def _leftovers(self) -> Generator[Command, Event | None, None]:
        """What had come whole before the stream broke, and waited for what would follow it."""
        for frame in self._reader.close() if self._reader else ():
            if frame.kind is not FrameKind.ERROR:
                self._delivery.take(frame)
        out = self._delivery.out()
        if out:
            yield self._progress.sending(out)

    def _over(self, attempt: Attempt) -> Generator[Command, Event | None, Fault | None]:
        """The body ended by itself, without a terminal marker so far."""
        if self._reader is None:
            return self._judge_error(attempt)
        for frame in self._reader.close():
            if frame.usage is not None:
                attempt.add_usage(frame.usage)
            fault = self._delivery.take(frame)
            if fault is not None:
                return fault
        yield from self._chunk(attempt, b"")
        if self._delivery.done:
            return None
        if self._delivery.finished and self._delivery.committed:
            return faults.unmarked()
        return faults.cut("the stream ended without its terminal marker", "missing_terminal_marker")

    def _judge_error(self, attempt: Attempt) -> Fault:
        body = b"".join(self._error)
        progress = self._progress
        if attempt.status == OK:
            answer = self._passage.read_answer(attempt.headers, body)
            return answer.fault or faults.malformed("a stream was asked for, a plain body came", "not_a_stream")
        return self._passage.classify(attempt.status, attempt.headers, body, progress.wall(progress.now))

    def _finish(self, attempt: Attempt) -> Generator[Command, Event | None, None]:
        """The caller has everything. Wait a moment for the end of the body, so that the connection stays usable."""
        progress = self._progress
        yield Finish()
        finished_at = progress.now
        while attempt.open:
            event = yield from progress.listen(finished_at + LINGER_SECONDS)
            if type(event) is Ended or type(event) is Broke:
                attempt.open = False
            elif type(event) is not Chunk:
                break
        progress.now = finished_at


class Clocks:
    """First byte, first content, silence and total. Connecting is the driver's clock (`Open.connect_seconds`).

    A stream that works (content, or a thinking block that has opened) owns the rest of the deadline; before that it
    leaves a share of it to a candidate that was not tried yet.

    First content gives way to patience when nobody else is left: a model that thinks for minutes and sends pings is
    healthy. Pings are bytes, so they feed the clock of silence; they are no content.
    """

    def __init__(self, progress: Progress, attempt: Attempt) -> None:
        """Start all clocks with the attempt."""
        self._progress = progress
        self._attempt = attempt
        self._timeouts = attempt.step.candidate.timeouts
        self._limit = progress.attempt_limit(attempt.step.candidate)
        self._is_replaceable = progress.others_remain(attempt.step.candidate)

    def next(self) -> float:
        """The nearest instant at which a clock runs out."""
        attempt, timeouts = self._attempt, self._timeouts
        if attempt.working_at is not None:
            return min(attempt.last_byte_at + timeouts.silence_seconds, self._progress.deadline)
        if attempt.opened_at is None:
            limit = min(attempt.started_at + timeouts.first_byte_seconds, self._limit)
            return look_at(self._progress, attempt, limit)
        nearest = min(attempt.last_byte_at + timeouts.silence_seconds, self._limit)
        if self._is_replaceable:
            return min(nearest, attempt.started_at + timeouts.first_content_seconds)
        return nearest

    def fault(self) -> Fault | None:
        """The fault of the clock that has run out by now, if one has."""
        now, attempt, timeouts = self._progress.now, self._attempt, self._timeouts
        if now < self.next():
            return why_given_up(self._progress, attempt)
        if now >= self._progress.deadline:
            return faults.deadline()
        if attempt.opened_at is None and now >= attempt.started_at + timeouts.first_byte_seconds:
            return faults.stalled("first byte", timeouts.first_byte_seconds)
        if attempt.opened_at is not None and now >= attempt.last_byte_at + timeouts.silence_seconds:
            return faults.stalled("silence", timeouts.silence_seconds)
        if now >= self._limit:
            return faults.stalled("reserved time for others", self._limit - attempt.started_at)
        return faults.stalled("first content", timeouts.first_content_seconds)


def keep_alive(progress: Progress) -> Generator[Command, Event | None, None]:
    """Say something that every client ignores, if the caller has heard nothing for long."""
    if progress.now >= progress.keep_alive_due():
        yield from progress.begin(OK, early_headers(progress))
        yield from progress.send(progress.dialect.ping())
