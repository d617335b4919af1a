"""What is said at the end: response headers, disclosure, the last reply, the record of the exchange (law 11)."""

from mainstay.engine.attempt import Attempt, Bill
from mainstay.engine.cost import total_cost
from mainstay.engine.micros import MICROS_PER_SECOND, to_micros
from mainstay.engine.progress import Progress
from mainstay.engine.routing.routed import RoutedMenu
from mainstay.model.call import CallKind
from mainstay.model.catalogue import Candidate
from mainstay.model.fault import Advice, Blame, Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.http import Headers, Reply
from mainstay.model.rates import Told
from mainstay.model.records import ExchangeRecord

ANSWER = CallKind.ANSWER
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
ABSORBED_MAX = 16
SKIPPED_MAX = 50
DISCLOSURE_CHARACTERS_MAX = 500
OUTRUN = FaultKind.OUTRUN.value
NOTHING_TOLD = Told()


def answer_headers(progress: Progress, attempt: Attempt) -> Headers:
    """The provider's headers that may reach the caller, and ours."""
    candidate = attempt.step.candidate
    headers = progress.passages.to(candidate).response_headers(attempt.headers)
    return _rated(progress, candidate, headers) + disclosure(progress, candidate)


def early_headers(progress: Progress) -> Headers:
    """Headers of a stream that begins with a keep-alive, before anybody serves."""
    stream = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
    return _rated(progress, None, stream) + _ours(progress)


def disclosure(progress: Progress, served_by: Candidate | None) -> Headers:
    """Who serves, after how many attempts, and why not the first choice."""
    headers = _ours(progress)
    if served_by is not None:
        headers += (("x-mainstay-upstream", served_by.upstream.name), ("x-mainstay-model", served_by.model))
    headers += (("x-mainstay-attempts", str(progress.history.attempts)),)
    reason, trouble = degraded(progress, served_by), progress.ticket.trouble
    if reason or trouble:
        headers += (("x-mainstay-degraded", _bounded("; ".join(filter(None, (reason, trouble))))),)
    if served_by is None and progress.skipped:
        headers += (("x-mainstay-skipped", _bounded("; ".join(skipped(progress)))),)
    return headers


def degraded(progress: Progress, served_by: Candidate | None) -> str:
    """Why the first choice did not serve, and what the one that serves had to leave out; empty when all is well."""
    if served_by is None:
        return "estimated without a model" if progress.estimated else ""
    losses = progress.passages.to(served_by).losses
    menu = progress.menu
    moved = _why_moved(menu, served_by) if isinstance(menu, RoutedMenu) else ""
    is_first = served_by is progress.candidates[0] and not progress.skipped
    if is_first and not losses and not moved:
        return ""
    reasons = [] if is_first else _why_not_first(progress, served_by)
    if moved:
        reasons.append(moved)
    if losses:
        reasons.append(f"{served_by.upstream.name} without {', '.join(losses)}")
    return _bounded("; ".join(reasons)) if reasons else ""


def skipped(progress: Progress) -> tuple[str, ...]:
    """Who was not even tried, and why."""
    return tuple([f"{one.upstream}: {one.reason}" for one in progress.skipped[:SKIPPED_MAX]])


def _why_not_first(progress: Progress, served_by: Candidate) -> list[str]:
    """One reason, or none where the first choice did serve. Who was never meant for this caller is no choice."""
    left_out = {(one.upstream, one.model): one.reason for one in progress.skipped}
    for one in progress.menu.candidates:
        if one is served_by:
            return []
        name = one.upstream.name
        if (name, one.model) in left_out:
            return [f"{name}: {left_out[name, one.model]}"]
        if one in progress.candidates:
            failed = [fault.kind.value for candidate, fault in progress.history.faults if candidate is one]
            return [f"{name}: {failed[0] if failed else _why_untroubled(progress, one)}"]
    return []


def _why_moved(menu: RoutedMenu, served_by: Candidate) -> str:
    """Which order put somebody else before the first choice of the file, where that one does not serve; else empty."""
    if not menu.moved:
        return ""
    first = menu.origin.candidates[0]
    is_first = (served_by.upstream.name, served_by.model) == (first.upstream.name, first.model)
    return "" if is_first else f"{first.upstream.name}: {menu.moved}"


def _why_untroubled(progress: Progress, one: Candidate) -> str:
    """Why a choice that did not fail did not serve: its hedge was faster, or the plan put it behind others."""
    if progress.history.tries_at(one):
        return OUTRUN
    return progress.board.watch.reason(one.upstream.name, one.model, progress.now) or "not ready"


