"""The beginning and the end of every attempt: budget, breaker, gates and records, told once each (hop 8)."""

from collections.abc import Generator

from mainstay.engine import faults
from mainstay.engine.asked_wait import doubt_of
from mainstay.engine.attempt import Attempt, Bill
from mainstay.engine.backoff import backoff_seconds
from mainstay.engine.board import Change, Gate, Verdict
from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.engine.plan import Try
from mainstay.engine.policy import ACCOUNT_GATE_SECONDS, GATE_SECONDS_DEFAULT, WAIT_SECONDS_MAX
from mainstay.engine.progress import Progress
from mainstay.engine.secrecy import harmless, without_secrets
from mainstay.model.call import CallKind
from mainstay.model.commands import Cancel, Command, Open, Write
from mainstay.model.events import Event
from mainstay.model.fault import Advice, Blame, Fault, FaultKind
from mainstay.model.http import Outgoing
from mainstay.model.records import AlertRecord, BreakerRecord, CapacityRecord

Effects = Generator[Command, Event | None, None]

ANSWER = CallKind.ANSWER
GOOD = Verdict.GOOD
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
ALERTS = {
    FaultKind.AUTH: "the upstream refused this credential: check or replace it",
    FaultKind.BILLING: "the account behind this credential has no money or quota left",
    FaultKind.MODEL_GONE: "the upstream does not know this model: check the candidate's model name",
}


def start(progress: Progress, step: Try, sent: Outgoing) -> Generator[Command, Event | None, Attempt]:
    """Open an attempt."""
    candidate, key, now, board = step.candidate, step.key, progress.now, progress.board
    progress.history.begin(candidate)
    attempt = Attempt(progress.history.attempts, step, now, len(sent.body))
    if progress.committed:
        attempt.continued_characters = len(progress.text)
    purse = progress.purse
    if purse is not None and purse.reserve(attempt.number, candidate, progress.call, progress.wall(now)):
        yield Write(_without_price(progress, step))
    board.silence.started(key, now)
    if not step.holds_room:
        board.capacity.take(candidate, key, progress.demand, now)
    change = board.started(key, now, repetition=step.repetition, budget_percent=candidate.retries.budget_percent)
    if change is not None:
        yield tell_change(progress, change)
    yield Open(
        attempt.number,
        candidate.upstream.name,
        sent.url,
        sent.headers,
        sent.body,
        candidate.timeouts.connect_seconds,
        sent.method,
    )
    return attempt


def without_key(progress: Progress, step: Try) -> Fault:
    """No attempt can be made with this credential, for no living token stands behind it."""
    fault = faults.no_living_token(step.key.credential)
    progress.history.add_fault(step.candidate, step.key.credential, fault)
    return fault


def settle(
    progress: Progress, attempt: Attempt, fault: Fault | None, sent: Outgoing
) -> Generator[Command, Event | None, Fault | None]:
    """Close an attempt, which was made with the request `sent`: its connection if it still stands, its health, its
    record. Gives the fault back as it may be shown."""
    if fault is not None:
        attempt.headers = harmless(attempt.headers, sent.headers)
        fault = without_secrets(fault, sent.headers)
    if attempt.open:
        attempt.open = False
        yield Cancel(attempt.number)
    ticket, step, board, now, purse = progress.ticket, attempt.step, progress.board, progress.now, progress.purse
    key, capacity = step.key, board.capacity
    if attempt.opened_at is None:
        board.silence.given_up(key)
    elif capacity.wants_told(key, attempt.opened_at):
        yield from told_quota(progress, attempt)
    bill = attempt.bill(progress.call, fault)
    progress.bills.append(bill)
    if purse is not None:
        purse.settle(attempt.number, bill.cost)
        purse.used(bill.usage, ticket.wall_offset + now)
    reason = "an attempt ended well" if fault is None else fault.kind.value
    change = board.ended(
        key,
        _verdict(progress, key, fault),
        now,
        0.5 if fault is None else ticket.dice(),
        started_at=attempt.started_at,
        repetition=step.repetition,
        reason=reason,
    )
    seen = _observation(progress, attempt, bill, fault)
    for told in capacity.give_back(step.candidate, key, progress.demand, seen):
        yield Write(_capacity_record(progress, step, told))
    for told in board.watch.saw(key, seen):
        yield Write(_capacity_record(progress, step, told))
    board.room.call(now, key.upstream)
    payer, at = (ticket.tenant, ticket.token), ticket.wall_offset + attempt.started_at
    yield Write(attempt.record(ticket.record_id, payer, bill, at, now, fault))
    if change is not None:
        yield tell_change(progress, change)
    if fault is not None:
        yield from _learn(progress, step, fault, doubt_of(fault, attempt.headers))
    return fault


def told_quota(progress: Progress, attempt: Attempt) -> Effects:
    """Take in what the provider tells of its limits, unless that was done a moment ago."""
    capacity, key, at = progress.board.capacity, attempt.step.key, attempt.opened_at
    if at is None or not capacity.wants_told(key, at):
        return
    wall = progress.wall(at)
    told = progress.passages.to(attempt.step.candidate).told(attempt.headers, wall)
    for change in capacity.told(key, told, at, wall):
        yield Write(_capacity_record(progress, attempt.step, change))


