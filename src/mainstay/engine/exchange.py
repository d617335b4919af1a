"""The exchange: one caller request from its first attempt to its record. It reads from top to bottom.

An exchange is a generator. It yields commands and is sent events (see `mainstay.model`); it has no clock, no dice and
no socket of its own, so the gateway and the lab run the same one.
"""

from mainstay.engine import faults
from mainstay.engine.board import Board
from mainstay.engine.caching.slot import CacheSlot, is_worth_keeping
from mainstay.engine.caching.standing_in import may_replace, should_stand_in, stand_in
from mainstay.engine.closing import disclosure, exchange_record, final_fault, final_reply
from mainstay.engine.delivery import FreshDelivery
from mainstay.engine.hedge import hedged
from mainstay.engine.lifecycle import release, without_key
from mainstay.engine.plain import plain_attempt
from mainstay.engine.plan import Rest, Try, Wait, first_try, next_step
from mainstay.engine.progress import Conversation, Progress, Ticket
from mainstay.engine.purse import Purse
from mainstay.engine.queueing import queue_for
from mainstay.engine.recovery import recover
from mainstay.engine.resting import rest_until
from mainstay.engine.stream import StreamAttempt
from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Menu, RecoveryMode
from mainstay.model.commands import Answer, Fail, Write
from mainstay.model.fault import Advice, Blame, Fault, FaultKind
from mainstay.model.http import Outgoing, Reply
from mainstay.model.ports import Dialect, Keys, Passages


def exchange(  # noqa: PLR0913 - everything that one exchange is made of
    ticket: Ticket,
    call: Call,
    menu: Menu,
    dialect: Dialect,
    board: Board,
    *,
    passages: Passages,
    keys: Keys,
    purse: Purse | None = None,
    slot: CacheSlot | None = None,
) -> Conversation:
    """Serve one call. Ends with `None` when the caller got an answer, else with the fault that was reported. Without
    a purse, nothing bounds what it may spend; without a slot, it has nothing to do with the cache."""
    progress = Progress(ticket, call, menu, dialect, board, passages=passages, keys=keys, purse=purse)
    try:
        fault = yield from serve(progress, slot)
        return (yield from conclude(progress, fault, slot))
    finally:
        progress.close()


def conclude(progress: Progress, fault: Fault | None, slot: CacheSlot | None = None) -> Conversation:
    """Report a fault to the caller and write the exchange's record."""
    if fault is not None and fault.kind is not FaultKind.CALLER_LEFT:
        old = may_replace(progress, slot, fault)
        if old is not None:
            return (yield from stand_in(progress, old, fault))
        fault = yield from _report(progress, fault)
    record = exchange_record(progress, fault)
    yield Write(record)
    if slot is not None and fault is None and is_worth_keeping(progress):
        slot.served(record)
    return fault


def serve(progress: Progress, slot: CacheSlot | None = None) -> Conversation:
    """Attempt after attempt until the caller is served, nobody is left, or an attempt says stop."""
    if not progress.candidates:
        return nobody(progress)
    step: Try | Wait | Rest | None = first_try(progress.candidates, progress.board, progress.now, progress.demand)
    while True:
        step = step or _next(progress)
        if step is None or (slot is not None and should_stand_in(progress, slot, step)):
            return final_fault(progress, _unready(progress))
        if isinstance(step, Wait):
            called = yield from queue_for(progress, step)
            if isinstance(called, Fault):
                return called
            if called is None:
                step = None
                continue
            step = called
        if isinstance(step, Rest):
            parting = yield from rest_until(progress, step.until)
            if parting is not None:
                return parting
        else:
            sent = _request(progress, step)
            fault = (yield from _attempting(progress, step, sent)) if isinstance(sent, Outgoing) else sent
            if fault is None or progress.committed or _is_final(progress, step.candidate, fault):
                return fault
        step = None


def _attempting(progress: Progress, step: Try, sent: Outgoing) -> Conversation:
    """The next attempt, raced by a second one where that is wanted."""
    if step.candidate.retries.hedge_percent:
        return hedged(progress, step, sent, _attempt)
    return _attempt(progress, step, sent)


