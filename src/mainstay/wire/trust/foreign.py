"""Tokens of others: JWTs of an OpenID Connect issuer, verified with keys that were fetched before.

Sources: RFC 7519 (JWT), RFC 8725 (best practices), OpenID Connect Core 1.0. Which algorithm is used, the type of the
issuer's key decides; a key that the token itself brings or points at is never looked at.
"""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from mainstay.model.fault import Fault
from mainstay.model.identity import Identity
from mainstay.wire.digest import digest
from mainstay.wire.trust.claims import LEEWAY_SECONDS, Name
from mainstay.wire.trust.jws import Segments, is_genuine, split
from mainstay.wire.trust.key_set import KeySet, plain_name
from mainstay.wire.trust.refusals import (
    FOREIGN_TOKEN,
    FORGED_TOKEN,
    MALFORMED_TOKEN,
    NO_ISSUER_KEYS,
    UNKNOWN_KEY,
    unauthenticated,
)

CHARACTERS_MAX: Final = 16_384
_AUDIENCES_MAX: Final = 100
_ABSENT: Final = msgspec.Raw(b"")
_PLAIN_NAME: Final = re.compile(r"[!-~]{1,128}")
_DIGEST_CHARACTERS: Final = 24

Text = Annotated[str, Meta(max_length=4_096)]
Audiences = Annotated[list[Text], Meta(max_length=_AUDIENCES_MAX)]


class IssuerRules(msgspec.Struct, frozen=True):
    """What is accepted from one issuer, and what its tokens mean here. Of `tenant` and `tenant_claim` one is empty, of
    `workload` and `workload_claim` at least one."""

    issuer: str
    audience: str
    tenant: str = ""
    tenant_claim: str = ""
    workload: str = ""
    workload_claim: str = ""


class Foreigner(msgspec.Struct, frozen=True):
    """The bearer of an accepted token, and between which instants (leeway included) the token holds."""

    identity: Identity
    starts_at: float
    ends_at: float


class Unverified(msgspec.Struct, frozen=True):
    """A token, read but not believed."""

    segments: Segments
    algorithm: str
    key: str
    issuer: str


class _Header(msgspec.Struct, frozen=True):
    """Those header parameters that matter here; all others are ignored."""

    alg: Text
    kid: Text = ""
    crit: msgspec.Raw = _ABSENT


class _Issuer(msgspec.Struct, frozen=True):
    iss: Text = ""


class _Claims(msgspec.Struct, frozen=True):
    iss: Text
    aud: Text | Audiences
    exp: float
    nbf: float | None = None
    iat: float | None = None
    sub: Text = ""

    @property
    def starts_at(self) -> float:
        return max(self.nbf or 0.0, self.iat or 0.0) - LEEWAY_SECONDS

    @property
    def ends_at(self) -> float:
        return self.exp + LEEWAY_SECONDS


def peek(token: str) -> Unverified | None:
    """Read a JWT without believing it, to learn whose it wants to be; `None` for what is no JWT of a kind that can be
    accepted."""
    segments = split(token) if len(token) <= CHARACTERS_MAX else None
    if segments is None:
        return None
    try:
        header = msgspec.json.decode(segments.header, type=_Header)
        issuer = msgspec.json.decode(segments.payload, type=_Issuer).iss
    except (ValueError, RecursionError):
        return None
    # What must be understood (`crit`) is understood by nobody here.
    return None if bytes(header.crit) else Unverified(segments, plain_name(header.alg), header.kid, issuer)


def read_foreign(
    token: Unverified, rules: tuple[IssuerRules, ...], keys: KeySet | None, wall: float
) -> Foreigner | Fault:
    """Who bears this token at `wall`, in seconds since 1970. `rules` are those of the token's issuer, one for each
    audience; `keys` are the issuer's, `None` while they were never fetched."""
    if not rules:
        return FOREIGN_TOKEN
    if keys is None:
        return NO_ISSUER_KEYS
    forged = _forged(token, keys)
    if forged is not None:
        return forged
    try:
        claims = msgspec.json.decode(token.segments.payload, type=_Claims)
    except (ValueError, RecursionError):
        return MALFORMED_TOKEN
    audiences = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    matching = next((one for one in rules if one.audience in audiences), None)
    if matching is None:
        return unauthenticated("invalid_token", "The token is meant for somebody else: its `aud` does not name us.")
    return _untimely(claims, wall) or _foreigner(token, claims, matching)


def _forged(token: Unverified, keys: KeySet) -> Fault | None:
    key = keys.fitting(token.key, token.algorithm)
    if key is None:
        return FORGED_TOKEN if keys.has(token.key) else UNKNOWN_KEY
    return None if is_genuine(token.segments, token.algorithm, key) else FORGED_TOKEN


def _untimely(claims: _Claims, wall: float) -> Fault | None:
    if wall >= claims.ends_at:
        return unauthenticated("expired_token", "The token has expired. Get a new one from its issuer.")
    if wall < claims.starts_at:
        return unauthenticated("not_yet_valid", "The token is not valid yet. Wait, or check the clocks.")
    return None


def _foreigner(token: Unverified, claims: _Claims, rules: IssuerRules) -> Foreigner | Fault:
    tenant = rules.tenant or _claimed_name(token, rules.tenant_claim)
    if not tenant:
        return unauthenticated(
            "invalid_token", f"The token's claim {rules.tenant_claim}, which names the tenant, is missing or no name."
        )
    workload = rules.workload or (_claimed_name(token, rules.workload_claim) if rules.workload_claim else "")
    if rules.workload_claim and not workload:
        return unauthenticated(
            "invalid_token",
            f"The token's claim {rules.workload_claim}, which names the workload, is missing or no name.",
        )
    # Such tokens live for minutes, so what a bearer uses is counted under the bearer and not under the token.
    bearer = f"ext_{digest(f'{claims.iss} {claims.sub}', _DIGEST_CHARACTERS)}"
    identity = Identity(
        tenant=tenant,
        token=bearer,
        name=claims.sub if _PLAIN_NAME.fullmatch(claims.sub) else bearer,
        workload=workload,
        issuer=claims.iss,
        expires_at=claims.exp,
    )
    return Foreigner(identity, claims.starts_at, claims.ends_at)


def _claimed_name(token: Unverified, claim: str) -> str:
    """The name that a claim holds; empty where it holds none."""
    try:
        found = msgspec.json.decode(token.segments.payload, type=dict[str, msgspec.Raw]).get(claim)
        return msgspec.json.decode(found, type=Name) if found is not None else ""
    except (ValueError, RecursionError):
        return ""
