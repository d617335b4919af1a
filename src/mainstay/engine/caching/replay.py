"""A hit: a conversation in which no provider is asked, with a record of its own."""

import msgspec

from mainstay.engine.caching.answer import HEADER, HIT, STALE, CachedAnswer
from mainstay.engine.caching.playback import Playback
from mainstay.engine.progress import Conversation, Ticket
from mainstay.model.call import Call
from mainstay.model.commands import Answer, Begin, Finish, Write
from mainstay.model.fault import Fault
from mainstay.model.http import Headers, Reply
from mainstay.model.records import ExchangeRecord


def replay(ticket: Ticket, call: Call, workload: str, answer: CachedAnswer, degraded: str = "") -> Conversation:
    """Give an answer again; `degraded` says why one that is not fresh any more. Ends with `None`, or with the fault of
    a caller who left."""
    mark = STALE if degraded else HIT
    headers = head(ticket, answer, mark, degraded=degraded)
    playback, fault = Playback(answer, ticket.now), None
    if answer.stream:
        yield Begin(answer.status, headers)
        fault = yield from playback.run()
        if fault is None:
            yield Finish()
    else:
        body = b"".join(answer.parts)
        playback.bytes_sent = len(body)
        yield Answer(Reply(answer.status, headers, body))
    record = _record(ticket, call, workload, answer, playback, fault)
    yield Write(msgspec.structs.replace(record, degraded=degraded, cache=mark))
    return fault


def head(ticket: Ticket, answer: CachedAnswer, mark: str, *, attempts: int = 0, degraded: str = "") -> Headers:
    """The header of an answer that is given again: what it is, how old, and who gave it once."""
    age = int(answer.age_seconds(ticket.wall_offset + ticket.now))
    headers: Headers = (
        *answer.headers,
        ("age", str(age)),
        (HEADER, mark),
        ("x-mainstay-id", ticket.id),
        ("x-mainstay-upstream", answer.upstream),
        ("x-mainstay-model", answer.model),
        ("x-mainstay-attempts", str(attempts)),
    )
    if ticket.simulated_notice:
        headers += (("x-mainstay-simulated", ticket.simulated_notice),)
    told = "; ".join(filter(None, (degraded, ticket.trouble)))
    return (*headers, ("x-mainstay-degraded", told)) if told else headers


def _record(
    ticket: Ticket, call: Call, workload: str, answer: CachedAnswer, playback: Playback, fault: Fault | None
) -> ExchangeRecord:
    return ExchangeRecord(
        id=ticket.id,
        at=ticket.wall_offset + ticket.now,
        tenant=ticket.tenant,
        workload=workload,
        dialect=call.dialect,
        kind=call.kind.value,
        stream=call.stream,
        model_asked=call.model,
        outcome="answered" if fault is None else "left",
        status=answer.status,
        model_served=answer.model,
        upstream=answer.upstream,
        fault="" if fault is None else fault.kind.value,
        fault_code="" if fault is None else fault.code,
        first_content_seconds=0.0,
        total_seconds=round(playback.now - ticket.now, 6),
        bytes_received=len(call.body),
        bytes_sent=playback.bytes_sent,
        token=ticket.token,
        repeats=answer.exchange,
    )
