"""Samples: what a record says about a component."""

from typing import Final

import msgspec

from mainstay.model.fault import Blame, FaultKind
from mainstay.model.records import AttemptRecord, ExchangeRecord, ProbeRecord

ASIDE: Final = frozenset(
    kind.value
    for kind in (
        FaultKind.THROTTLE,
        FaultKind.AUTH,
        FaultKind.BILLING,
        FaultKind.MODEL_GONE,
        FaultKind.EMPTY,
        FaultKind.TRANSIENT,
    )
)
"""Kinds that are nobody's fault, but tell of trouble when they become many: they are counted apart, and are neither
success nor failure."""
OURS: Final = frozenset({FaultKind.INTERNAL.value, FaultKind.DRAINED.value})
"""Kinds that are the gateway's own failures. That it turns work away when all are full is what callers feel, not an
illness of it."""

_OUTPUT_TOKENS_MIN: Final = 50
_GENERATION_SECONDS_MIN: Final = 0.5
_PROVIDER: Final = Blame.PROVIDER.value


class Sample(msgspec.Struct, frozen=True):
    """One attempt that ended at `at`. Without `kind` it was served; with one it failed, or is counted `aside`."""

    at: float
    kind: str
    began_at: float
    """When the attempt itself began."""
    exchange: str = ""
    model: str = ""
    tenant: str = ""
    credential: str = ""
    first_content_seconds: float | None = None
    tokens_per_second: float | None = None
    aside: bool = False
    is_probe: bool = False


def of_attempt(record: AttemptRecord, at: float) -> Sample | None:
    """What an attempt says of its upstream and model; `None` where it says nothing: the caller left or erred, another
    attempt was faster, we were the trouble."""
    kind = record.fault
    who = (
        record.at,
        record.exchange,
        record.model,
        record.tenant,
        record.credential,
    )
    if not kind:
        is_served = record.outcome == "served"
        return Sample(at, "", *who, record.first_content_seconds, _throughput(record)) if is_served else None
    if record.blame == _PROVIDER:
        return None if record.outcome == "left" else Sample(at, kind, *who)
    return Sample(at, kind, *who, aside=True) if kind in ASIDE else None


def of_exchange(record: ExchangeRecord, at: float) -> Sample | None:
    """What an exchange says of its model as callers see it."""
    if record.outcome == "answered":
        return Sample(at, "", record.at, record.id, record.model_asked, record.tenant)
    if record.outcome == "failed":
        return Sample(
            at, record.fault or FaultKind.UNKNOWN.value, record.at, record.id, record.model_asked, record.tenant
        )
    return None


def of_gateway(sample: Sample) -> Sample:
    """What an exchange says of the gateway: failures of others are none of its own."""
    if not sample.kind or sample.kind in OURS:
        return sample
    return Sample(sample.at, "", sample.began_at, sample.exchange, sample.model, sample.tenant)


def of_probe(record: ProbeRecord, at: float, *, is_part: bool) -> Sample | None:
    """What a probe says. Of a part that only probes ask (`is_part`), whatever is not served is a failure unless it was
    our own fault; of inference, the provider's faults alone are."""
    if record.outcome == "served":
        return Sample(at, "", record.at, record.id, is_probe=True)
    if record.outcome != "failed" or record.blame == Blame.US.value:
        return None
    kind = record.fault or FaultKind.UNKNOWN.value
    aside = not is_part and record.blame != _PROVIDER
    if aside and kind not in ASIDE:
        return None
    return Sample(at, kind, record.at, record.id, aside=aside, is_probe=True)


def _throughput(record: AttemptRecord) -> float | None:
    first = record.first_content_seconds
    if first is None or record.output_tokens < _OUTPUT_TOKENS_MIN:
        return None
    seconds = record.total_seconds - first
    return record.output_tokens / seconds if seconds >= _GENERATION_SECONDS_MIN else None
