"""Tokens and keys as lines for a person."""

from collections.abc import Iterator

from mainstay.cli.audit_lines import instant
from mainstay.model.fault import Fault
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.claims import AllowanceClaim, Claims


def claim_lines(claims: Claims) -> Iterator[str]:
    """What a token says, one thing a line. Claims hold printable characters only."""
    yield f"token      {claims.jti}"
    yield f"bearer     {claims.tenant}/{claims.sub}"
    yield f"workload   {claims.workload or 'whichever the request names'}"
    yield f"models     {', '.join(claims.models) or 'all'}"
    yield f"allowance  {allowance_text(claims.allowance)}"
    yield f"issued     {instant(claims.iat)}"
    if claims.nbf is not None:
        yield f"not before {instant(claims.nbf)}"
    yield f"expires    {instant(claims.exp)}"


def key_lines(trust: Trust) -> Iterator[str]:
    """Which keys a bundle trusts."""
    bundle = trust.bundle
    yield f"serial     {bundle.serial}"
    yield f"issued     {instant(bundle.issued_at)}"
    for key in bundle.keys:
        until = f" until {instant(key.retire_at)}" if key.retire_at is not None else ""
        yield f"{key.status:<10} {key.kid}{until}"
    yield f"revoked    {len(bundle.revoked)} tokens, all earlier tokens of {len(bundle.revoked_tenants)} tenants"


def verdict_line(fault: Fault | None) -> str:
    """Whether a token is accepted."""
    return "verdict    accepted" if fault is None else f"verdict    refused ({fault.code}): {fault.message}"


def allowance_text(part: AllowanceClaim | None) -> str:
    """What a bearer may use."""
    if part is None:
        return "unbounded"
    bounds = (
        (part.requests_per_minute, "{} requests a minute"),
        (part.input_tokens_per_minute, "{} input tokens a minute"),
        (part.output_tokens_per_minute, "{} output tokens a minute"),
        (part.usd_per_day, "{:g} USD a day"),
        (part.usd_per_month, "{:g} USD a month"),
    )
    return ", ".join(text.format(bound) for bound, text in bounds if bound is not None)
