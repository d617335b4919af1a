"""What is written down of a request that no exchange tells about."""

import msgspec

from mainstay.engine.closing import outcome
from mainstay.gateway.asking import refused
from mainstay.gateway.runs import Job
from mainstay.model.fault import Fault
from mainstay.model.http import Reply
from mainstay.model.identity import Identity
from mainstay.model.ports import Dialect
from mainstay.model.records import ExchangeRecord


def refusal_record(
    identity: str, at: float, dialect: Dialect, fault: Fault, reply: Reply, asker: Identity
) -> ExchangeRecord:
    """The record of a request that no exchange told about; `at` is in seconds since 1970."""
    return ExchangeRecord(
        id=identity,
        at=at,
        tenant=asker.tenant,
        workload="",
        dialect=dialect.name,
        kind="",
        stream=False,
        model_asked="",
        outcome=outcome(fault),
        status=reply.status,
        fault=fault.kind.value,
        bytes_sent=len(reply.body),
        token=asker.token,
        fault_code=fault.code,
    )


def unknown_model(model: str) -> Fault:
    """Nobody serves a model of this name."""
    return refused(404, "not_found_error", f"no such model here: {model[:200]!r}; GET /v1/models lists them")


def told_of(record: ExchangeRecord, job: Job) -> ExchangeRecord:
    """The record with what is known of a request that was read."""
    call = job.call
    return msgspec.structs.replace(
        record, workload=job.menu.workload.name, kind=call.kind.value, stream=call.stream, model_asked=call.model
    )