def _attempt(progress: Progress, step: Try, sent: Outgoing) -> Conversation:
    """One attempt, and its recovery once the caller has been given content."""
    caller = progress.caller
    if caller is None:
        return (yield from plain_attempt(progress, step, sent))
    buffered = progress.workload.recovery is RecoveryMode.BUFFER
    delivery = FreshDelivery(progress, caller, buffered=buffered)
    fault = yield from StreamAttempt(progress, step, delivery, sent).run()
    if fault is None or faults.is_parting(fault) or not progress.committed:
        return fault
    return (yield from recover(progress, caller, delivery.held_tools(), fault))


def _request(progress: Progress, step: Try) -> Outgoing | Fault:
    """What is sent, or why this attempt cannot be made; then it holds no room."""
    key = progress.living_key(step.candidate, step.credential)
    if key is None:
        release(progress, step)
        return without_key(progress, step)
    sent = progress.passages.to(step.candidate).request(key, progress.wall(progress.now))
    if isinstance(sent, Fault):
        release(progress, step)
        progress.skip(step.candidate, sent.message)
        return sent
    refusal = progress.refusal(step.candidate)
    if refusal is None:
        return sent
    release(progress, step)
    return refusal


def _next(progress: Progress) -> Try | Wait | Rest | None:
    return next_step(
        progress.candidates,
        progress.history,
        progress.board,
        progress.now,
        progress.deadline,
        progress.ticket.dice,
        demand=progress.demand,
    )


def nobody(progress: Progress) -> Fault:
    """Everybody was skipped."""
    skipped, menu = progress.skipped, progress.menu
    by_policy = bool(menu.skipped) or not skipped
    return faults.no_candidate(progress.call.model, progress.call.dialect, skipped, by_policy=by_policy)


def _unready(progress: Progress) -> Fault:
    """Why nobody could be tried: throttled beyond the deadline, or out of time."""
    waits = [
        gate.until - progress.now
        for key, gate in progress.board.gates(progress.now).items()
        if gate.strict and any(one.upstream.name == key.upstream for one in progress.candidates)
    ]
    if waits:
        return faults.throttled(min(waits))
    if progress.skipped and not progress.history.attempts:
        return nobody(progress)
    return faults.deadline()


def _is_final(progress: Progress, candidate: Candidate, fault: Fault) -> bool:
    """Whether this fault ends the exchange. A substitute, or a place that was sent a translation, that dislikes the
    request says nothing about the request; and what is too long for one window may fit a larger one."""
    if fault.advice is not Advice.STOP or fault.kind is FaultKind.NO_CANDIDATE:
        return False
    if fault.kind is FaultKind.ALLOWANCE or fault.kind is FaultKind.SHED:
        return True
    if fault.blame is Blame.CALLER and (candidate.substitute or progress.is_crossing(candidate)):
        progress.history.bar(candidate)
        return False
    return not (fault.kind is FaultKind.CONTEXT and _larger_windows_remain(progress, candidate))


def _larger_windows_remain(progress: Progress, candidate: Candidate) -> bool:
    """Give up on everybody whose context window is not known to be larger than this one's; tell whether any is left."""
    window = candidate.capabilities.context_tokens or 0
    for one in progress.candidates:
        if (one.capabilities.context_tokens or 0) <= window:
            progress.history.bar(one)
    return window > 0 and progress.others_remain(candidate)


def _report(progress: Progress, fault: Fault) -> Conversation:
    """Tell the caller: inside the stream when it has begun (law 1), else as a whole response. Ends with the fault that
    remains: none where the call could be answered without a model."""
    if progress.begun and progress.caller is not None:
        words = progress.caller.error(fault, progress.ticket.id)
        progress.bytes_sent += len(words)
        yield Fail(words)
        return fault
    answer = None if fault.blame is Blame.CALLER else progress.dialect.local_answer(progress.call)
    if answer is None:
        reply = final_reply(progress, fault)
    else:
        progress.estimated = True
        reply = Reply(answer.status, answer.headers + disclosure(progress, None), answer.body)
    progress.status = reply.status
    progress.bytes_sent += len(reply.body)
    yield Answer(reply)
    return fault if answer is None else None
