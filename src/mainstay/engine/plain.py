"""An attempt at an answer that comes whole. Nothing reaches the caller before it is complete and valid."""

from mainstay.engine import faults
from mainstay.engine.attempt import Attempt
from mainstay.engine.closing import answer_headers
from mainstay.engine.lifecycle import settle, start
from mainstay.engine.plan import Try
from mainstay.engine.policy import BUFFER_BYTES_MAX
from mainstay.engine.progress import Conversation, Progress
from mainstay.engine.unheard import look_at, why_given_up
from mainstay.model.commands import Answer, Listen
from mainstay.model.events import Broke, CallerLeft, Chunk, Drained, Ended, Event, Opened, Outrun
from mainstay.model.fault import Fault
from mainstay.model.frame import Answer as Whole
from mainstay.model.http import Outgoing, Reply

OK = 200


def plain_attempt(progress: Progress, step: Try, sent: Outgoing) -> Conversation:
    """Try one candidate; `None` means that the caller has been answered."""
    attempt = yield from start(progress, step, sent)
    limit = _limit(progress, step)
    body = b""
    more: list[bytes] = []
    fault: Fault | None = None
    while attempt.open and fault is None:
        event = yield Listen(look_at(progress, attempt, limit))
        assert event is not None, "a driver answers Listen with an event"  # noqa: S101 - the driver's contract
        progress.now = event.at
        if type(event) is Opened:
            attempt.opened(event)
            progress.board.silence.heard(step.key, event.at)
            body = event.data
        elif type(event) is Chunk:
            attempt.received(event.at, len(event.data))
            more.append(event.data)
        elif type(event) is Ended:
            attempt.open = False
        elif isinstance(event, Broke):
            attempt.open = False
            fault = faults.of_breakage(event)
        else:
            fault = _interrupted(progress, attempt, event, limit)
        if attempt.bytes_received > BUFFER_BYTES_MAX:
            fault = faults.malformed("the upstream's answer is too large", "answer_too_large")
    if more:
        body = b"".join((body, *more))
    if fault is None:
        answer = _judge(progress, attempt, body)
        fault = answer.fault
        body = body if answer.body is None else answer.body
    if fault is None:
        progress.served_by = step.candidate
        progress.first_content_at = attempt.content_at = progress.now
        progress.status = attempt.status
        progress.bytes_sent += len(body)
        yield Answer(Reply(attempt.status, answer_headers(progress, attempt), body))
    return (yield from settle(progress, attempt, fault, sent))


def _limit(progress: Progress, step: Try) -> float:
    limit = progress.attempt_limit(step.candidate)
    seconds = step.candidate.timeouts.plain_answer_seconds
    return limit if seconds is None else min(limit, progress.now + seconds)


def _judge(progress: Progress, attempt: Attempt, body: bytes) -> Whole:
    passage = progress.passages.to(attempt.step.candidate)
    if attempt.status != OK:
        return Whole(passage.classify(attempt.status, attempt.headers, body, progress.wall(progress.now)))
    answer = passage.read_answer(attempt.headers, body)
    if answer.usage is not None:
        attempt.add_usage(answer.usage)
    attempt.stop_reason, attempt.tools_broken = answer.stop_reason, answer.tools_broken
    return answer


def _interrupted(progress: Progress, attempt: Attempt, event: Event, limit: float) -> Fault | None:
    if isinstance(event, CallerLeft | Drained | Outrun):
        return faults.of_parting(event)
    if progress.now < limit:
        return why_given_up(progress, attempt)
    if progress.now >= progress.deadline:
        return faults.deadline()
    seconds = attempt.step.candidate.timeouts.plain_answer_seconds
    return faults.stalled("plain answer", seconds or progress.reserve_seconds)
