"""What is written down of a request that got the answer of another exchange."""

import msgspec

from mainstay.gateway.runs import Job, Surroundings
from mainstay.model.records import ExchangeRecord


class End(msgspec.Struct, frozen=True):
    """How it ended for its caller: as records say it, with which status, after so many seconds and bytes."""

    outcome: str
    status: int
    seconds: float
    bytes_sent: int


def record_of_repeat(around: Surroundings, job: Job, exchange: str, end: End, cache: str = "") -> ExchangeRecord:
    """The record of a request that was answered by this exchange; `cache` is the word for it in `x-mainstay-cache`."""
    call = job.call
    return ExchangeRecord(
        id=around.next_id(),
        at=around.clock.wall() - end.seconds,
        tenant=job.identity.tenant,
        workload=job.menu.workload.name,
        dialect=call.dialect,
        kind=call.kind.value,
        stream=call.stream,
        model_asked=call.model,
        outcome=end.outcome,
        status=end.status,
        total_seconds=end.seconds,
        bytes_received=len(call.body),
        bytes_sent=end.bytes_sent,
        token=job.identity.token,
        repeats=exchange,
        cache=cache,
    )