def release(progress: Progress, step: Try) -> None:
    """An attempt that was to begin does not: give back what the queue took for it."""
    if step.holds_room:
        progress.board.capacity.release(step.candidate, step.key, progress.demand, progress.now)
        progress.board.room.call(progress.now, step.key.upstream)


def _observation(progress: Progress, attempt: Attempt, bill: Bill, fault: Fault | None) -> Observation:
    # By position, in the order of the fields: by name it would cost ten times as much.
    return Observation(
        fault,
        bill.usage,
        attempt.headers,
        attempt.started_at,
        attempt.opened_at,
        attempt.content_at,
        progress.now,
        progress.wall(progress.now),
        attempt.output_characters,
        attempt.stop_reason,
        attempt.tools_broken,
        progress.call.stream,
        progress.call.kind is ANSWER,
        attempt.working_at,
        progress.call.max_output_tokens,
    )


def _capacity_record(progress: Progress, step: Try, told: CapacityChange) -> CapacityRecord:
    return CapacityRecord(
        id=_record_id(progress, f"capacity-{told.what}", step.key),
        at=progress.wall(progress.now),
        what=told.what,
        upstream=step.key.upstream,
        model=step.key.model,
        state=told.state,
        reason=told.reason,
        exchange=progress.ticket.id,
    )


def tell_change(progress: Progress, change: Change) -> Write:
    """The command that records that a breaker changed its state."""
    return Write(
        BreakerRecord(
            id=_record_id(progress, f"breaker-{change.state.value}", change.key),
            at=progress.wall(progress.now),
            upstream=change.key.upstream,
            model=change.key.model,
            credential=change.key.credential,
            state=change.state.value,
            reason=change.reason,
            exchange=progress.ticket.id,
        )
    )


def _verdict(progress: Progress, key: Key, fault: Fault | None) -> Verdict:
    if fault is None:
        return GOOD
    if fault.kind is FaultKind.OVERLOAD and progress.board.capacity.copes(key, progress.now):
        # It serves others: a breaker would give all of the load to somebody else, who would break down under it.
        return Verdict.NO_SAMPLE
    return Verdict.BAD if fault.blame is Blame.PROVIDER else Verdict.NO_SAMPLE


def _learn(progress: Progress, step: Try, fault: Fault, doubt: CapacityChange | None) -> Effects:
    """Gates, waits and alerts that follow from a fault. `doubt` is what cannot be true of the wait that it asks for."""
    if doubt is not None:
        yield Write(_capacity_record(progress, step, doubt))
    candidate, key = step.candidate, step.key
    progress.history.add_fault(candidate, key.credential, fault)
    asked = fault.wait_seconds
    wait = None if asked is None else min(asked, WAIT_SECONDS_MAX)
    if fault.kind is FaultKind.THROTTLE:
        seconds = backoff_seconds(1, GATE_SECONDS_DEFAULT if wait is None else max(wait, 0.001), progress.ticket.dice)
        progress.board.close_gate(key, Gate(progress.now + seconds, strict=True, reason="throttled"))
    elif fault.advice is Advice.ROTATE:
        until = progress.now + ACCOUNT_GATE_SECONDS
        gate = Gate(until, strict=False, reason=f"{fault.kind.value} trouble of the credential")
        progress.board.close_gate(Key(key.upstream, "", key.credential), gate)
    elif fault.same_again:
        repetition = max(1, progress.history.tries_at(candidate))
        rest = backoff_seconds(repetition, wait, progress.ticket.dice)
        progress.history.rest(candidate, progress.now + rest)
    if fault.kind is FaultKind.AUTH:
        progress.key_was_rejected(candidate, step.credential)
    message = ALERTS.get(fault.kind)
    if fault.blame is Blame.CALLER and progress.is_crossing(candidate):
        message = "the upstream refused a translated request: what it says may be a defect of the translation"
    if message is not None:
        yield Write(_alert(progress, step, fault, message))


def _alert(progress: Progress, step: Try, fault: Fault, message: str) -> AlertRecord:
    return AlertRecord(
        id=_record_id(progress, "alert", step.key),
        at=progress.wall(progress.now),
        kind=fault.kind.value,
        upstream=step.key.upstream,
        model=step.key.model,
        credential=step.key.credential,
        message=f"{message} ({fault.code})" if fault.code else message,
        exchange=progress.ticket.id,
    )


def _without_price(progress: Progress, step: Try) -> AlertRecord:
    return AlertRecord(
        id=_record_id(progress, "no-price", step.key),
        at=progress.wall(progress.now),
        kind="no-price",
        upstream=step.key.upstream,
        model=step.key.model,
        credential=step.key.credential,
        message="no allowance of money can bound this model, for it has no price: add it to `prices`",
        exchange=progress.ticket.id,
    )


def _record_id(progress: Progress, kind: str, key: Key) -> str:
    return f"{progress.ticket.record_id}-{kind}-{progress.history.attempts}-{key.upstream}"
