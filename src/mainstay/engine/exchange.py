"""The exchange: one caller request from its first attempt to its record. It reads from top to bottom.

An exchange is a generator. It yields commands and is sent events (see `mainstay.model`); it has no clock, no dice and
no socket of its own, so the gateway and the lab run the same one.
"""

from mainstay.engine import faults
from mainstay.engine.board import Board
from mainstay.engine.closing import exchange_record, final_fault, final_reply
from mainstay.engine.delivery import FreshDelivery
from mainstay.engine.plain import plain_attempt
from mainstay.engine.plan import Rest, Try, first_try, next_step
from mainstay.engine.progress import Conversation, Progress, Ticket
from mainstay.engine.recovery import recover
from mainstay.engine.resting import rest_until
from mainstay.engine.stream import StreamAttempt
from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Menu, RecoveryMode
from mainstay.model.commands import Answer, Finish, Write
from mainstay.model.fault import Advice, Blame, Fault, FaultKind
from mainstay.model.ports import Dialect


def exchange(ticket: Ticket, call: Call, menu: Menu, dialect: Dialect, board: Board) -> Conversation:
    """Serve one call. Ends with `None` when the caller got an answer, else with the fault that was reported."""
    progress = Progress(ticket, call, menu, dialect, board)
    fault = yield from _serve(progress)
    if fault is not None and fault.kind is not FaultKind.CALLER_LEFT:
        yield from _report(progress, fault)
    yield Write(exchange_record(progress, fault))
    return fault


def _serve(progress: Progress) -> Conversation:
    """Attempt after attempt until the caller is served, nobody is left, or an attempt says stop."""
    if not progress.candidates:
        return faults.no_candidate(progress.call.model, progress.call.dialect)
    step: Try | Rest | None = first_try(progress.candidates, progress.board, progress.now)
    while True:
        step = step or _next(progress)
        if step is None:
            return final_fault(progress, _unready(progress))
        if isinstance(step, Rest):
            left = yield from rest_until(progress, step.until)
            if left:
                return faults.caller_left()
        else:
            fault = yield from _attempt(progress, step)
            if fault is None or progress.committed or _is_final(progress, step.candidate, fault):
                return fault
        step = None


def _attempt(progress: Progress, step: Try) -> Conversation:
    caller = progress.caller
    if caller is None:
        return (yield from plain_attempt(progress, step))
    buffered = progress.workload.recovery is RecoveryMode.BUFFER
    delivery = FreshDelivery(progress, caller, buffered=buffered)
    body = progress.dialect.request_body(progress.call, step.candidate.model)
    fault = yield from StreamAttempt(progress, step, delivery, body).run()
    if fault is None or fault.kind is FaultKind.CALLER_LEFT or not progress.committed:
        return fault
    return (yield from recover(progress, caller, delivery, fault))


def _next(progress: Progress) -> Try | Rest | None:
    return next_step(
        progress.candidates, progress.history, progress.board, progress.now, progress.deadline, progress.ticket.dice
    )


def _unready(progress: Progress) -> Fault:
    """Why nobody could be tried: throttled beyond the deadline, or out of time."""
    waits = [
        gate.until - progress.now
        for key, gate in progress.board.gates(progress.now).items()
        if gate.strict and any(one.upstream.name == key.upstream for one in progress.candidates)
    ]
    return faults.throttled(min(waits)) if waits else faults.deadline()


def _is_final(progress: Progress, candidate: Candidate, fault: Fault) -> bool:
    """Whether this fault ends the exchange. A substitute that dislikes the request says nothing about the request."""
    if fault.advice is not Advice.STOP:
        return False
    if fault.blame is Blame.CALLER and candidate.substitute:
        progress.history.bar(candidate)
        return False
    return True


def _report(progress: Progress, fault: Fault) -> Conversation:
    """Tell the caller: inside the stream when it has begun (law 1), else as a whole response."""
    if progress.begun and progress.caller is not None:
        yield from progress.send(progress.caller.error(fault, progress.ticket.id))
        yield Finish()
        return None
    reply = final_reply(progress, fault)
    progress.status = reply.status
    progress.bytes_sent += len(reply.body)
    yield Answer(reply)
    return None
