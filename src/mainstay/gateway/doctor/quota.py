"""Whether a candidate may be given what its model is asked for: limits told by the provider and configured ones, beside
the busiest minute of the last hour."""

from collections.abc import Iterator

import msgspec

from mainstay.gateway.doctor.findings import Check, check
from mainstay.gateway.doctor.load import Load
from mainstay.model.catalogue import Limits
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.rates import Bucket, Told


class _Bound(msgspec.Struct, frozen=True):
    """So many of `what` a minute may be used, says `whose`; `busiest` were used in the busiest minute."""

    what: str
    whose: str
    allowed: int
    left: int
    busiest: int


def quota_check(told: Told | None, limits: Limits, load: Load | None, fault: Fault | None) -> Check:
    """What is known of limits. `told` is what the provider told in a trial, which ended with this fault, if any."""
    if fault is not None and fault.kind is FaultKind.THROTTLE:
        wait = "" if fault.wait_seconds is None else f", for {fault.wait_seconds:.0f} s more"
        return check("quota", "failed", f"throttled now{wait}: raise its limits with the provider, or ask it for less")
    bounds = [*_configured(limits, load), *_provided(told, load)]
    if not bounds:
        return check(
            "quota", "unknown", "the provider tells no limits, and none are configured (limits of the upstream)"
        )
    spent = [one for one in bounds if one.left == 0]
    if spent:
        return check("quota", "failed", f"nothing is left now of {_listed(spent)}: raise it with the provider")
    if load is None:
        return check("quota", "unknown", f"{_listed(bounds)}; no requests of the last hour to compare with")
    tight = [one for one in bounds if one.busiest > one.allowed]
    if tight:
        words = ", ".join(f"{one.busiest:,} of {one.allowed:,} {one.what} ({one.whose})" for one in tight)
        return check("quota", "failed", f"too little for the busiest minute: {words}; raise it, or add another standby")
    words = ", ".join(f"{one.busiest:,} of {one.allowed:,} {one.what} ({one.whose})" for one in bounds)
    return check("quota", "ok", f"the busiest minute needs {words}")


def _listed(bounds: list[_Bound]) -> str:
    return ", ".join(f"{one.allowed:,} {one.what} a minute ({one.whose})" for one in bounds)


def _configured(limits: Limits, load: Load | None) -> Iterator[_Bound]:
    rows = (
        ("requests", limits.requests_per_minute, load.requests_per_minute if load else 0),
        ("input tokens", limits.input_tokens_per_minute, load.input_tokens_per_minute if load else 0),
        ("output tokens", limits.output_tokens_per_minute, load.output_tokens_per_minute if load else 0),
    )
    for what, allowed, busiest in rows:
        if allowed is not None:
            yield _Bound(what, "configured", allowed, allowed, busiest)


def _provided(told: Told | None, load: Load | None) -> Iterator[_Bound]:
    if told is None:
        return
    rows: tuple[tuple[str, Bucket | None, int], ...] = (
        ("requests", told.requests, load.requests_per_minute if load else 0),
        ("input tokens", told.input_tokens, load.input_tokens_per_minute if load else 0),
        ("output tokens", told.output_tokens, load.output_tokens_per_minute if load else 0),
        ("tokens", told.tokens, load.tokens_per_minute if load else 0),
    )
    for what, bucket, busiest in rows:
        if bucket is not None:
            # A provider that does not say how much there is says how much is left.
            allowed = bucket.remaining if bucket.limit is None else bucket.limit
            yield _Bound(what, "provider", allowed, bucket.remaining, busiest)