def _bounded(text: str) -> str:
    """What may stand in a header field: one line of visible characters, not too long."""
    plain = "".join([one if " " <= one <= "~" else "?" for one in text])
    return plain if len(plain) <= DISCLOSURE_CHARACTERS_MAX else plain[: DISCLOSURE_CHARACTERS_MAX - 3] + "..."


def final_reply(progress: Progress, fault: Fault) -> Reply:
    """The error response of an exchange that nobody could serve."""
    reply = progress.dialect.error_reply(fault, progress.ticket.id)
    speaker = next((one for one, bad in progress.history.faults if bad is fault), None)
    return Reply(reply.status, _rated(progress, speaker, reply.headers) + disclosure(progress, None), reply.body)


def _rated(progress: Progress, speaker: Candidate | None, headers: Headers) -> Headers:
    """Headers that came from this candidate, if from any, with the limits that the caller should pace itself by: ours
    where we bind it, else those of the first choice. What anybody else tells of his limits would mislead."""
    purse, wall = progress.purse, progress.ticket.wall_offset + progress.now
    told = None if purse is None else purse.told(wall)
    if told is None:
        if speaker is None or speaker is progress.menu.candidates[0]:
            return headers
        told = NOTHING_TOLD
    return progress.dialect.rated(headers, told, wall)


def final_fault(progress: Progress, otherwise: Fault) -> Fault:
    """The fault to report when all tries are spent: the first one with a provider's own words, else the last."""
    spoken = [one for _, one in progress.history.faults if one.body and one.advice is not Advice.ROTATE]
    if spoken:
        return spoken[0]
    known = [one for _, one in progress.history.faults]
    return known[-1] if known else otherwise


def exchange_record(progress: Progress, fault: Fault | None) -> ExchangeRecord:
    """One record per exchange."""
    ticket, call, served = progress.ticket, progress.call, progress.served_by
    bill = total(progress.bills)
    usage = bill.usage
    content = progress.first_content_at
    # By position, in the order of the record's fields: by name it would cost ten times as much.
    return ExchangeRecord(
        ticket.record_id,
        ticket.wall_offset + ticket.now,
        ticket.tenant,
        progress.workload.name,
        call.dialect,
        "answer" if call.kind is ANSWER else call.kind.value,
        call.stream,
        call.model,
        "answered" if fault is None else outcome(fault),
        progress.status,
        served.model if served else "",
        served.upstream.name if served else "",
        progress.history.attempts,
        fault.kind.value if fault else "",
        degraded(progress, served),
        _absorbed(progress, fault) if progress.history.faults else (),
        progress.recovered,
        skipped(progress) if progress.skipped else (),
        # As `to_micros` has it: a call for each would take a sixth of the record's time.
        None if content is None else int((content - ticket.now) * MICROS_PER_SECOND + 0.5) / MICROS_PER_SECOND,
        int((progress.now - ticket.now) * MICROS_PER_SECOND + 0.5) / MICROS_PER_SECOND,
        len(call.body),
        progress.bytes_sent,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.estimated,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        bill.cost,
        ticket.token,
        fault.code if fault else "",
        "",
        to_micros(progress.queued_seconds) if progress.queued_seconds else 0.0,
        "",
        ticket.trace,
    )


def _absorbed(progress: Progress, fault: Fault | None) -> tuple[str, ...]:
    """The faults that the caller never saw."""
    absorbed = [(one, bad) for one, bad in progress.history.faults if bad is not fault]
    return tuple(f"{one.upstream.name}: {bad.kind.value}" for one, bad in absorbed[:ABSORBED_MAX])


def outcome(fault: Fault | None) -> str:
    """How the exchange ended for its caller."""
    if fault is None:
        return "answered"
    if fault.kind is FaultKind.CALLER_LEFT:
        return "left"
    return "refused" if fault.blame is Blame.CALLER else "failed"


def total(bills: list[Bill]) -> Bill:
    """What all attempts used and cost together."""
    if len(bills) == 1:
        return bills[0]
    usages = [bill.usage for bill in bills]
    usage = Usage(
        sum(one.input_tokens for one in usages),
        sum(one.output_tokens for one in usages),
        sum(one.cached_tokens for one in usages),
        any(one.estimated for one in usages),
        sum(one.cache_write_tokens for one in usages),
        sum(one.reasoning_tokens for one in usages),
    )
    return Bill(usage, total_cost(bill.cost for bill in bills))


def _ours(progress: Progress) -> Headers:
    headers: Headers = (("x-mainstay-id", progress.ticket.id),)
    notice = progress.ticket.simulated_notice
    return (*headers, ("x-mainstay-simulated", notice)) if notice else headers
