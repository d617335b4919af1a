"""Recovery after commit, in the order of law 3: finish by synthesis, continue (prefill or anchored), be honest.

Provider-side resume does not exist in the dialects served so far. A delivered tool call is never regenerated, and
structured output is never continued by prose.
"""

from collections.abc import Generator

from mainstay.engine import faults
from mainstay.engine.delivery import ContinuationDelivery, recovery_note
from mainstay.engine.lifecycle import release
from mainstay.engine.plan import Rest, Try, Wait, next_step
from mainstay.engine.policy import RECOVERIES_MAX
from mainstay.engine.progress import Conversation, Progress
from mainstay.engine.queueing import queue_for
from mainstay.engine.resting import rest_until
from mainstay.engine.stream import StreamAttempt
from mainstay.model.catalogue import Candidate, RecoveryMode
from mainstay.model.commands import Command, Finish
from mainstay.model.events import Event
from mainstay.model.fault import Fault
from mainstay.model.frame import Frame
from mainstay.model.http import Outgoing
from mainstay.model.ports import CallerStream


def recover(progress: Progress, caller: CallerStream, held: list[Frame], fault: Fault) -> Conversation:
    """Save a stream that broke after its caller had seen content. `None` means that it ended well after all. `held` are
    frames of tool calls that were not given to the caller yet."""
    needs_tool = any(frame.holds for frame in held)
    while True:
        ending = caller.finished_by_synthesis(held)
        if ending is not None:
            progress.recovered += 1
            yield from progress.send(progress.dialect.comment(recovery_note(progress, "finished")) + ending)
            yield Finish()
            return None
        step = yield from _next_step(progress, caller)
        if isinstance(step, Fault):
            return step
        sent = _request(progress, step)
        if step is None or sent is None:
            if step is not None:
                release(progress, step)
            return fault
        progress.recovered += 1
        continuation = _delivery(progress, caller, step, needs_tool=needs_tool)
        ended = yield from StreamAttempt(progress, step, continuation, sent).run()
        if ended is None or faults.is_parting(ended):
            return ended
        held = []
        needs_tool = continuation.broke_inside_tool


def _next_step(progress: Progress, caller: CallerStream) -> Generator[Command, Event | None, Try | Fault | None]:
    """Who may continue, once somebody is ready; `None` when nobody may or can, a fault when the caller or the gateway
    goes meanwhile."""
    while progress.recovered < RECOVERIES_MAX and _may_continue(progress, caller):
        step = _plan(progress)
        if isinstance(step, Wait):
            called = yield from queue_for(progress, step)
            if isinstance(called, Fault):
                return called if faults.is_parting(called) else None
            if called is not None:
                return called
        elif isinstance(step, Rest):
            parting = yield from rest_until(progress, step.until)
            if parting is not None:
                return parting
        else:
            return step
    return None


def _request(progress: Progress, step: Try | None) -> Outgoing | None:
    if step is None:
        return None
    key = progress.living_key(step.candidate, step.credential)
    if key is None:
        return None
    passage = progress.passages.to(step.candidate)
    return passage.continuation(key, progress.wall(progress.now), progress.text)


def _delivery(progress: Progress, caller: CallerStream, step: Try, *, needs_tool: bool) -> ContinuationDelivery:
    trusted = step.candidate.capabilities.prefill and not progress.call.has_tools
    name = step.candidate.upstream.name
    return ContinuationDelivery(progress, caller, trusted=trusted, needs_tool=needs_tool, name=name)


def _may_continue(progress: Progress, caller: CallerStream) -> bool:
    return (
        progress.workload.recovery is RecoveryMode.CONTINUE
        and not progress.call.must_not_continue
        and bool(progress.text)
        and caller.may_continue()
    )


def _plan(progress: Progress) -> Try | Wait | Rest | None:
    candidates = tuple(one for one in progress.candidates if _may_follow(progress, one))
    if not candidates:
        return None
    return next_step(
        candidates,
        progress.history,
        progress.board,
        progress.now,
        progress.deadline,
        progress.ticket.dice,
        demand=progress.demand,
    )


def _may_follow(progress: Progress, candidate: Candidate) -> bool:
    """Same-model candidates may continue by default; another model only where the workload says so."""
    if not candidate.substitute or progress.workload.continue_substitutes:
        return True
    began = progress.served_by
    return began is not None and began.model == candidate.model
