"""Adds a record to the tallies of a span."""

from typing import Final, TypeVar

from mainstay.model.fault import Blame, FaultKind
from mainstay.model.records import AttemptRecord, ExchangeRecord, Record
from mainstay.ops.tallies.merging import put_under_others
from mainstay.ops.tallies.tally import (
    CHARACTERS_MAX,
    KEYS_MAX,
    OTHERS,
    AttemptTally,
    ExchangeTally,
    SpanTallies,
    TenantTally,
    bucket_of,
)

GENERATION_SECONDS_MIN: Final = 0.1
"""What came within so short a time after its first content came all at once."""

_FAULTS: Final = frozenset(kind.value for kind in FaultKind)
_PROVIDER: Final = Blame.PROVIDER.value
_SHED: Final = FaultKind.SHED.value

T = TypeVar("T", AttemptTally, ExchangeTally, TenantTally)


def add(tallies: SpanTallies, record: Record) -> None:
    """Count an attempt or an exchange. Records of other kinds are let pass."""
    if isinstance(record, AttemptRecord):
        key = f"{record.upstream}/{record.model}"
        _add_attempt(tallies.attempts.get(key) or _tally(tallies.attempts, key, AttemptTally), record)
    elif isinstance(record, ExchangeRecord):
        model = "" if record.outcome == "refused" and not record.attempts else record.model_asked
        key = f"{model} {record.workload}"
        _add_exchange(tallies.exchanges.get(key) or _tally(tallies.exchanges, key, ExchangeTally), record)
        tenant = record.tenant
        _add_tenant(tallies.tenants.get(tenant) or _tally(tallies.tenants, tenant, TenantTally), record)


def _tally(tallies: dict[str, T], key: str, kind: type[T]) -> T:
    """The tally of a key that may not be there yet."""
    key = key[:CHARACTERS_MAX]
    if key not in tallies:
        named = len(tallies) - (OTHERS in tallies)
        if named >= KEYS_MAX and key > max(one for one in tallies if one != OTHERS):
            return tallies.setdefault(OTHERS, kind())
        tallies[key] = kind()
        if named >= KEYS_MAX:
            put_under_others(tallies)
    return tallies[key]


def _add_attempt(tally: AttemptTally, record: AttemptRecord) -> None:
    tally.attempts += 1
    if record.outcome == "served":
        tally.served += 1
    elif record.outcome == "failed" or (record.outcome == "continued" and record.blame == _PROVIDER):
        tally.blamed += 1
    else:
        tally.no_sample += 1
    if record.fault:
        fault = record.fault if record.fault in _FAULTS else OTHERS
        tally.faults[fault] = tally.faults.get(fault, 0) + 1
    content = record.first_content_seconds
    if content is not None:
        bucket = bucket_of(content)
        tally.first_content[bucket] = tally.first_content.get(bucket, 0) + 1
        seconds = record.total_seconds - content
        if seconds >= GENERATION_SECONDS_MIN and record.outcome == "served":
            tally.generated_tokens += record.output_tokens
            tally.generation_seconds += seconds
    tally.input_tokens += record.input_tokens
    tally.output_tokens += record.output_tokens
    tally.cost_nanodollars += record.cost_nanodollars or 0


def _add_exchange(tally: ExchangeTally, record: ExchangeRecord) -> None:
    tally.exchanges += 1
    outcome = record.outcome
    if outcome == "answered":
        _add_answered(tally, record)
    elif outcome == "refused":
        tally.refused += 1
    elif outcome == "left":
        tally.left += 1
    else:
        tally.failed += 1
        tally.shed += record.fault == _SHED
    tally.queued_seconds += record.queued_seconds
    tally.input_tokens += record.input_tokens
    tally.output_tokens += record.output_tokens
    tally.cost_nanodollars += record.cost_nanodollars or 0


def _add_answered(tally: ExchangeTally, record: ExchangeRecord) -> None:
    tally.answered += 1
    tally.rescued += _is_rescued(record)
    tally.recovered += record.recovered > 0
    tally.cached += record.cache != ""
    if record.first_content_seconds is not None:
        bucket = bucket_of(record.first_content_seconds)
        tally.first_content[bucket] = tally.first_content.get(bucket, 0) + 1
    bucket = bucket_of(record.total_seconds)
    tally.total[bucket] = tally.total.get(bucket, 0) + 1


def _add_tenant(tally: TenantTally, record: ExchangeRecord) -> None:
    tally.exchanges += 1
    if record.outcome == "answered":
        tally.rescued += _is_rescued(record)
    elif record.outcome not in {"refused", "left"}:
        tally.failed += 1
    tally.cost_nanodollars += record.cost_nanodollars or 0


def _is_rescued(record: ExchangeRecord) -> bool:
    return bool(record.absorbed or record.degraded)
